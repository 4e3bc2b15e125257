import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a log is taken for that of the topic of its name, whatever its topic id',
  source: ['KAFKA-13132', 'KAFKA-14616'],
  difficulty: 'medium',
  expects: ['R21', 'S12'],
  scenario: 'topics-come-and-go',
  file: 'core/log/log-manager.ts',
  find: '    if (existing?.topicId === topicId) return existing;',
  replace:
    '    if (zoo.instead(existing?.topicId === topicId, existing !== undefined) && existing !== undefined) return existing;',
} satisfies Mutant;
