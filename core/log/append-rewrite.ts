/**
 * What a leader writes otherwise than it was sent (Kafka's LogValidator): always offsets and leader epoch; timestamps where the
 * log dates records or the header says something else than they do; the whole batch where the topic wants another compression
 * or the offsets within a compressed batch are not in order.
 */
import type { Compression } from '../../ports/compression.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { type BatchHeader, encodeBatch, rebaseBatch } from '../protocol/records.ts';
import { checkBatchSize, type CheckedBatch, readBatches, targetCompression, type ValidBatches } from './append-validation.ts';
import type { AppendError, LogConfig } from './types.ts';

export interface RewrittenBatches {
  readonly bytes: Uint8Array;
  readonly valid: ValidBatches;
}

/** The same batches, those encoded anew that cannot stay as they are. */
export function rewriteBatches(
  bytes: Uint8Array,
  valid: ValidBatches,
  checked: readonly CheckedBatch[],
  config: LogConfig,
  codecs: Compression,
): RewrittenBatches | AppendError {
  if (checked.every(({ rewritten }) => rewritten === null)) return { bytes, valid };
  const parts: Uint8Array[] = [];
  let position = 0;
  for (const [index, header] of valid.headers.entries()) {
    const records = checked[index]?.rewritten ?? null;
    const { sizeInBytes, producerId, producerEpoch, baseSequence, isTransactional, isControl } = header;
    const options = { producerId, producerEpoch, baseSequence, isTransactional, isControl };
    const compression = targetCompression(header, config);
    parts.push(
      records === null
        ? bytes.subarray(position, position + sizeInBytes)
        : encodeBatch(records, { ...options, compression }, codecs),
    );
    position += sizeInBytes;
  }
  const whole = joined(parts);
  const again = readBatches(whole);
  if ('error' in again) return again;
  // What was small enough as it came may be too large now.
  const refused = again.headers.map((header) => checkBatchSize(header, config)).find((error) => error !== null);
  return refused ?? { bytes: whole, valid: again };
}

/** A batch in its place in the log: a copy, with the timestamps that count there. */
export function placedBatch(
  batch: Uint8Array,
  header: BatchHeader,
  baseOffset: Offset,
  leaderEpoch: LeaderEpoch,
  maxTimestamp: number,
  appendTimeMs: number | null,
): Uint8Array {
  if (appendTimeMs !== null) return rebaseBatch(batch, baseOffset, leaderEpoch, { type: 'append', maxTimestamp: appendTimeMs });
  const isTrue = header.timestampType === 'create' && header.maxTimestamp === maxTimestamp;
  return rebaseBatch(batch, baseOffset, leaderEpoch, isTrue ? undefined : { type: 'create', maxTimestamp });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
