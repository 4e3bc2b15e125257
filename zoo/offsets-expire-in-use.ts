import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'offsets of a group with members expire',
  source: ['KIP-211'],
  difficulty: 'medium',
  expects: ['GR5', 'N4'],
  file: 'core/group/offsets.ts',
  find: '      else since = isKnown && !group.isSubscribedTo(offset.topic) ? offset.commitTimestamp : null;',
  replace:
    '      else since = zoo.instead(isKnown && !group.isSubscribedTo(offset.topic) ? offset.commitTimestamp : null, offset.commitTimestamp);',
} satisfies Mutant;
