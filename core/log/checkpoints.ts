/**
 * Kafka's checkpoint files as text: a version line (0), a line with the number of entries, then a line per entry. Reading
 * never fails: a file that is torn, of another version or simply not such a file gives null, and its user falls back to what
 * is safe without it (offset 0, recovery from the start).
 */
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { EpochEntry } from './types.ts';

export interface CheckpointedOffset extends TopicPartition {
  readonly offset: Offset;
}

/** recovery-point-, log-start-offset- and replication-offset-checkpoint: a line `topic partition offset` for each. */
export function formatOffsets(offsets: readonly CheckpointedOffset[]): string {
  const lines = offsets.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}\n`);
  return `0\n${offsets.length}\n${lines.join('')}`;
}

/** The offsets by partition. */
export function parseOffsets(text: string | null): Map<TopicPartitionKey, Offset> | null {
  const lines = entryLines(text);
  if (lines === null) return null;
  const offsets = new Map<TopicPartitionKey, Offset>();
  for (const line of lines) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line);
    if (match === null) return null;
    offsets.set(topicPartitionKey(match[1] as string, Number(match[2])), Offset(Number(match[3])));
  }
  return offsets;
}

/** leader-epoch-checkpoint: `epoch startOffset`. */
export function formatEpochs(entries: readonly EpochEntry[]): string {
  return `0\n${entries.length}\n${entries.map((entry) => `${entry.epoch} ${entry.startOffset}\n`).join('')}`;
}

export function parseEpochs(text: string | null): EpochEntry[] | null {
  const lines = entryLines(text);
  if (lines === null) return null;
  const entries: EpochEntry[] = [];
  for (const line of lines) {
    const match = /^(\d+) (\d+)$/.exec(line);
    if (match === null) return null;
    const entry = { epoch: LeaderEpoch(Number(match[1])), startOffset: Offset(Number(match[2])) };
    const last = entries.at(-1);
    if (last !== undefined && (entry.epoch <= last.epoch || entry.startOffset <= last.startOffset)) return null;
    entries.push(entry);
  }
  return entries;
}

function entryLines(text: string | null): string[] | null {
  if (text === null || !text.endsWith('\n')) return null;
  const lines = text.slice(0, -1).split('\n');
  if (lines[0] !== '0' || !/^\d+$/.test(lines[1] ?? '')) return null;
  const entries = lines.slice(2);
  return entries.length === Number(lines[1]) ? entries : null;
}

/** partition.metadata: the topic's id (KIP-516). */
export function formatPartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}\n`;
}

export function parsePartitionMetadata(text: string | null): string | null {
  return /^version: 0\ntopic_id: ([\w-]{22})\n?$/.exec(text ?? '')?.[1] ?? null;
}
