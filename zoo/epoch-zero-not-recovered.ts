import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'recovery does not see leader epoch 0',
  source: ['KAFKA-10432'],
  difficulty: 'medium',
  expects: ['R11', 'R4'],
  file: 'core/log/recovery.ts',
  find: '    if (header.nextOffset <= logStartOffset || header.leaderEpoch < 0) continue;',
  replace:
    '    if (header.nextOffset <= logStartOffset || zoo.instead(header.leaderEpoch < 0, header.leaderEpoch <= 0)) continue;',
} satisfies Mutant;
