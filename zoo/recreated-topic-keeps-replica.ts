import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica of a topic that was deleted and made again goes on as the old one',
  source: ['KAFKA-14616', 'KAFKA-13132'],
  difficulty: 'medium',
  expects: ['R21', 'S12', 'X1'],
  scenario: 'topics-come-and-go',
  file: 'core/replication/replica-assignments.ts',
  find: '    if (existing?.topicId === topicId) {',
  replace: '    if (existing !== undefined && zoo.instead(existing.topicId === topicId, true)) {',
} satisfies Mutant;
