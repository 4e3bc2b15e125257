/** Eligible leader replicas (KIP-966): who leads after the last replica in sync is gone, and what is left of the records. */
import { encodeBatch } from '../../../core/protocol/records.ts';
import type { Conversation, Lives, LonelyScript } from '../conversation.ts';

const TOPIC = 'two-of-two';
const [LEADER, FOLLOWER, OTHER] = [1, 2, 3];
const OFFSET_NOT_AVAILABLE = 78;
const TIMEOUT = { timeoutMs: 10_000 };

const produce = (talk: Conversation, step: string, acks: number): Promise<unknown> =>
  talk.ask(step, 'Produce', 9, {
    acks,
    timeoutMs: 5_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: batch() }] }],
  });

const batch = (): Uint8Array => encodeBatch([{ key: null, value: Buffer.from('v'), timestamp: 1_700_000_000_000 }]);

/** How many epochs an election takes depends on which of two brokers the controller hears of first: any after the first is told as 1. */
function epochsMasked<T>(answer: T): T {
  const mask = (key: string, value: unknown): unknown => (key === 'leaderEpoch' && Number(value) > 0 ? 1 : value);
  return JSON.parse(JSON.stringify(answer, mask)) as T;
}

/** The partition as broker 3 knows it, when its leader is that one. */
async function described(talk: Conversation, step: string, isReached: (leaderId: number, isr: readonly number[]) => boolean) {
  const request = { topics: [{ name: TOPIC }], responsePartitionLimit: 9 };
  const answer = await talk.at(OTHER).until('DescribeTopicPartitions', 0, request, ({ topics: [topic] }) => {
    const [partition] = topic?.partitions ?? [];
    return partition !== undefined && isReached(partition.leaderId, partition.isrNodes);
  });
  talk.record(`DescribeTopicPartitions v0 ${step}`, epochsMasked(answer), 'DescribeTopicPartitions');
}

async function ends(talk: Conversation, brokerId: number, step: string, isReached: (errorCode: number) => boolean) {
  for (const timestamp of [-1, -2]) {
    const request = { replicaId: -1, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp }] }] };
    const answer = await talk
      .at(brokerId)
      .until('ListOffsets', 7, request, ({ topics }) => isReached(topics[0]?.partitions[0]?.errorCode ?? -1));
    talk.record(`ListOffsets v7 ${step}, ${timestamp}`, epochsMasked(answer), 'ListOffsets');
  }
}

async function runAlone(talk: Conversation, lives: Lives): Promise<void> {
  await talk.quietly('CreateTopics', 7, {
    topics: [
      {
        name: TOPIC,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [LEADER, FOLLOWER] as number[] }],
        configs: [
          { name: 'min.insync.replicas', value: '2' },
          // The records are years old.
          { name: 'retention.ms', value: '-1' },
        ],
      },
    ],
    ...TIMEOUT,
  });
  await described(talk, 'both in sync', (leader, isr) => leader === LEADER && isr.length === 2);
  await ends(talk, LEADER, 'nothing', (errorCode) => errorCode === 0);
  await produce(talk, 'with both in sync', -1);
  await lives.stop(FOLLOWER);
  await described(talk, 'the follower has stopped in order', (_, isr) => isr.length === 1);
  await produce(talk, 'to fewer than enough', -1);
  await produce(talk, 'to the leader alone', 1);
  await lives.kill(LEADER);
  await lives.start(FOLLOWER);
  await described(talk, 'the leader was killed', (leader) => leader === FOLLOWER);
  const latest = { replicaId: -1, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }] };
  const alone = talk.at(FOLLOWER);
  const { topics } = await alone.until('ListOffsets', 7, latest, ({ topics: [topic] }) => topic?.partitions[0]?.errorCode !== 6);
  const errorCode = topics[0]?.partitions[0]?.errorCode;
  // Its high watermark stays what it knew as a follower, of which its end may be ahead: then there is no latest offset yet.
  talk.record('ListOffsets v7 the new leader, alone', errorCode === 0 || errorCode === OFFSET_NOT_AVAILABLE);
  await alone.ask('the new leader, alone', 'OffsetForLeaderEpoch', 4, {
    replicaId: -1,
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
  });
  await lives.start(LEADER);
  await described(talk, 'both are back', (_, isr) => isr.length === 2);
  await ends(talk, FOLLOWER, 'both are back', (errorCode) => errorCode === 0);
}

export const ELIGIBLE: LonelyScript = { name: 'eligible', brokers: 3, config: {}, runAlone };
