import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'checkpoints are written over the old text, without a rename',
  source: ['KAFKA-16541'],
  difficulty: 'medium',
  expects: ['S13', 'S9', 'R11', 'X1'],
  scenario: 'power-loss',
  file: 'core/log/atomic-file.ts',
  find: '    const temporary = `${this.path}.tmp`;',
  replace: `    zoo.differs();
    const temporary = this.path;`,
} satisfies Mutant;
