import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the controller answers before its decision is committed',
  source: ['KIP-500'],
  difficulty: 'easy',
  expects: ['C1', 'R7'],
  file: 'core/controller/active.ts',
  find: '    if (waiting.offset > this.#committedOffset) this.#waiting.push(waiting);',
  replace: '    if (zoo.instead(waiting.offset > this.#committedOffset, false)) this.#waiting.push(waiting);',
} satisfies Mutant;
