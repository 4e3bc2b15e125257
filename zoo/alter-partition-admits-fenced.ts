import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the controller admits a fenced broker to an ISR',
  source: ['KIP-841', 'KAFKA-13916'],
  difficulty: 'hard',
  expects: ['C3', 'R15'],
  file: 'core/controller/alter-partition.ts',
  find: '  if (broker.fenced || broker.inControlledShutdown) return false;',
  replace: '  if (zoo.instead(broker.fenced || broker.inControlledShutdown, false)) return false;',
} satisfies Mutant;
