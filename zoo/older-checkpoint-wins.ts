import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'of two texts for one checkpoint file the older one stays',
  source: ['KAFKA-16541'],
  difficulty: 'medium',
  expects: ['S9', 'R11'],
  file: 'core/log/atomic-file.ts',
  find: '    this.#waiting = { text, done, overtaken };',
  replace: `    zoo.differs(this.#waiting !== null && this.#waiting.text !== text);
    this.#waiting = { text: this.#waiting?.text ?? text, done, overtaken };`,
} satisfies Mutant;
