import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transaction counts as ended when its marker is appended, and not when it is replicated',
  source: ['design: last stable offset'],
  difficulty: 'medium',
  expects: ['T6', 'T7'],
  scenario: 'mixed-isolation',
  file: 'core/log/producer-state.ts',
  find: '    this.#unreplicated.set(firstOffset, txn);',
  replace: '    zoo.differs();',
  masked: 'the last stable offset is at most the high watermark, which the marker lies above',
} satisfies Mutant;
