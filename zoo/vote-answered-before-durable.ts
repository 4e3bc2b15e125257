import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a vote is answered before it is on the disk',
  source: ['design: Raft, persistent state'],
  difficulty: 'easy',
  expects: ['K2', 'K1'],
  scenario: 'controller-failover',
  file: 'core/raft/quorum.ts',
  find: `    if (!this.#isPersisting && !isSameElection(this.#wanted, this.#persisted)) {
      this.#isPersisting = true;
      this.gate.hold();`,
  replace: `    if (!this.#isPersisting && !isSameElection(this.#wanted, this.#persisted)) {
      zoo.differs();
      this.#isPersisting = true;`,
  and: [
    {
      file: 'core/raft/quorum.ts',
      find: `        leaderId: state.leaderId,
      });
      this.gate.release();`,
      replace: `        leaderId: state.leaderId,
      });`,
    },
  ],
} satisfies Mutant;
