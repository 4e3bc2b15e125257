import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a follower ignores where the leader's log starts`,
  source: ['KIP-107'],
  difficulty: 'medium',
  expects: ['S12', 'L5', 'R22'],
  scenario: 'topics-come-and-go',
  file: 'core/replication/follower-log.ts',
  find: `    if (logStart > log.logStartOffset) log.maybeIncrementLogStartOffset(logStart, 'leader');`,
  replace: '    zoo.differs(logStart > log.logStartOffset);',
} satisfies Mutant;
