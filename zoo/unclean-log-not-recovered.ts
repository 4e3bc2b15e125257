import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a log that was not shut down in order is loaded as if it was',
  source: ['KAFKA-10471'],
  difficulty: 'medium',
  expects: ['S1', 'S10'],
  scenario: 'power-loss',
  file: 'core/log/recovery.ts',
  find: 'const isUnflushed = !options.hadCleanShutdown && nextBase > options.recoveryPoint;',
  replace: 'const isUnflushed = zoo.instead(!options.hadCleanShutdown && nextBase > options.recoveryPoint, false);',
} satisfies Mutant;
