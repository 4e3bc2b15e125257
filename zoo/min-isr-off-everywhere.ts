import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'min.insync.replicas is checked neither at the append, nor for the high watermark, nor at the answer',
  source: ['KAFKA-1555', 'KIP-966'],
  difficulty: 'easy',
  expects: ['R12', 'R13', 'R14'],
  file: 'core/replication/partition.ts',
  find: 'const tooFewReplicas = requiredAcks === -1 && isrSize < effectiveMinIsr;',
  replace: 'const tooFewReplicas = zoo.instead(requiredAcks === -1 && isrSize < effectiveMinIsr, false);',
  and: [
    {
      file: 'core/replication/partition.ts',
      find: 'const enoughReplicas = maximalIsr(leader.isr).length >= this.#state.effectiveMinIsr;',
      replace: 'const enoughReplicas = maximalIsr(leader.isr).length >= 0;',
    },
    {
      file: 'core/replication/high-watermark.ts',
      find: 'if (leader.isr.isr.length < this.#state.effectiveMinIsr) return false;',
      replace: 'if (leader.isr.isr.length < 0) return false;',
    },
  ],
} satisfies Mutant;
