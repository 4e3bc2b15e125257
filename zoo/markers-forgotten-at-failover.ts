import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator that has loaded a decided transaction does not write its markers',
  source: ['KAFKA-15468', 'KIP-98'],
  difficulty: 'easy',
  expects: ['T2', 'T6', 'T1'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/transaction-coordinator.ts',
  find: 'if (isPrepared(metadata.current.state)) this.#markers.complete(shard, metadata);',
  replace: `{
      zoo.differs(isPrepared(metadata.current.state));
    }`,
} satisfies Mutant;
