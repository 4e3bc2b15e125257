import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator goes on answering after its partition has another leader',
  source: ['KAFKA-16030'],
  difficulty: 'medium',
  expects: ['GR7', 'GR5', 'GR6'],
  file: 'core/coordinator/coordinator-runtime.ts',
  find: `    if (shard === undefined || (leaderEpoch !== null && leaderEpoch < shard.leaderEpoch)) return;
    this.#unload(shard);`,
  replace: `    if (shard === undefined || (leaderEpoch !== null && leaderEpoch < shard.leaderEpoch)) return;
    zoo.differs();
    if (this.#isClosed) this.#unload(shard);`,
} satisfies Mutant;
