import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer goes on asking a follower after the metadata has changed',
  source: ['KAFKA-14379', 'KIP-392'],
  difficulty: 'medium',
  expects: ['L11'],
  scenario: 'lagging-followers',
  file: 'core/client/consumer/subscription-state.ts',
  find: `      partition.preferredReplica = null;
      const mustValidate`,
  replace: `      zoo.differs(partition.preferredReplica !== null);
      const mustValidate`,
} satisfies Mutant;
