import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker that is fenced is elected leader',
  source: ['KIP-631'],
  difficulty: 'easy',
  expects: ['C3', 'C7', 'L3'],
  file: 'core/controller/partition-updates.ts',
  find: 'if (broker === undefined || !isBrokerActive(image, brokerId)) return false;',
  replace: 'if (broker === undefined || zoo.instead(!isBrokerActive(image, brokerId), false)) return false;',
} satisfies Mutant;
