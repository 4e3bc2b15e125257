import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'checkpoints are renamed into place before they are synced',
  source: ['KAFKA-16541'],
  difficulty: 'medium',
  expects: ['S13', 'S9', 'S1', 'R11'],
  scenario: 'power-loss',
  file: 'core/log/atomic-file.ts',
  find: `      const synced = file;
      file.sync((error) => {
        if (this.#closed) return;`,
  replace: `      const synced = file;
      zoo.differs();
      const atOnce = (then: (error: DiskError | null) => void): void => then(null);
      atOnce((error) => {
        if (this.#closed) return;`,
} satisfies Mutant;
