import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'offsets are told that an open transaction may still change',
  source: ['KIP-447'],
  difficulty: 'medium',
  expects: ['T11', 'T12'],
  scenario: 'eos-pipeline',
  file: 'core/group/offsets.ts',
  find: '      requireStable && group?.transactionalOffsets.has(key) ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE;',
  replace:
    '      zoo.instead(requireStable && group?.transactionalOffsets.has(key) === true, false) ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE;',
} satisfies Mutant;
