import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a transaction that is aborted is not entered into the index',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['T7', 'J5'],
  scenario: 'mixed-isolation',
  file: 'core/log/log-appender.ts',
  find: '    if (aborted !== null) segment.txnIndex.append(aborted);',
  replace: '    zoo.differs(aborted !== null);',
} satisfies Mutant;
