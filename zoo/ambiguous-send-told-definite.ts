import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a send that may have been done is told to have failed for certain',
  source: ['KAFKA-13574'],
  difficulty: 'medium',
  expects: ['J5'],
  file: 'core/client/producer/sender.ts',
  find: '    if (answer.ambiguous) batch.ambiguous = true;',
  replace: '    zoo.differs(answer.ambiguous);',
} satisfies Mutant;
