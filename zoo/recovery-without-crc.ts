import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'recovery takes batches whose checksum is wrong',
  source: ['design: log recovery'],
  difficulty: 'medium',
  expects: ['S10', 'S1', 'S4'],
  scenario: 'power-loss',
  file: 'core/log/recovery.ts',
  find: '    if (checkCrc && !isBatchValid(bytes, position)) break;',
  replace: '    if (zoo.instead(checkCrc && !isBatchValid(bytes, position), false)) break;',
} satisfies Mutant;
