import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a truncation leaves the recovery point above the end of the log',
  source: ['design: recovery points'],
  difficulty: 'medium',
  expects: ['S9', 'S1'],
  file: 'core/log/flusher.ts',
  find: '    if (this.#recoveryPoint > offset) this.#recoveryPoint = offset;',
  replace: '    zoo.differs(this.#recoveryPoint > offset);',
} satisfies Mutant;
