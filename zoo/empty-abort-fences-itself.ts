import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an abort that comes while the last end is pending is compared with its epoch first, and fences the live producer',
  source: ['KAFKA-18464'],
  difficulty: 'medium',
  expects: ['T5', 'A1', 'Q1'],
  scenario: 'transaction-timeout',
  file: 'core/transaction/transaction-ending.ts',
  find: `    if (pendingState !== null && !isFencing) return { error: ErrorCode.CONCURRENT_TRANSACTIONS };
    const isOverflowRetry`,
  replace: `    zoo.differs(pendingState !== null && !isFencing && producerEpoch !== current.producerEpoch);
    if (pendingState !== null && !isFencing && producerEpoch !== current.producerEpoch) return { error: ErrorCode.PRODUCER_FENCED };
    if (pendingState !== null && !isFencing) return { error: ErrorCode.CONCURRENT_TRANSACTIONS };
    const isOverflowRetry`,
} satisfies Mutant;
