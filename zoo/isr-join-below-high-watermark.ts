import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica joins the ISR that does not have the high watermark yet',
  source: ['design: in-sync replicas'],
  difficulty: 'medium',
  expects: ['R15', 'R1'],
  file: 'core/replication/isr-changes.ts',
  find: 'if (!reachedHighWatermark || !reachedEpochStart) return;',
  replace: 'if (zoo.instead(!reachedHighWatermark, false) || !reachedEpochStart) return;',
} satisfies Mutant;
