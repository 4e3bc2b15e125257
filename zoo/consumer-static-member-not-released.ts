import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a static member of a consumer group takes the place of one that is still alive',
  source: ['KIP-848', 'KIP-345'],
  difficulty: 'medium',
  expects: ['GR3', 'GR8'],
  scenario: 'static-members',
  file: 'core/group/consumer/heartbeat.ts',
  find: 'if (holder.classic === null && holder.memberEpoch !== STATIC_LEAVE_EPOCH)',
  replace: 'if (zoo.instead(holder.classic === null && holder.memberEpoch !== STATIC_LEAVE_EPOCH, false))',
} satisfies Mutant;
