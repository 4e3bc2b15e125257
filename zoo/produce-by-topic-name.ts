import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a produce request that names a topic by its id is appended to another topic of the same name',
  source: ['KIP-516', 'KAFKA-10551'],
  difficulty: 'hard',
  expects: ['N9', 'J4'],
  scenario: 'topics-come-and-go',
  file: 'core/replication/replica-appends.ts',
  find: 'const isOtherTopic = entry.topicId !== undefined && entry.topicId !== partition.topicId;',
  replace: 'const isOtherTopic = zoo.instead(entry.topicId !== undefined && entry.topicId !== partition.topicId, false);',
} satisfies Mutant;
