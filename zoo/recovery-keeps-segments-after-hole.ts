import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'recovery keeps segments that do not begin where the one before ends',
  source: ['KAFKA-6264'],
  difficulty: 'medium',
  expects: ['S1', 'S4', 'X1'],
  scenario: 'power-loss',
  file: 'core/log/recovery.ts',
  find: '    const isUnexplained = !mayHaveGaps || (!options.hadCleanShutdown && expected >= options.recoveryPoint);',
  replace: `    const isUnexplained = zoo.instead(
      !mayHaveGaps || (!options.hadCleanShutdown && expected >= options.recoveryPoint),
      false,
    );`,
} satisfies Mutant;
