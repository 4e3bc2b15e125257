/** kafkajs as an application uses it, and what it gives back. */
import { CompressionTypes, type Consumer, Kafka, logLevel, type ProducerRecord } from 'kafkajs';
import { eventually } from '../../testing/served.ts';
import type { Conversation, SharedScript } from '../conversation.ts';

async function tried(talk: Conversation, step: string, action: () => Promise<unknown>): Promise<void> {
  try {
    talk.record(step, (await action()) ?? null);
  } catch (error) {
    const { name, type } = error as Error & { type?: string };
    talk.record(step, { failed: name, type: type ?? null });
  }
}

async function consume(member: Consumer, topic: string, count: number): Promise<object[]> {
  const received: object[] = [];
  await member.connect();
  await member.subscribe({ topic, fromBeginning: true });
  await member.run({
    eachMessage: async ({ partition, message }) => {
      received.push({
        partition,
        offset: message.offset,
        key: message.key?.toString() ?? null,
        value: message.value?.toString() ?? null,
      });
    },
  });
  await eventually('all messages', () => (received.length >= count ? true : null));
  await member.disconnect();
  return received.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function run(talk: Conversation): Promise<void> {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
  const kafka = new Kafka({
    clientId: 'oracle',
    brokers: [`127.0.0.1:${talk.port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 3 },
  });
  const admin = kafka.admin();
  await admin.connect();
  const topic = 'kafkajs';
  await tried(talk, 'create', () => admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true }));
  await tried(talk, 'create again', () => admin.createTopics({ topics: [{ topic }] }));
  await tried(talk, 'create badly', () => admin.createTopics({ topics: [{ topic: 'bad name' }] }));
  await tried(talk, 'describe', () => admin.fetchTopicMetadata({ topics: [topic] }));
  await tried(talk, 'describe the cluster', () => admin.describeCluster());
  await tried(talk, 'grow', () => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
  await tried(talk, 'shrink', () => admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] }));
  await tried(talk, 'configs', () =>
    admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
    }),
  );
  await eventually('3 partitions', async () =>
    (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length === 3 ? true : null,
  );
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  // By partition: kafkajs gives the answers as they come.
  const sent = async (record: ProducerRecord): Promise<object> =>
    (await producer.send(record)).toSorted((a, b) => a.partition - b.partition).map((one) => ({ ...one, topicName: undefined }));
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    await tried(talk, `send with compression ${compression}`, () =>
      sent({
        topic,
        compression,
        messages: Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, value: `v${index}` })),
      }),
    );
  }
  await tried(talk, 'send to one partition', () => producer.send({ topic, messages: [{ value: null, key: 'x', partition: 2 }] }));
  await tried(talk, 'send too much', () => producer.send({ topic, messages: [{ value: Buffer.alloc(1_200_000) }] }));
  await producer.disconnect();
  await tried(talk, 'offsets', () => admin.fetchTopicOffsets(topic));
  await tried(talk, 'consume', () => consume(kafka.consumer({ groupId: 'kafkajs', maxWaitTimeInMs: 50 }), topic, 21));
  await tried(talk, 'committed', () => admin.fetchOffsets({ groupId: 'kafkajs', topics: [topic] }));
  await tried(talk, 'groups described', () => admin.describeGroups(['kafkajs', 'no-such-group']));
  await tried(talk, 'reset', () => admin.resetOffsets({ groupId: 'kafkajs', topic, earliest: true }));
  await tried(talk, 'committed after reset', () => admin.fetchOffsets({ groupId: 'kafkajs', topics: [topic] }));
  await tried(talk, 'delete records', () => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] }));
  await tried(talk, 'delete the group', () => admin.deleteGroups(['kafkajs', 'no-such-group']));
  await tried(talk, 'delete the topic', () => admin.deleteTopics({ topics: [topic] }));
  await tried(talk, 'delete again', () => admin.deleteTopics({ topics: [topic] }));
  await admin.disconnect();
}

export const KAFKAJS: SharedScript = { name: 'kafkajs', brokers: 1, run };
