import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a fetch that names a topic by its id is served from another topic of the same name',
  source: ['KIP-516', 'KAFKA-14616'],
  difficulty: 'medium',
  expects: ['R21', 'S12'],
  scenario: 'topics-come-and-go',
  file: 'core/replication/replica-fetches.ts',
  find: `const isOtherTopic = request.topicId !== '' && request.topicId !== partition.topicId;`,
  replace: `const isOtherTopic = zoo.instead(request.topicId !== '' && request.topicId !== partition.topicId, false);`,
} satisfies Mutant;
