import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'retention goes by when a segment began, and not by its largest timestamp',
  source: ['KIP-33'],
  difficulty: 'medium',
  expects: ['S7', 'J4', 'N10'],
  file: 'core/log/retention.ts',
  find: 'view.nowMs - segment.largestTimestamp > retentionMs;',
  replace: 'view.nowMs - zoo.instead(segment.largestTimestamp, segment.firstTimestamp) > retentionMs;',
} satisfies Mutant;
