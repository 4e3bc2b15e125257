/** The records of consumer groups: which there are, in which order, and what is in them. */
import { coordinatorPartition } from '../../../../core/coordinator/coordinator-partition.ts';
import { decodeStored } from '../../../../core/group/records.ts';
import { messageVersion } from '../../../../core/protocol/codec.ts';
import { decodeRecords, forEachBatch } from '../../../../core/protocol/records.ts';
import { ZERO_UUID } from '../../../../core/protocol/uuid.ts';
import type { Conversation } from '../../conversation.ts';

const OFFSETS_TOPIC = '__consumer_offsets';

interface Told {
  readonly group: string;
  readonly type: number;
  readonly key: string;
  readonly record: object;
}

/** All that was written of these groups. */
export async function records(talk: Conversation, ...groups: readonly string[]): Promise<void> {
  const topicId = await talk.topicId(OFFSETS_TOPIC);
  const request = { topics: [{ topicId: ZERO_UUID, name: OFFSETS_TOPIC }], allowAutoTopicCreation: false };
  const { topics } = await talk.quietly('Metadata', 12, request);
  const count = topics[0]?.partitions.length ?? 0;
  for (const group of groups)
    for (const [index, record] of (await recordsOf(talk, topicId, group, coordinatorPartition(group, count))).entries())
      talk.record(`record ${index} of ${group}`, record.record);
}

async function recordsOf(talk: Conversation, topicId: string, group: string, partition: number): Promise<Told[]> {
  const found: Told[] = [];
  for (let next = 0; ; ) {
    const partitions = [{ partition, fetchOffset: next, partitionMaxBytes: 1 << 20 }];
    const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, sessionEpoch: -1, topics: [{ topicId, partitions }] };
    const { responses } = await talk.quietly('Fetch', 13, request);
    const bytes = responses[0]?.partitions[0]?.records ?? new Uint8Array(0);
    const before = next;
    forEachBatch(bytes, (header, position) => {
      for (const { key, value } of decodeRecords(bytes, position)) {
        const told = key === null ? null : toldOf(key, value);
        if (told?.group === group) found.push(told);
      }
      next = Number(header.lastOffset) + 1;
      return undefined;
    });
    if (next === before) return inRuns(found);
  }
}

function toldOf(key: Uint8Array, value: Uint8Array | null): Told | null {
  const stored = decodeStored(key, value);
  if (stored.kind === 'other') return null;
  const { group } = stored;
  const type = messageVersion(key);
  const version = value === null ? null : messageVersion(value);
  // By its bytes too: what is told in a tagged field, and where, shows in their number. Ids that classic groups give have a length of their own.
  const size = stored.kind === 'group' ? null : (value?.length ?? null);
  return { group, type, key: Buffer.from(key).toString('latin1'), record: { type, version, size, ...plain(stored) } };
}

/** Records of one kind that follow each other in the order of their keys: in Kafka it is that of a hash map. */
function inRuns(records: readonly Told[]): Told[] {
  const runs: Told[][] = [];
  for (const record of records) {
    const last = runs.at(-1);
    if (last?.[0]?.type === record.type) last.push(record);
    else runs.push([record]);
  }
  return runs.flatMap((run) => run.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)));
}

/** Maps as lists, hashes as whether there is one, and not which state of the metadata an expression was looked up in. */
function plain(value: unknown): object {
  return JSON.parse(
    JSON.stringify(value, (name, each: unknown) => {
      if (name === 'version') return undefined;
      if (each instanceof Map) return [...(each as Map<string, unknown>)].map(([key, of]) => ({ key, of }));
      if (each instanceof Set) return [...(each as Set<unknown>)];
      if (typeof each === 'bigint') return each === 0n ? 'no hash' : 'a hash';
      return each;
    }),
  ) as object;
}
