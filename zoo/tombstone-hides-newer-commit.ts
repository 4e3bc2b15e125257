import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an expiry forgets a commit that came after it was decided',
  source: ['KAFKA-17306'],
  difficulty: 'hard',
  expects: ['GR5', 'GR6'],
  file: 'core/group/offsets.ts',
  find: '      if (group.pendingCommits.has(key) || group.isKeyInTransactions(key)) continue;',
  replace: '      if (zoo.instead(group.pendingCommits.has(key), false) || group.isKeyInTransactions(key)) continue;',
} satisfies Mutant;
