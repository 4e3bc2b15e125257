import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an offset that was deleted is there again after a load',
  source: ['KAFKA-17306'],
  difficulty: 'medium',
  expects: ['GR13', 'S12'],
  scenario: 'topics-come-and-go',
  file: 'core/group/group-replay.ts',
  find: '      if (stored.value === null) this.state.get(group)?.forgetOffset(key);',
  replace: `      zoo.differs(stored.value === null && this.state.get(group)?.offsets.has(key) === true);
      if (stored.value === null) return;`,
  and: [
    { file: 'core/group/group-replay.ts', find: '      else this.#commit(this.state', replace: '      this.#commit(this.state' },
  ],
} satisfies Mutant;
