import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer takes records of a topic that was deleted for those of the next of its name',
  source: ['KIP-516'],
  difficulty: 'medium',
  expects: ['N9', 'J1', 'N1'],
  scenario: 'topics-come-and-go',
  file: 'core/client/consumer/fetcher.ts',
  find: '      const isOfAnother = this.#session.metadata.isAnotherTopic(partition.topic, fetch.topicId);',
  replace: '      const isOfAnother = zoo.instead(this.#session.metadata.isAnotherTopic(partition.topic, fetch.topicId), false);',
} satisfies Mutant;
