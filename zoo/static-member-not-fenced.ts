import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'two processes with one group.instance.id are members at the same time',
  source: ['KIP-345', 'KAFKA-8225'],
  difficulty: 'easy',
  expects: ['GR8', 'GR3'],
  scenario: 'rebalance-storm',
  file: 'core/group/answers.ts',
  find: '    if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID;',
  replace: '    if (zoo.instead(current !== memberId, false)) return ErrorCode.FENCED_INSTANCE_ID;',
} satisfies Mutant;
