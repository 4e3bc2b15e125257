import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an offset that was deleted is there again after a load',
  source: ['KAFKA-17306'],
  difficulty: 'medium',
  expects: ['GR13', 'S12'],
  scenario: 'topics-come-and-go',
  file: 'core/group/group-replay.ts',
  find: '    this.state.get(group)?.offsets.delete(key);',
  replace: '    zoo.differs(this.state.get(group)?.offsets.has(key) === true);',
} satisfies Mutant;
