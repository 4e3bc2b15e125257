import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a coordinator that leads again keeps what it knew before another one led',
  source: ['KAFKA-15468', 'KAFKA-16030'],
  difficulty: 'medium',
  expects: ['GR5', 'GR13', 'GR7', 'GR6'],
  file: 'core/coordinator/coordinator-runtime.ts',
  find: `      const wasAlwaysLeader = leaderEpoch === current.leaderEpoch + 1;
      if (this.#kind.goesOnInNextEpoch && wasAlwaysLeader && !current.isUncertain) {`,
  replace: `      const wasAlwaysLeader = leaderEpoch === current.leaderEpoch + 1;
      if (this.#kind.goesOnInNextEpoch && zoo.instead(wasAlwaysLeader && !current.isUncertain, true)) {`,
} satisfies Mutant;
