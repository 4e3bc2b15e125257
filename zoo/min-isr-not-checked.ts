import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'acks=all is appended while the ISR is below min.insync.replicas',
  source: ['KAFKA-1555'],
  difficulty: 'easy',
  expects: ['R13'],
  file: 'core/replication/partition.ts',
  find: 'const tooFewReplicas = requiredAcks === -1 && isrSize < effectiveMinIsr;',
  replace: 'const tooFewReplicas = zoo.instead(requiredAcks === -1 && isrSize < effectiveMinIsr, false);',
} satisfies Mutant;
