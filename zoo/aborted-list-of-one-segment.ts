import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the list of aborted transactions is that of the first segment of the read',
  source: ['KAFKA-5376'],
  difficulty: 'medium',
  expects: ['T7', 'J5'],
  scenario: 'mixed-isolation',
  file: 'core/log/log-reader.ts',
  find: '    for (const segment of this.#segments.all.slice(this.#segments.indexOf(startOffset))) {',
  replace: `    zoo.differs(this.#segments.indexOf(startOffset) < this.#segments.all.length - 1);
    for (const segment of this.#segments.all.slice(this.#segments.indexOf(startOffset)).slice(0, 1)) {`,
} satisfies Mutant;
