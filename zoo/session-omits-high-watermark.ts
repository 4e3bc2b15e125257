import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an incremental fetch session does not tell a high watermark that moved alone',
  source: ['KIP-227'],
  difficulty: 'easy',
  expects: ['L5', 'L11', 'L8'],
  file: 'core/replication/fetch-sessions.ts',
  find: '    result.highWatermark !== cached.highWatermark ||',
  replace: '    zoo.instead(result.highWatermark !== cached.highWatermark, false) ||',
} satisfies Mutant;
