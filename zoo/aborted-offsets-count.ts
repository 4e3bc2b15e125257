import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'offsets of an aborted transaction count',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['T11', 'T12', 'GR6'],
  scenario: 'eos-pipeline',
  file: 'core/group/groups.ts',
  find: '        const isApplied = isCommitted && (group.offsets.get(key)?.logOffset ?? -1) < offset.logOffset;',
  replace:
    '        const isApplied = zoo.instead(isCommitted, true) && (group.offsets.get(key)?.logOffset ?? -1) < offset.logOffset;',
} satisfies Mutant;
