import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a voter takes the high watermark beyond what it has on its disk',
  source: ['KIP-595'],
  difficulty: 'medium',
  expects: ['K18', 'K7', 'K5', 'K9'],
  scenario: 'controller-failover',
  file: 'core/raft/fetcher.ts',
  find: 'const held = isVoter ? log.flushedOffset : log.endOffset;',
  replace: 'const held = zoo.instead(isVoter ? log.flushedOffset : log.endOffset, log.endOffset);',
} satisfies Mutant;
