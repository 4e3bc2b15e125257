import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'acks=all is answered though the ISR has shrunk below min.insync.replicas since the append',
  source: ['KAFKA-1555', 'KAFKA-15583'],
  difficulty: 'medium',
  expects: ['R12'],
  file: 'core/replication/partition.ts',
  find: 'const enoughReplicas = maximalIsr(leader.isr).length >= this.#state.effectiveMinIsr;',
  replace: 'const enoughReplicas = zoo.instead(maximalIsr(leader.isr).length >= this.#state.effectiveMinIsr, true);',
} satisfies Mutant;
