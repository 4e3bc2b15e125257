/** Metadata, and topics created, grown, described and deleted. */
import { ZERO_UUID } from '../../../core/protocol/uuid.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const TIMEOUT = { timeoutMs: 10_000 };

const simple = (
  name: string,
  numPartitions = 1,
  replicationFactor = 1,
): { name: string; numPartitions: number; replicationFactor: number } => ({
  name,
  numPartitions,
  replicationFactor,
});

const assigned = (name: string, ...assignments: number[][]): object => ({
  name,
  numPartitions: -1,
  replicationFactor: -1,
  assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
});

async function metadata(talk: Conversation): Promise<void> {
  for (const version of versions('Metadata', 0)) {
    const suffix = `v${version}`;
    const older = version < 4 ? {} : { allowAutoTopicCreation: false };
    await talk.ask('no topics', 'Metadata', version, { topics: version === 0 ? [{ name: 'known' }] : [], ...older });
    const id = version >= 10 ? { topicId: ZERO_UUID } : {};
    const names = ['known', 'bad name', '', '..', 'x'.repeat(250), 'x'.repeat(249)];
    if (version >= 4) {
      await talk.ask('known, unknown and invalid', 'Metadata', version, {
        topics: [...names, 'unknown'].map((name) => ({ ...id, name })),
        ...older,
      });
      await talk.ask('internal but absent', 'Metadata', version, { topics: [{ ...id, name: '__transaction_state' }], ...older });
      await talk.ask('duplicates', 'Metadata', version, {
        topics: ['known', 'known', 'unknown', 'unknown'].map((name) => ({ ...id, name })),
        ...older,
      });
    } else {
      await talk.ask('invalid', 'Metadata', version, { topics: ['bad name', '..'].map((name) => ({ name })) });
    }
    if (version >= 8) {
      const operations = {
        includeTopicAuthorizedOperations: true,
        ...(version <= 10 ? { includeClusterAuthorizedOperations: true } : {}),
      };
      await talk.ask('with authorized operations', 'Metadata', version, {
        topics: [{ ...id, name: 'known' }],
        ...older,
        ...operations,
      });
    }
    void suffix;
  }
  const known = await talk.quietly('Metadata', 12, {
    topics: [{ topicId: ZERO_UUID, name: 'known' }],
    allowAutoTopicCreation: false,
  });
  const topicId = known.topics[0]?.topicId ?? '';
  const byIds = [
    { topicId, name: null },
    { topicId: NO_ID, name: null },
  ];
  await talk.ask('by id', 'Metadata', 12, { topics: byIds, allowAutoTopicCreation: false });
  await talk.ask('by id', 'Metadata', 11, { topics: byIds, allowAutoTopicCreation: false });
  await talk.ask('by id and name', 'Metadata', 12, { topics: [{ topicId, name: 'known' }], allowAutoTopicCreation: false });
  await talk.ask('by zero id without a name', 'Metadata', 12, {
    topics: [{ topicId: ZERO_UUID, name: null }],
    allowAutoTopicCreation: false,
  });
  await talk.ask('to be created', 'Metadata', 12, {
    topics: [{ topicId: ZERO_UUID, name: 'made-by-metadata' }],
    allowAutoTopicCreation: true,
  });
  const made = (topics: readonly { errorCode: number }[]): boolean => topics[0]?.errorCode === 0;
  const request = { topics: [{ topicId: ZERO_UUID, name: 'made-by-metadata' }], allowAutoTopicCreation: true };
  await talk.until('Metadata', 12, request, ({ topics }) => made(topics));
  await talk.ask('created', 'Metadata', 12, request);
  await talk.ask('all', 'Metadata', 12, { topics: null, allowAutoTopicCreation: false });
}

async function describeTopicPartitions(talk: Conversation): Promise<void> {
  const ask = (step: string, topics: string[], more: object = {}): Promise<unknown> =>
    talk.ask(step, 'DescribeTopicPartitions', 0, {
      topics: topics.map((name) => ({ name })),
      responsePartitionLimit: 2000,
      ...more,
    });
  await ask('known, unknown, invalid', ['known', 'unknown', 'bad name']);
  await ask('with a limit', ['known', 'made-by-metadata'], { responsePartitionLimit: 1 });
  await ask('with a limit of 0', ['known'], { responsePartitionLimit: 0 });
  await ask('with a cursor', ['known', 'made-by-metadata'], { cursor: { topicName: 'known', partitionIndex: 1 } });
  await ask('with a cursor beyond the end', ['known'], { cursor: { topicName: 'known', partitionIndex: 9 } });
  await ask('with a cursor of an unknown topic', ['known'], { cursor: { topicName: 'kz', partitionIndex: 0 } });
  await ask('with a negative cursor', ['known'], { cursor: { topicName: 'known', partitionIndex: -1 } });
}

async function create(talk: Conversation): Promise<void> {
  for (const version of versions('CreateTopics', 2)) {
    const ask = (step: string, topics: object[], more: object = {}): Promise<unknown> =>
      talk.ask(step, 'CreateTopics', version, { topics: topics as [], ...TIMEOUT, ...more });
    const name = (text: string): string => `create-v${version}-${text}`;
    await ask('plain', [simple(name('a'))]);
    await ask('once more', [simple(name('a'))]);
    await ask('only validated', [simple(name('b'), 3)], { validateOnly: true });
    await ask('with configs', [
      {
        ...simple(name('c'), 2),
        configs: [
          { name: 'retention.ms', value: '1000' },
          { name: 'cleanup.policy', value: 'compact,delete' },
        ],
      },
    ]);
    if (version >= 4) await ask('with defaults', [simple(name('d'), -1, -1)]);
    else await ask('with defaults', [simple(name('d'), -1, -1)]);
    await ask('assigned', [assigned(name('e'), [1], [1])]);
  }
  const ask = (step: string, topics: object[], more: object = {}): Promise<unknown> =>
    talk.ask(step, 'CreateTopics', 7, { topics: topics as [], ...TIMEOUT, ...more });
  const config = (name: string, value: string | null): object => ({ ...simple(`create-${name}`), configs: [{ name, value }] });
  await ask('no topics', []);
  await ask(
    'named badly',
    ['', '.', '..', 'bad name', 'a/b', 'x'.repeat(250)].map((name) => simple(name)),
  );
  await ask('twice in a request', [simple('twice'), simple('twice')]);
  await ask('of colliding names', [simple('col.lide')]);
  await ask('of colliding names, the second', [simple('col_lide')]);
  await ask('of the cluster metadata topic', [simple('__cluster_metadata')]);
  await ask('of no partitions', [simple('none', 0)]);
  await ask('of -2 partitions', [simple('less', -2)]);
  await ask('of no replicas', [simple('no-replicas', 1, 0)]);
  await ask('of -2 replicas', [simple('less-replicas', 1, -2)]);
  await ask('of too many replicas', [simple('replicas', 1, 2)]);
  await ask('of too many partitions', [simple('many', 100_000)], { validateOnly: true });
  await ask('assigned and counted', [{ ...assigned('both', [1]), numPartitions: 1 }]);
  await ask('assigned and replicated', [{ ...assigned('both-r', [1]), replicationFactor: 1 }]);
  await ask('assigned to nobody', [assigned('nobody', [])]);
  await ask('assigned to an unknown broker', [assigned('stranger', [9])]);
  await ask('assigned to one twice', [assigned('one-twice', [1, 1])]);
  await ask('assigned unevenly', [assigned('uneven', [1], [1, 9])]);
  await ask('assigned with a gap', [{ ...assigned('gap'), assignments: [{ partitionIndex: 1, brokerIds: [1] }] }]);
  await ask('assigned from a negative index', [{ ...assigned('neg'), assignments: [{ partitionIndex: -1, brokerIds: [1] }] }]);
  await ask('assigned doubly', [
    {
      ...assigned('double'),
      assignments: [
        { partitionIndex: 0, brokerIds: [1] },
        { partitionIndex: 0, brokerIds: [1] },
      ],
    },
  ]);
  await ask('with an unknown config', [config('no.such.config', '1')]);
  await ask('with a config that is no number', [config('retention.ms', 'soon')]);
  await ask('with a config out of range', [config('retention.ms', '-2')]);
  await ask('with a config of no value', [config('retention.ms', null)]);
  await ask('with an empty config', [config('retention.ms', '')]);
  await ask('with an unknown policy', [config('cleanup.policy', 'forget')]);
  await ask('with an empty policy', [config('cleanup.policy', '')]);
  await ask('with a strange boolean', [config('preallocate', 'yes')]);
  await ask('with a boolean in capitals', [config('preallocate', 'TRUE')], { validateOnly: true });
  await ask('with a number in blanks', [config('flush.ms', ' 5 ')], { validateOnly: true });
  await ask('with a lag upside down', [
    {
      ...simple('lag'),
      configs: [
        { name: 'min.compaction.lag.ms', value: '10' },
        { name: 'max.compaction.lag.ms', value: '5' },
      ],
    },
  ]);
  await ask('with a config twice', [
    {
      ...simple('config-twice'),
      configs: [
        { name: 'flush.ms', value: '10' },
        { name: 'flush.ms', value: '5' },
      ],
    },
  ]);
  await ask('with small segments', [config('segment.bytes', '100')], { validateOnly: true });
  await ask('with a removed config', [config('message.format.version', '2.0')], { validateOnly: true });
  await ask('one good and one bad', [simple('good'), simple('bad name')]);
}

async function grow(talk: Conversation): Promise<void> {
  for (const version of versions('CreatePartitions', 0)) {
    const ask = (step: string, topics: object[], more: object = {}): Promise<unknown> =>
      talk.ask(step, 'CreatePartitions', version, { topics: topics as [], ...TIMEOUT, validateOnly: false, ...more });
    const name = `grow-v${version}`;
    await talk.quietly('CreateTopics', 5, { topics: [simple(name)], ...TIMEOUT });
    await ask('more', [{ name, count: 2, assignments: null }]);
    await ask('the same', [{ name, count: 2, assignments: null }]);
    await ask('fewer', [{ name, count: 1, assignments: null }]);
    await ask('none', [{ name, count: 0, assignments: null }]);
    await ask('negative', [{ name, count: -1, assignments: null }]);
    await ask('assigned', [{ name, count: 3, assignments: [{ brokerIds: [1] }] }]);
    await ask('too many assignments', [{ name, count: 4, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }]);
    await ask('no assignments', [{ name, count: 4, assignments: [] }]);
    await ask('to an unknown broker', [{ name, count: 4, assignments: [{ brokerIds: [9] }] }]);
    await ask('to nobody', [{ name, count: 4, assignments: [{ brokerIds: [] }] }]);
    await ask('to two', [{ name, count: 4, assignments: [{ brokerIds: [1, 1] }] }]);
    await ask('of an unknown topic', [{ name: 'unknown', count: 4, assignments: null }]);
    await ask('twice', [
      { name, count: 5, assignments: null },
      { name, count: 6, assignments: null },
    ]);
    await ask('only validated', [{ name, count: 9, assignments: null }], { validateOnly: true });
    await ask('too many', [{ name, count: 20_000, assignments: null }], { validateOnly: true });
    await talk.ask(`after growing v${version}`, 'Metadata', 8, { topics: [{ name }], allowAutoTopicCreation: false });
  }
}

async function remove(talk: Conversation): Promise<void> {
  for (const version of versions('DeleteTopics', 1)) {
    const ask = (step: string, names: (string | null)[], ids: string[] = []): Promise<unknown> =>
      talk.ask(
        step,
        'DeleteTopics',
        version,
        version >= 6
          ? {
              topics: [
                ...names.map((name) => ({ name, topicId: ZERO_UUID })),
                ...ids.map((topicId) => ({ name: null, topicId })),
              ],
              ...TIMEOUT,
            }
          : { topicNames: names as string[], ...TIMEOUT },
      );
    const name = `delete-v${version}`;
    await talk.quietly('CreateTopics', 5, { topics: [simple(name), simple(`${name}-b`)], ...TIMEOUT });
    await ask('known and unknown', [name, 'unknown']);
    await ask('again', [name]);
    await ask('twice', [`${name}-b`, `${name}-b`]);
    await ask('named badly', ['bad name', '']);
    await ask('of nothing', []);
    if (version >= 6) {
      await ask('by an unknown id', [], [NO_ID]);
      await ask('by a zero id', [null]);
      const made = await talk.quietly('CreateTopics', 7, { topics: [simple('by-id')], ...TIMEOUT });
      const topicId = made.topics[0]?.topicId ?? '';
      await talk.ask('by name and id', 'DeleteTopics', 6, { topics: [{ name: 'by-id', topicId }], ...TIMEOUT });
      await talk.ask('by name and then id', 'DeleteTopics', 6, {
        topics: [
          { name: 'by-id', topicId: ZERO_UUID },
          { name: null, topicId },
        ],
        ...TIMEOUT,
      });
      await ask('by id', [], [topicId]);
    }
  }
}

async function run(talk: Conversation): Promise<void> {
  await talk.quietly('CreateTopics', 5, { topics: [simple('known', 3)], ...TIMEOUT });
  await talk.until(
    'Metadata',
    8,
    { topics: [{ name: 'known' }], allowAutoTopicCreation: false },
    ({ topics }) => topics[0]?.errorCode === 0,
  );
  await metadata(talk);
  await describeTopicPartitions(talk);
  await create(talk);
  await grow(talk);
  await remove(talk);
}

export const TOPICS: SharedScript = { name: 'topics', brokers: 1, run };
