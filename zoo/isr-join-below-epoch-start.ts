import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica joins the ISR that has the high watermark, but not the start of the leader epoch',
  source: ['KAFKA-7128'],
  difficulty: 'hard',
  expects: ['R15', 'R1'],
  file: 'core/replication/isr-changes.ts',
  find: 'if (!reachedHighWatermark || !reachedEpochStart) return;',
  replace: 'if (!reachedHighWatermark || zoo.instead(!reachedEpochStart, false)) return;',
} satisfies Mutant;
