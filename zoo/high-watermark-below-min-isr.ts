import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the high watermark moves while the ISR is below min.insync.replicas',
  source: ['KIP-966', 'KAFKA-15583'],
  difficulty: 'medium',
  expects: ['R14'],
  file: 'core/replication/high-watermark.ts',
  find: 'if (leader.isr.isr.length < this.#state.effectiveMinIsr) return false;',
  replace: 'if (zoo.instead(leader.isr.isr.length < this.#state.effectiveMinIsr, false)) return false;',
} satisfies Mutant;
