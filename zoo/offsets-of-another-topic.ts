import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an offset that was committed for a deleted topic is one of the next topic of its name',
  source: ['KIP-516'],
  difficulty: 'medium',
  expects: ['GR5', 'GR6', 'N4'],
  scenario: 'topics-come-and-go',
  file: 'core/group/offsets.ts',
  find: '  return offset === undefined || topicId === ZERO_UUID || offset.topicId === ZERO_UUID || offset.topicId === topicId;',
  replace: `  return zoo.instead(
    offset === undefined || topicId === ZERO_UUID || offset.topicId === ZERO_UUID || offset.topicId === topicId,
    true,
  );`,
} satisfies Mutant;
