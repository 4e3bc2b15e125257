import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the end of a transaction is answered before its decision is committed',
  source: ['design: prepare before answer'],
  difficulty: 'medium',
  expects: ['T1', 'T3', 'T4'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/transaction-ending.ts',
  find: `        answered: (error) => done(error === ErrorCode.NONE ? ended : refusal(error)),
`,
  replace: `        answered: () => undefined,
`,
  and: [
    {
      file: 'core/transaction/transaction-ending.ts',
      find: '    let ended = refusal(ErrorCode.NONE);',
      replace: `    let ended = refusal(ErrorCode.NONE);
    zoo.differs();
    done(isBumped ? { error: ErrorCode.NONE, producerId: next.producerId, producerEpoch: next.producerEpoch } : ended);`,
    },
  ],
} satisfies Mutant;
