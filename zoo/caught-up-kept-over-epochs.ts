import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new leader keeps what followers said in the epoch before',
  source: ['design: leader epochs'],
  difficulty: 'medium',
  expects: ['R17', 'R8', 'R15'],
  file: 'core/replication/partition.ts',
  find: 'for (const follower of leader.followers.values()) follower.reset(nowMs, view.isr.includes(follower.brokerId));',
  replace:
    'for (const follower of leader.followers.values()) follower.reset(nowMs, zoo.instead(view.isr.includes(follower.brokerId), true));',
} satisfies Mutant;
