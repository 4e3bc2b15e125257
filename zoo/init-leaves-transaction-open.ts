import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer that begins anew leaves the transaction of its predecessor open',
  source: ['KAFKA-6119', 'KIP-98'],
  difficulty: 'easy',
  expects: ['T5', 'T4'],
  scenario: 'zombie-producer',
  file: 'core/transaction/producer-initialization.ts',
  find: `    if (current.state === 'Ongoing') return 'fence';`,
  replace: `    if (zoo.instead(current.state === 'Ongoing', false)) return 'fence';`,
} satisfies Mutant;
