/** Kafka's names of files and directories: the one place where a topic and a partition are read out of a text. */
import { Offset } from '../protocol/numbers.ts';
import type { TopicPartition, TopicPartitionKey } from '../protocol/partition.ts';

const SEGMENT_FILE = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/;
const DELETE_DIRECTORY = /^(\S+)-(\S+)\.(\S+)-(delete|stray)$/;
const PARTITION_DIRECTORY = /^(.+)-(\d+)$/;

export const DELETED_SUFFIX = '.deleted';
export const CLEANED_SUFFIX = '.cleaned';
export const SWAP_SUFFIX = '.swap';
export const EPOCH_CHECKPOINT = 'leader-epoch-checkpoint';
export const PARTITION_METADATA = 'partition.metadata';

export type SegmentFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot';

/** Base offset as 20 digits. */
function offsetName(offset: Offset): string {
  return String(offset).padStart(20, '0');
}

export function segmentFile(directory: string, offset: Offset, kind: SegmentFileKind): string {
  return `${directory}/${offsetName(offset)}.${kind}`;
}

/** What a plain segment file's name says; null for every other name. */
export function parseSegmentFile(name: string): { offset: Offset; kind: SegmentFileKind } | null {
  const match = SEGMENT_FILE.exec(name);
  if (match === null) return null;
  const offset = Offset(Number(match[1]));
  return Number.isSafeInteger(offset) ? { offset, kind: match[2] as SegmentFileKind } : null;
}

/** The offset that a name begins with (also of `.swap` and `.cleaned` files); null if there is none. */
export function leadingOffset(name: string): Offset | null {
  return /^\d{20}\./.test(name) ? Offset(Number(name.slice(0, 20))) : null;
}

/** Topic and index of a partition's directory; null for any other, among them `-delete` and `-stray` ones. */
export function parsePartitionDirectory(name: string): TopicPartition | null {
  if (DELETE_DIRECTORY.test(name)) return null;
  const match = PARTITION_DIRECTORY.exec(name);
  return match === null ? null : { topic: match[1] as string, partition: Number(match[2]) };
}

/**
 * The name of the directory that a log's file is in: `orders-0` of `/kafka-0/orders-0/00000000000000000000.log`. It is the key of the
 * partition, but for a log that was deleted.
 */
export function directoryNameOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

/** The base offset of the segment whose records a file holds; null for a file of another kind. */
export function recordsBaseOffset(path: string): Offset | null {
  const file = parseSegmentFile(path.slice(path.lastIndexOf('/') + 1));
  return file?.kind === 'log' ? file.offset : null;
}

/** A log that was deleted (or found stray) before the process ended, whose files are still to be removed. */
export function isDoomedDirectory(name: string): boolean {
  return DELETE_DIRECTORY.test(name);
}

/** `orders-0` -> `orders-0.<32 hex digits>-delete`, cut to a file system's 255 characters as Kafka does. */
export function doomedDirectory(partition: TopicPartitionKey, uniqueHex: string, kind: 'delete' | 'stray'): string {
  const suffix = `.${uniqueHex}-${kind}`;
  return `${partition.slice(0, 255 - suffix.length)}${suffix}`;
}
