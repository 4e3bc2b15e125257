/** `.snapshot`: the producer state at an offset, in Kafka's ProducerSnapshot version 1 with its CRC-32C. */
import { crc32c } from '../protocol/crc32c.ts';
import { Offset } from '../protocol/numbers.ts';
import { getInt64, putInt64, viewOf } from './bytes.ts';
import type { ProducerEntry } from './producer-state.ts';

const HEADER_BYTES = 10;
const CRC_POSITION = 2;
const CRC_START = 6;
const ENTRY_BYTES = 46;

/** Only the last batch of each producer is kept, as in Kafka. */
export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>): Uint8Array {
  const list = [...entries];
  const bytes = new Uint8Array(HEADER_BYTES + list.length * ENTRY_BYTES);
  const view = viewOf(bytes);
  view.setInt16(0, 1);
  view.setInt32(6, list.length);
  let at = HEADER_BYTES;
  for (const entry of list) {
    const last = entry.batches.at(-1);
    putInt64(view, at, entry.producerId);
    view.setInt16(at + 8, entry.producerEpoch);
    view.setInt32(at + 10, last?.lastSequence ?? -1);
    putInt64(view, at + 14, last?.lastOffset ?? -1);
    view.setInt32(at + 22, last?.offsetDelta ?? 0);
    putInt64(view, at + 26, entry.lastTimestamp);
    view.setInt32(at + 34, entry.coordinatorEpoch);
    putInt64(view, at + 38, entry.currentTxnFirstOffset);
    at += ENTRY_BYTES;
  }
  view.setUint32(CRC_POSITION, crc32c(bytes.subarray(CRC_START)));
  return bytes;
}

/** Null if the file is torn or damaged. */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerEntry[] | null {
  if (bytes.length < HEADER_BYTES) return null;
  const view = viewOf(bytes);
  const count = view.getInt32(6);
  if (view.getInt16(0) !== 1 || count < 0 || bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return null;
  if (view.getUint32(CRC_POSITION) !== crc32c(bytes.subarray(CRC_START)) >>> 0) return null;
  const entries: ProducerEntry[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    const lastOffset = Offset(getInt64(view, at + 14));
    const timestamp = getInt64(view, at + 26);
    entries.push({
      producerId: getInt64(view, at),
      producerEpoch: view.getInt16(at + 8),
      coordinatorEpoch: view.getInt32(at + 34),
      lastTimestamp: timestamp,
      currentTxnFirstOffset: Offset(getInt64(view, at + 38)),
      batches:
        lastOffset < 0
          ? []
          : [{ lastSequence: view.getInt32(at + 10), lastOffset, offsetDelta: view.getInt32(at + 22), timestamp }],
    });
  }
  return entries;
}
