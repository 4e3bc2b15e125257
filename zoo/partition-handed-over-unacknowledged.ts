import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a partition of a consumer group is assigned to another member while its owner has been told to give it up and has not',
  source: ['KIP-848', 'design: reconciliation'],
  difficulty: 'easy',
  expects: ['GR3', 'L10'],
  scenario: 'consumer-protocol',
  file: 'core/group/consumer/consumer-group-state.ts',
  find: 'for (const epochs of [member.assigned, member.pendingRevocation]) {',
  replace: 'for (const epochs of zoo.instead([member.assigned, member.pendingRevocation], [member.assigned])) {',
} satisfies Mutant;
