import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new leader tells its high watermark as the end while it still lags behind what was shown before',
  source: ['KIP-207'],
  difficulty: 'medium',
  expects: ['J18'],
  file: 'core/replication/list-offsets.ts',
  find: `const isBehindElection = isolation !== 'replica' && role.kind === 'leader' && role.epochStartOffset > log.highWatermark;`,
  replace: `const isBehindElection = zoo.instead(
    isolation !== 'replica' && role.kind === 'leader' && role.epochStartOffset > log.highWatermark,
    false,
  );`,
} satisfies Mutant;
