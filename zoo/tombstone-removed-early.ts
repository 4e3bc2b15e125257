import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a cleaner removes a tombstone as soon as it has a delete horizon',
  source: ['KIP-534'],
  difficulty: 'easy',
  expects: ['S6'],
  scenario: 'compaction',
  file: 'core/log/cleaner/batch-retention.ts',
  find: 'if (record.value !== null || header.deleteHorizonMs === null || nowMs < header.deleteHorizonMs) return true;',
  replace:
    'if (record.value !== null || header.deleteHorizonMs === null || zoo.instead(nowMs < header.deleteHorizonMs, false)) return true;',
} satisfies Mutant;
