import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a quorum leader that hears no majority goes on leading',
  source: ['KAFKA-15489', 'KAFKA-16531'],
  difficulty: 'easy',
  expects: ['K17'],
  scenario: 'controller-failover',
  file: 'core/raft/leadership.ts',
  find: 'const hasLostQuorum = this.#quorum.voters.size > 1 && nowMs >= leader.checkQuorumDeadlineMs;',
  replace: 'const hasLostQuorum = zoo.instead(this.#quorum.voters.size > 1 && nowMs >= leader.checkQuorumDeadlineMs, false);',
} satisfies Mutant;
