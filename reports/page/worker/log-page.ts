/** A page of a replica's log, batch by batch, with its records decoded. */
import { decodeRecords } from '../../../core/protocol/batch-decoder.ts';
import { type BatchHeader, forEachBatch } from '../../../core/protocol/batch-header.ts';
import { decodeControlType } from '../../../core/protocol/control-records.ts';
import { decodeMetadataRecord } from '../../../core/protocol/codec.ts';
import { utf8ToString } from '../../../core/protocol/strings.ts';
import { clipped, printable } from '../../../campaign/printable.ts';
import { METADATA_LOG } from '../record/names.ts';
import type { LogBatch, LogPage } from '../protocol.ts';
import type { Still } from './standing-run.ts';

/** Read at once, of which a page is made. */
const PAGE_BYTES = 65_536;
const BATCHES_MAX = 60;
const TEXT_MAX = 300;

/** Null: the node has no such replica now. */
export function logPage(still: Still, node: string, partition: string, fromOffset: number): LogPage | null {
  const bytes = partition === METADATA_LOG ? metadataLog(still, node) : replicaLog(still, node, partition, fromOffset);
  if (bytes === null) return null;
  const batches: LogBatch[] = [];
  let nextOffset: number | null = null;
  forEachBatch(bytes, (header, position) => {
    if (header.lastOffset < fromOffset) return undefined;
    if (batches.length === BATCHES_MAX) {
      nextOffset = header.baseOffset;
      return false;
    }
    batches.push(batchOf(bytes, header, position));
    return undefined;
  });
  return { partition, batches, nextOffset };
}

function replicaLog({ view }: Still, node: string, partition: string, fromOffset: number): Uint8Array | null {
  const replica = view.nodes.get(node)?.broker?.replicas.find((each) => each.partition === partition);
  return replica?.read(Math.max(fromOffset, replica.logStartOffset), PAGE_BYTES) ?? null;
}

/** What lies in its files; of several segments the last. */
function metadataLog({ world }: Still, node: string): Uint8Array | null {
  const { disk } = world.process(node).machine;
  const last = disk.files().findLast((path) => path.includes(`/${METADATA_LOG}/`) && path.endsWith('.log'));
  return last === undefined ? null : disk.peek(last);
}

function batchOf(bytes: Uint8Array, header: BatchHeader, position: number): LogBatch {
  const {
    baseOffset,
    lastOffset,
    leaderEpoch,
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    isControl,
    compression,
  } = header;
  const title = [
    `offsets ${baseOffset}..${lastOffset}`,
    `leader epoch ${leaderEpoch}`,
    ...(producerId === -1
      ? []
      : [`producer ${producerId} epoch ${producerEpoch}${baseSequence === -1 ? '' : ` from sequence ${baseSequence}`}`]),
    ...(isTransactional ? ['transactional'] : []),
    ...(isControl ? ['control'] : []),
    ...(compression === 'none' ? [] : [compression]),
  ].join(', ');
  return { title, leaderEpoch, records: recordsOf(bytes, position, isControl) };
}

function recordsOf(bytes: Uint8Array, position: number, isControl: boolean): LogBatch['records'] {
  try {
    return decodeRecords(bytes, position).map(({ offset, key, value }) => ({
      offset,
      key: isControl ? decodeControlType(key) : shown(key),
      value: isControl ? null : shown(value),
    }));
  } catch (error) {
    return [{ offset: -1, key: null, value: `can't be decoded: ${error instanceof Error ? error.message : String(error)}` }];
  }
}

/** Text as it is, a record of the metadata log decoded, other bytes as hexadecimal digits. */
function shown(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  const metadata = bytes[0] === 1 ? metadataText(bytes) : null;
  if (metadata !== null) return clipped(printable(metadata), TEXT_MAX);
  const isText = bytes.every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x09);
  if (isText) return clipped(printable(utf8ToString(bytes)), TEXT_MAX);
  const hex = Array.from(bytes.subarray(0, TEXT_MAX / 2), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `0x${hex}${bytes.length > TEXT_MAX / 2 ? ` ... (${bytes.length} bytes)` : ''}`;
}

function metadataText(bytes: Uint8Array): string | null {
  try {
    return JSON.stringify(decodeMetadataRecord(bytes));
  } catch {
    return null;
  }
}
