import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer gives up on a gap that a batch before it will close',
  source: ['KAFKA-5494'],
  difficulty: 'medium',
  expects: ['J14', 'L9', 'Q1'],
  file: 'core/client/producer/idempotent-state.ts',
  find: '    if (error !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && error !== ErrorCode.UNKNOWN_PRODUCER_ID) return null;',
  replace:
    '    if (zoo.instead(error !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && error !== ErrorCode.UNKNOWN_PRODUCER_ID, true)) return null;',
  masked: 'the application is told that the send failed, and may have been done: that is all that a definite error would promise',
} satisfies Mutant;
