import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the time index takes every timestamp, also one that goes back',
  source: ['KAFKA-14991', 'KIP-937'],
  difficulty: 'medium',
  expects: ['N10', 'X1'],
  file: 'core/log/time-index.ts',
  find: `    if (timestamp <= last) return;
    const bytes`,
  replace: `    if (zoo.instead(timestamp <= last, timestamp === last)) return;
    const bytes`,
} satisfies Mutant;
