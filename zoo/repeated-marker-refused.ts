import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a marker that is sent again is refused',
  source: ['KAFKA-19999'],
  difficulty: 'easy',
  expects: ['T6', 'T2', 'L9'],
  scenario: 'coordinator-failover',
  file: 'core/log/producer-state.ts',
  find: '    if (marker !== null) return checkMarker(entry, header, marker, claim);',
  replace: `    const isRepeated = marker !== null && entry !== undefined && entry.producerEpoch === header.producerEpoch && entry.currentTxnFirstOffset < 0;
    zoo.differs(isRepeated);
    if (isRepeated) return reject(ErrorCode.INVALID_PRODUCER_EPOCH, 'the marker is there already');
    if (marker !== null) return checkMarker(entry, header, marker, claim);`,
} satisfies Mutant;
