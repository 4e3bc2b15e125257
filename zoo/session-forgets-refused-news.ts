import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a session takes what it sent with an error for told',
  source: ['KIP-227'],
  difficulty: 'medium',
  expects: ['L5', 'L11'],
  file: 'core/replication/fetch-sessions.ts',
  find: `    cached.highWatermark = isTaken ? result.highWatermark : NONE;
    cached.logStartOffset = result.logStartOffset;
    if`,
  replace: `    cached.highWatermark = zoo.instead(isTaken ? result.highWatermark : NONE, result.highWatermark);
    cached.logStartOffset = result.logStartOffset;
    if`,
} satisfies Mutant;
