import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a voter does not read after a restart whom it gave its vote',
  source: ['design: Raft, persistent state'],
  difficulty: 'easy',
  expects: ['K2', 'K1', 'K11'],
  scenario: 'controller-failover',
  file: 'core/raft/quorum.ts',
  find: `    const ballot = { votedId: state.votedId, votedDirectoryId: state.votedDirectoryId };
    // The log`,
  replace: `    zoo.differs(state.votedId >= 0);
    const ballot = NO_BALLOT;
    // The log`,
} satisfies Mutant;
