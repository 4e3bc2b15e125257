import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new topic begins with fenced brokers in its ISR',
  source: ['KIP-631'],
  difficulty: 'medium',
  expects: ['C3', 'L3'],
  scenario: 'topics-come-and-go',
  file: 'core/controller/topics.ts',
  find: '  const isr = replicas.filter((id) => isBrokerActive(image, id));',
  replace: '  const isr = replicas.filter((id) => zoo.instead(isBrokerActive(image, id), true));',
} satisfies Mutant;
