import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an offset of a transaction replaces one that was committed after it',
  source: ['KIP-98'],
  difficulty: 'hard',
  expects: ['T11', 'GR6', 'GR13'],
  scenario: 'eos-pipeline',
  file: 'core/group/groups.ts',
  find: '        const isApplied = isCommitted && (group.offsets.get(key)?.logOffset ?? -1) < offset.logOffset;',
  replace:
    '        const isApplied = zoo.instead(isCommitted && (group.offsets.get(key)?.logOffset ?? -1) < offset.logOffset, isCommitted);',
} satisfies Mutant;
