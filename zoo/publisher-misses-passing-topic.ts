import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker keeps the replicas of a topic that was deleted',
  source: ['KAFKA-13111', 'KAFKA-13132'],
  difficulty: 'medium',
  expects: ['L7', 'S12', 'R21'],
  scenario: 'topics-come-and-go',
  file: 'core/replication/replica-assignments.ts',
  find: '        if (delta.deletedTopicIds.has(partition.topicId)) this.#stop(partition);',
  replace: '        if (zoo.instead(delta.deletedTopicIds.has(partition.topicId), false)) this.#stop(partition);',
} satisfies Mutant;
