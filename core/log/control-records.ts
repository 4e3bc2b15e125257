/** The end-of-transaction marker of a control batch, as the log needs it. */
import type { Compression } from '../../ports/compression.ts';
import { type BatchHeader, decodeRecords } from '../protocol/records.ts';
import { viewOf } from './bytes.ts';

export interface EndTxnMarker {
  readonly commit: boolean;
  readonly coordinatorEpoch: number;
  readonly timestamp: number;
}

const ABORT = 0;
const COMMIT = 1;

/** Null for data batches and for the quorum's control records. DecodeError if the records are malformed. */
export function readEndTxnMarker(
  header: BatchHeader,
  bytes: Uint8Array,
  position: number,
  codecs: Compression,
): EndTxnMarker | null {
  if (!header.isControl || header.producerId < 0) return null;
  const record = decodeRecords(bytes, position, codecs)[0];
  if (record === undefined || record.key === null || record.key.length < 4) return null;
  const type = viewOf(record.key).getInt16(2);
  if ((type !== ABORT && type !== COMMIT) || record.value === null || record.value.length < 6) return null;
  return { commit: type === COMMIT, coordinatorEpoch: viewOf(record.value).getInt32(2), timestamp: record.timestamp };
}
