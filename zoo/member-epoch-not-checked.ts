import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a member of a consumer group may commit in any epoch, also what it gave up since',
  source: ['KIP-848', 'KIP-1251'],
  difficulty: 'easy',
  expects: ['GR4', 'GR14'],
  scenario: 'consumer-protocol',
  file: 'core/group/consumer/commit-checks.ts',
  find: 'return mayCommit ? ErrorCode.NONE : stale;',
  replace: 'return zoo.instead(mayCommit, true) ? ErrorCode.NONE : stale;',
} satisfies Mutant;
