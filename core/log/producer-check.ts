/** A leader's decision about the producers of the batches that it got, with its trace events. */
import type { Compression } from '../../ports/compression.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { DecodeError } from '../protocol/reader.ts';
import type { LogEvent } from '../trace/log-events.ts';
import type { ValidBatches } from './append-validation.ts';
import { type EndTxnMarker, readEndTxnMarker } from './control-records.ts';
import type { AppendClaim, ProducerBatch, ProducerState } from './producer-state.ts';
import type { AppendError } from './types.ts';

/** Null: append. A batch: this is a retry of it. Else the error to answer. */
export function checkProducers(
  state: ProducerState,
  bytes: Uint8Array,
  batches: ValidBatches,
  claim: AppendClaim,
  emit: (event: LogEvent) => void,
  partition: string,
  codecs: Compression,
): ProducerBatch | AppendError | null {
  let position = 0;
  for (const header of batches.headers) {
    if (header.producerId >= 0) {
      let marker: EndTxnMarker | null;
      try {
        marker = readEndTxnMarker(header, bytes, position, codecs);
      } catch (error) {
        if (error instanceof DecodeError) return { error: ErrorCode.CORRUPT_MESSAGE, message: error.message };
        throw error;
      }
      const verdict = state.check(header, claim, marker);
      const { producerId, producerEpoch, baseSequence, lastSequence } = header;
      if (verdict.kind === 'duplicate') {
        const offset = verdict.batch.lastOffset - verdict.batch.offsetDelta;
        emit({ type: 'duplicate-batch', partition, producerId, producerEpoch, baseSequence, lastSequence, offset });
        return verdict.batch;
      }
      if (verdict.kind === 'reject') {
        const { error, message, expectedSequence: expected } = verdict;
        if (marker !== null) {
          const { coordinatorEpoch, commit } = marker;
          emit({ type: 'marker-rejected', partition, producerId, producerEpoch, coordinatorEpoch, commit, error });
          return { error, message };
        }
        emit({ type: 'sequence-rejected', partition, producerId, producerEpoch, baseSequence, expected, error });
        return { error, message };
      }
    }
    position += header.sizeInBytes;
  }
  return null;
}
