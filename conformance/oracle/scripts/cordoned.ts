/** Log directories that take no more replicas (KIP-1066): what may still be done. */
import { encodeBatch } from '../../../core/protocol/records.ts';
import { ZERO_UUID } from '../../../core/protocol/uuid.ts';
import { sleep } from '../../testing/served.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

/** The controller learns of it with a heartbeat of the broker. */
const APPLIED_MS = 4_000;
const BROKER = 4;
const TIMEOUT = { timeoutMs: 10_000 };

const alter = (talk: Conversation, step: string, resourceName: string, value: string | null): Promise<unknown> =>
  talk.ask(step, 'IncrementalAlterConfigs', 1, {
    resources: [
      {
        resourceType: BROKER,
        resourceName,
        configs: [{ name: 'cordoned.log.dirs', configOperation: value === null ? 1 : 0, value }],
      },
    ],
    validateOnly: false,
  });

async function tryAll(talk: Conversation, when: string): Promise<void> {
  const create = (step: string, ...topics: object[]): Promise<unknown> =>
    talk.ask(`${step}, ${when}`, 'CreateTopics', 7, { topics: topics as [], ...TIMEOUT });
  await create('placed by the controller', { name: `placed-${when}`, numPartitions: 1, replicationFactor: 1 });
  const assignments = [{ partitionIndex: 0, brokerIds: [1] }];
  await create('assigned', { name: `assigned-${when}`, numPartitions: -1, replicationFactor: -1, assignments });
  const grow = (step: string, more: object): Promise<unknown> =>
    talk.ask(`${step}, ${when}`, 'CreatePartitions', 3, {
      topics: [{ name: 'was-there', count: 2, assignments: null, ...more }],
      ...TIMEOUT,
      validateOnly: true,
    });
  await grow('placed by the controller', {});
  await grow('assigned', { assignments: [{ brokerIds: [1] }] });
  await talk.ask(`of itself, ${when}`, 'Metadata', 12, {
    topics: [{ topicId: ZERO_UUID, name: `made-by-metadata-${when}` }],
    allowAutoTopicCreation: true,
  });
  for (const version of versions('DescribeLogDirs', 4))
    await talk.ask(when, 'DescribeLogDirs', version, { topics: [{ topic: 'was-there', partitions: [0] }] });
  await talk.ask(when, 'Produce', 9, {
    acks: -1,
    timeoutMs: 5_000,
    topicData: [
      {
        name: 'was-there',
        partitionData: [
          { index: 0, records: encodeBatch([{ key: null, value: Buffer.from('v'), timestamp: 1_700_000_000_000 }]) },
        ],
      },
    ],
  });
  await talk.ask(when, 'DescribeConfigs', 4, {
    resources: [{ resourceType: BROKER, resourceName: '1', configurationKeys: ['cordoned.log.dirs'] }],
    includeSynonyms: true,
  });
}

async function run(talk: Conversation): Promise<void> {
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'was-there', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '-1' }] }],
    ...TIMEOUT,
  });
  await talk.until(
    'ListOffsets',
    1,
    { replicaId: -1, topics: [{ name: 'was-there', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] },
    ({ topics }) => topics[0]?.partitions[0]?.errorCode === 0,
  );
  await alter(talk, 'for all brokers', '', '*');
  await alter(talk, 'a directory that there is not', '1', '/no/such/directory');
  await alter(talk, 'all and one', '1', '*,/no/such/directory');
  await alter(talk, 'all', '1', '*');
  await sleep(APPLIED_MS);
  await tryAll(talk, 'cordoned');
  await alter(talk, 'none', '1', null);
  await sleep(APPLIED_MS);
  await tryAll(talk, 'free again');
}

export const CORDONED: SharedScript = { name: 'cordoned', brokers: 1, run };
