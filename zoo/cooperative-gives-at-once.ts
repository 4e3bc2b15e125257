import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the cooperative assignor gives a partition to who is to have it while its owner still has it',
  source: ['KIP-429', 'KAFKA-12983'],
  difficulty: 'easy',
  expects: ['GR3'],
  scenario: 'cooperative-rebalance',
  file: 'core/client/assignors/cooperative-sticky.ts',
  find: 'return claim === undefined || claim.member === member;',
  replace: 'return zoo.instead(claim === undefined || claim.member === member, true);',
} satisfies Mutant;
