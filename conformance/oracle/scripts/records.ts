/** Records written and read: Produce, Fetch with its sessions, ListOffsets, OffsetForLeaderEpoch, DeleteRecords, producers. */
import { type BatchOptions, encodeBatch, type RecordInput } from '../../../core/protocol/records.ts';
import { crc32c } from '../../../core/protocol/crc32c.ts';
import type { ResponseTypes } from '../../../core/protocol/messages/index.ts';
import { ZERO_UUID } from '../../../core/protocol/uuid.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

const EARLY = 1_600_000_000_000;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
/** What Produce and Fetch call topics by from here on. */
const TOPIC_IDS = 13;

const bytes = (text: string): Uint8Array => Buffer.from(text);

function records(count: number, timestamp = EARLY): RecordInput[] {
  return Array.from({ length: count }, (_, index) => ({
    key: index % 2 === 0 ? bytes(`key-${index}`) : null,
    value: bytes(`value-${index}`),
    timestamp: timestamp + index,
    headers:
      index === 0
        ? [
            { key: 'header', value: bytes('h') },
            { key: 'none', value: null },
          ]
        : [],
  }));
}

const batch = (count: number, options: BatchOptions = {}, timestamp = EARLY): Uint8Array =>
  encodeBatch(records(count, timestamp), options);

/** The batch with some bytes of its head changed, and its CRC made right again. */
function altered(source: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(source);
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(17, crc32c(copy, 21, copy.length) >>> 0);
  return copy;
}

function together(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

class Records {
  readonly #talk: Conversation;
  readonly #ids = new Map([['zero', ZERO_UUID]]);

  constructor(talk: Conversation) {
    this.#talk = talk;
  }

  async topic(name: string, configs: Record<string, string> = {}, numPartitions = 1): Promise<void> {
    const all = { 'retention.ms': '-1', ...configs };
    const topic = {
      name,
      numPartitions,
      replicationFactor: 1,
      configs: Object.entries(all).map(([key, value]) => ({ name: key, value })),
    };
    const made = await this.#talk.quietly('CreateTopics', 7, { topics: [topic], timeoutMs: 10_000 });
    if (made.topics[0]?.errorCode !== 0) throw new Error(`${name} was not made: ${made.topics[0]?.errorMessage}`);
    this.#ids.set(name, made.topics[0].topicId);
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    // Metadata may tell of a leader before it is one.
    await this.#talk.until('ListOffsets', 1, { replicaId: -1, topics: [{ name, partitions }] }, ({ topics }) =>
      (topics[0]?.partitions ?? []).every(({ errorCode }) => errorCode === 0),
    );
  }

  id(name: string): string {
    return this.#ids.get(name) ?? NO_TOPIC_ID;
  }

  produce(
    step: string,
    name: string,
    data: Uint8Array | null,
    more: { version?: number; acks?: number; index?: number; transactionalId?: string } = {},
  ): Promise<ResponseTypes['Produce'] | null> {
    const { version = 9, acks = -1, index = 0, transactionalId = null } = more;
    return this.#talk.ask(step, 'Produce', version, {
      transactionalId,
      acks,
      timeoutMs: 5_000,
      topicData: [
        { ...(version >= TOPIC_IDS ? { topicId: this.id(name) } : { name }), partitionData: [{ index, records: data }] },
      ],
    });
  }

  offset(step: string, name: string, timestamp: number, version: number): Promise<unknown> {
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp }] }];
    return this.#talk.ask(step, 'ListOffsets', version, { replicaId: -1, topics });
  }

  fetch(
    step: string,
    name: string,
    fetchOffset: number,
    more: { version?: number; partition?: object; index?: number; [field: string]: unknown } = {},
  ): Promise<ResponseTypes['Fetch'] | null> {
    const { version = 11, partition = {}, index = 0, ...fields } = more;
    const topic = version >= TOPIC_IDS ? { topicId: this.id(name) } : { topic: name };
    return this.#talk.ask(step, 'Fetch', version, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      sessionEpoch: -1,
      topics: [{ ...topic, partitions: [{ partition: index, fetchOffset, partitionMaxBytes: 1 << 20, ...partition }] }],
      ...fields,
    });
  }
}

async function produce(talk: Conversation, on: Records): Promise<void> {
  for (const version of versions('Produce', 3)) {
    const topic = `produce-v${version}`;
    await on.topic(topic, {}, 3);
    await on.produce('two records', topic, batch(2), { version });
    await on.produce('acks 1', topic, batch(1), { version, acks: 1 });
    await on.produce('unknown topic', 'no-such-topic', batch(1), { version });
    await on.produce('unknown partition', topic, batch(1), { version, index: 7 });
    if (version >= TOPIC_IDS) await on.produce('zero topic id', 'zero', batch(1), { version });
    await on.produce('acks 2', topic, batch(1), { version, acks: 2 });
    await on.produce('empty records', topic, new Uint8Array(0), { version });
    await on.produce('wrong CRC', topic, together(batch(1).subarray(0, -1), new Uint8Array([7])), { version });
    await on.produce('two batches', topic, together(batch(1), batch(1)), { version });
    await on.produce(
      'transactional',
      topic,
      batch(1, { isTransactional: true, producerId: 9, producerEpoch: 0, baseSequence: 0 }),
      { version, index: 2, transactionalId: 'tx' },
    );
    await on.produce('zstd', topic, batch(1, { compression: 'zstd' }), { version, index: 1 });
  }
  await on.topic('produce');
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const)
    await on.produce(compression, 'produce', batch(3, { compression }));
  const refused: readonly (readonly [string, Uint8Array])[] = [
    ['magic 1', altered(batch(1), (view) => view.setInt8(16, 1))],
    ['magic 3', altered(batch(1), (view) => view.setInt8(16, 3))],
    ['control', batch(1, { isControl: true })],
    ['an unknown compression', altered(batch(1), (view) => view.setInt16(21, 7))],
    ['a count too large', altered(batch(1), (view) => view.setInt32(57, 2))],
    ['a count of 0', altered(batch(1), (view) => view.setInt32(57, 0))],
    ['a last offset delta that is too large', altered(batch(1), (view) => view.setInt32(23, 5))],
    ['a base offset', batch(1, { baseOffset: 100 })],
    ['a leader epoch', batch(1, { leaderEpoch: 9 })],
    ['append time', batch(1, { timestampType: 'append' })],
    ['a max timestamp that is wrong', altered(batch(1), (view) => view.setBigInt64(35, BigInt(EARLY + 99)))],
    ['garbage', bytes('this is no record batch at all, but it is long enough to be taken for one, one might think')],
    ['few bytes', bytes('abc')],
    ['a truncated batch', batch(1).subarray(0, -3)],
    ['a batch and some bytes', together(batch(1), bytes('abc'))],
    ['transactional without an id', batch(1, { isTransactional: true, producerId: 9, producerEpoch: 0, baseSequence: 0 })],
    ['a producer id without an epoch', batch(1, { producerId: 9 })],
    ['a negative epoch', batch(1, { producerId: 9, producerEpoch: -2, baseSequence: 0 })],
    ['a timestamp of long ago', batch(1, {}, 5)],
    ['a timestamp of none', batch(1, {}, -1)],
    ['a timestamp far ahead', batch(1, {}, Date.now() + 50 * 3_600_000)],
  ];
  await on.topic('odd', {}, refused.length);
  for (const [index, [step, data]] of refused.entries()) {
    await on.produce(step, 'odd', data, { index });
    // A producer id of nobody would shift the names of all later ones.
    if (!step.startsWith('transactional')) await on.fetch(`of ${step}`, 'odd', 0, { index });
  }
  await on.fetch('everything produced', 'produce', 0);
  const wire = await talk.connect();
  for (const [step, name] of [
    ['good', 'produce'],
    ['bad', 'no-such-topic'],
  ] as const) {
    wire.send('Produce', 9, {
      transactionalId: null,
      acks: 0,
      timeoutMs: 1_000,
      topicData: [{ name, partitionData: [{ index: 0, records: batch(1) }] }],
    });
    talk.record(
      `Produce without acks, ${step}: the next answer`,
      await wire.call('ListOffsets', 5, {
        replicaId: -1,
        topics: [{ name: 'produce', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
      }),
    );
  }
  wire.close();
}

async function configured(on: Records): Promise<void> {
  await on.topic('small', { 'max.message.bytes': '200' });
  await on.produce('too large', 'small', batch(30));
  await on.produce('just small enough', 'small', batch(1));
  await on.topic('append-time', { 'message.timestamp.type': 'LogAppendTime' });
  await on.produce('dated by the log', 'append-time', batch(2));
  await on.fetch('dated by the log', 'append-time', 0);
  await on.produce('dated by the log, it says', 'append-time', batch(1, { timestampType: 'append' }));
  await on.produce('dated by nobody', 'append-time', batch(1, {}, -1));
  await on.fetch('dated by the log, all', 'append-time', 0);
  await rewritten(on);
  await decompressed(on);
  await on.topic('dated', { 'message.timestamp.before.max.ms': '3600000', 'message.timestamp.after.max.ms': '3600000' });
  await on.produce('too early', 'dated', batch(2));
  await on.produce('too late', 'dated', batch(2, {}, Date.now() + 7_200_000));
  await on.topic('min-isr', { 'min.insync.replicas': '2' });
  await on.produce('fewer in sync than asked for', 'min-isr', batch(1));
  await on.produce('acks 1 with fewer in sync', 'min-isr', batch(1), { acks: 1 });
  await on.topic('compacted', { 'cleanup.policy': 'compact' });
  await on.produce('no key in a compacted topic', 'compacted', batch(3));
  await on.produce('keys in a compacted topic', 'compacted', batch(1));
  await on.produce('to the offsets topic', '__consumer_offsets', batch(1));
}

/** What a log writes otherwise than it was sent. */
async function rewritten(on: Records): Promise<void> {
  for (const type of ['gzip', 'uncompressed'] as const) {
    const name = `stored-as-${type}`;
    await on.topic(name, { 'compression.type': type });
    const producer = { producerId: 4_000_000, producerEpoch: 3 };
    await on.produce(`plain, ${type}`, name, batch(3, { ...producer, baseSequence: 0 }));
    await on.produce(`packed, ${type}`, name, batch(3, { ...producer, baseSequence: 3, compression: 'zstd' }));
    await on.produce(`a duplicate, ${type}`, name, batch(3, { ...producer, baseSequence: 0 }));
    await on.produce(`undated, ${type}`, name, undated(batch(2, {}, -1)));
    await on.fetch(`everything, ${type}`, name, 0);
  }
  const dated = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'gzip' };
  await on.topic('stored-and-dated', dated);
  await on.produce('plain, stored and dated', 'stored-and-dated', batch(2, {}, Date.now() - 5_000));
  await on.fetch('plain, stored and dated', 'stored-and-dated', 0);
  await on.topic('undated');
  await on.produce('undated, plain', 'undated', undated(batch(2, {}, -1)));
  await on.produce('undated, packed', 'undated', undated(batch(2, { compression: 'gzip' }, -1)));
  await on.produce('undated, by the log it says', 'undated', batch(2, { timestampType: 'append' }, -1));
  await on.fetch('undated', 'undated', 0);
  for (const version of [7, 8, 9]) await on.offset('the latest timestamp where there is none', 'undated', -3, version);
}

/** How large a record may become when it is unpacked: each for itself, and only if it was packed. */
async function decompressed(on: Records): Promise<void> {
  await on.topic('unpacked', { 'max.decompressed.message.bytes': '1000' });
  const of = (...sizes: number[]): RecordInput[] =>
    sizes.map((size) => ({ key: null, value: new Uint8Array(size), timestamp: EARLY }));
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await on.produce(`unpacked, small ones, ${compression}`, 'unpacked', encodeBatch(of(900, 900, 900), { compression }));
    await on.produce(`unpacked, one that is large, ${compression}`, 'unpacked', encodeBatch(of(5, 1_200), { compression }));
  }
  await on.produce('unpacked, one that is large, in the clear', 'unpacked', encodeBatch(of(5, 1_200)));
  for (const size of [980, 990, 991, 992, 993, 994, 995, 996, 1_000])
    await on.produce(`unpacked, a value of ${size} bytes`, 'unpacked', encodeBatch(of(size), { compression: 'gzip' }));
}

/** As librdkafka writes the header of records without a timestamp. */
const undated = (source: Uint8Array): Uint8Array => altered(source, (view) => view.setBigInt64(35, 0n));

async function idempotence(talk: Conversation, on: Records): Promise<void> {
  await on.topic('idempotent');
  const plain = { transactionalId: null, transactionTimeoutMs: 1_000 };
  await talk.until('InitProducerId', 0, plain, ({ errorCode }) => errorCode === 0);
  for (const version of versions('InitProducerId', 0))
    await talk.ask('plain', 'InitProducerId', version, { transactionalId: null, transactionTimeoutMs: 1_000 });
  await talk.ask('with an id that is known', 'InitProducerId', 3, {
    transactionalId: null,
    transactionTimeoutMs: 1_000,
    producerId: 5,
    producerEpoch: 0,
  });
  for (const version of versions('InitProducerId', 3))
    for (const half of [{ producerId: 5 }, { producerEpoch: 0 }])
      await talk.ask(`with ${Object.keys(half).join()} only`, 'InitProducerId', version, {
        transactionalId: null,
        transactionTimeoutMs: 1_000,
        ...half,
      });
  const { producerId } = await talk.quietly('InitProducerId', 3, { transactionalId: null, transactionTimeoutMs: 1_000 });
  const send = (step: string, baseSequence: number, count = 1, producerEpoch = 0, id = producerId): Promise<unknown> =>
    on.produce(step, 'idempotent', batch(count, { producerId: id, producerEpoch, baseSequence }));
  await send('first', 0, 2);
  await send('the same again', 0, 2);
  await send('next', 2, 3);
  await send('an older duplicate', 0, 2);
  await send('a gap', 9);
  await send('a part of a duplicate', 2, 1);
  await send('third', 5);
  await send('fourth', 6);
  await send('fifth', 7);
  await send('sixth', 8);
  await send('a duplicate of long ago', 0, 2);
  await send('a newer epoch in mid-sequence', 9, 1, 1);
  await send('a newer epoch', 0, 1, 1);
  await send('an older epoch', 10, 1, 0);
  await send('a producer nobody knows, in mid-sequence', 5, 1, 0, 4242);
  await send('a producer nobody knows, from the start', 0, 1, 3, 4243);
  await send('no sequence', -1, 1, 0);
  await talk.ask('known', 'DescribeProducers', 0, {
    topics: [
      { name: 'idempotent', partitionIndexes: [0, 5] },
      { name: 'no-such-topic', partitionIndexes: [0] },
      { name: 'bad name', partitionIndexes: [0] },
    ],
  });
  await on.fetch('everything idempotent', 'idempotent', 0);
}

async function fetch(talk: Conversation, on: Records): Promise<void> {
  await on.topic('fetch', {}, 2);
  for (let index = 0; index < 4; index++)
    await talk.quietly('Produce', 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 5_000,
      topicData: [{ name: 'fetch', partitionData: [{ index: 0, records: batch(5) }] }],
    });
  for (const version of versions('Fetch', 4)) {
    await on.fetch('from the start', 'fetch', 0, { version });
    await on.fetch('from the middle of a batch', 'fetch', 7, { version });
    await on.fetch('at the end', 'fetch', 20, { version });
    await on.fetch('out of range', 'fetch', 21, { version });
    await on.fetch('negative', 'fetch', -1, { version });
    await on.fetch('unknown topic', 'no-such-topic', 0, { version });
    await on.fetch('unknown partition', 'fetch', 0, { version, index: 9 });
    await on.fetch('read committed', 'fetch', 0, { version, isolationLevel: 1 });
    await on.fetch('unknown isolation', 'fetch', 0, { version, isolationLevel: 2 });
    await on.fetch('with few bytes', 'fetch', 0, { version, partition: { partitionMaxBytes: 1 } });
    await on.fetch('with few bytes in all', 'fetch', 0, { version, maxBytes: 1 });
    await on.fetch('of two batches', 'fetch', 0, { version, partition: { partitionMaxBytes: batch(5).length * 2 } });
    if (version < 15) await on.fetch('as a replica that is unknown', 'fetch', 0, { version, replicaId: 7 });
    if (version >= 9) {
      await on.fetch('leader epoch', 'fetch', 0, { version, partition: { currentLeaderEpoch: 0 } });
      await on.fetch('leader epoch ahead', 'fetch', 0, { version, partition: { currentLeaderEpoch: 7 } });
    }
    if (version >= 12) {
      await on.fetch('diverging', 'fetch', 20, { version, partition: { lastFetchedEpoch: 5, currentLeaderEpoch: 0 } });
      await on.fetch('with a cluster id', 'fetch', 20, { version, clusterId: 'other' });
    }
  }
  await on.fetch('waiting in vain', 'fetch', 20, { version: 12, minBytes: 1, maxWaitMs: 50 });
}

async function sessions(talk: Conversation, on: Records): Promise<void> {
  for (const version of [7, 12, 16]) {
    const topic = version >= TOPIC_IDS ? { topicId: on.id('fetch') } : { topic: 'fetch' };
    const other = version >= TOPIC_IDS ? { topicId: NO_TOPIC_ID } : { topic: 'nothing' };
    const ask = (
      step: string,
      sessionId: number,
      sessionEpoch: number,
      topics: object[],
      forgotten: object[] = [],
    ): Promise<ResponseTypes['Fetch'] | null> =>
      talk.ask(`session: ${step}`, 'Fetch', version, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1 << 20,
        sessionId,
        sessionEpoch,
        topics: topics as [],
        forgottenTopicsData: forgotten as [],
      });
    const at = (partition: number, fetchOffset: number): object => ({
      ...topic,
      partitions: [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }],
    });
    const id = (await ask('made', 0, 0, [at(0, 20), at(1, 0)]))?.sessionId ?? 0;
    await ask('nothing new', id, 1, []);
    await ask('an update', id, 2, [at(0, 15)]);
    await ask('the next', id, 3, []);
    await ask('a wrong epoch', id, 9, []);
    await ask('after a wrong epoch', id, 4, [at(0, 20)]);
    await ask('forgetting', id, 5, [], [{ ...topic, partitions: [0] }]);
    await ask('after forgetting', id, 6, []);
    await ask('an unknown topic', id, 7, [{ ...other, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] }]);
    await ask('with an unknown topic', id, 8, []);
    await ask('out of range', id, 9, [at(1, 5)]);
    await ask('still out of range', id, 10, []);
    await ask('forgetting an unknown topic', id, 11, [], [{ ...other, partitions: [0] }]);
    await ask('of no such id', 123_456, 1, []);
    await ask('made anew', id, 0, [at(0, 20)]);
    await ask('ended', id, -1, []);
    await ask('after its end', id, 12, []);
    await ask('of a negative id', -5, 0, [at(0, 20)]);
    if (version === 12)
      await talk.ask('session: of version 12 seen by version 13', 'Fetch', 13, {
        maxWaitMs: 0,
        minBytes: 0,
        sessionId: (await ask('one more', 0, 0, [at(0, 20)]))?.sessionId ?? 0,
        sessionEpoch: 1,
        topics: [],
      });
  }
}

async function offsets(talk: Conversation, on: Records): Promise<void> {
  await on.topic('offsets');
  for (const timestamp of [EARLY, EARLY + 1000, EARLY + 500])
    await on.produce(`dated ${timestamp - EARLY}`, 'offsets', batch(3, {}, timestamp));
  for (const version of versions('ListOffsets', 1)) {
    const ask = (step: string, timestamp: number, more: object = {}, name = 'offsets', fields: object = {}): Promise<unknown> =>
      talk.ask(step, 'ListOffsets', version, {
        replicaId: -1,
        topics: [
          { name, partitions: [{ partitionIndex: 0, timestamp, ...(version >= 4 ? { currentLeaderEpoch: -1 } : {}), ...more }] },
        ],
        ...fields,
      });
    await ask('earliest', -2);
    await ask('latest', -1);
    await ask('max timestamp', -3);
    await ask('earliest local', -4);
    await ask('latest tiered', -5);
    await ask('earliest pending upload', -6);
    await ask('no such time', -99);
    await ask('at 0', 0);
    await ask('at the start', EARLY);
    await ask('between', EARLY + 600);
    await ask('after the end', EARLY + 99_999);
    await ask('unknown topic', -1, {}, 'no-such-topic');
    await ask('unknown partition', -1, { partitionIndex: 9 });
    if (version >= 2) await ask('read committed', -1, {}, 'offsets', { isolationLevel: 1 });
    if (version >= 4) {
      await ask('leader epoch', -1, { currentLeaderEpoch: 0 });
      await ask('leader epoch ahead', -1, { currentLeaderEpoch: 3 });
    }
  }
  await talk.ask('twice', 'ListOffsets', 5, {
    replicaId: -1,
    topics: [{ name: 'offsets', partitions: [0, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })) }],
  });
  await on.topic('nothing-in-it');
  for (const timestamp of [-2, -1, -3, 0])
    await talk.ask(`empty, ${timestamp}`, 'ListOffsets', 7, {
      replicaId: -1,
      topics: [{ name: 'nothing-in-it', partitions: [{ partitionIndex: 0, timestamp }] }],
    });
  for (const version of versions('OffsetForLeaderEpoch', 2)) {
    for (const [step, leaderEpoch, currentLeaderEpoch, topic, partition] of [
      ['its epoch', 0, -1, 'offsets', 0],
      ['a later epoch', 3, -1, 'offsets', 0],
      ['no epoch', -1, -1, 'offsets', 0],
      ['current', 0, 0, 'offsets', 0],
      ['current ahead', 0, 4, 'offsets', 0],
      ['empty', 0, -1, 'nothing-in-it', 0],
      ['unknown topic', 0, -1, 'no-such-topic', 0],
      ['unknown partition', 0, -1, 'offsets', 9],
    ] as const) {
      await talk.ask(step, 'OffsetForLeaderEpoch', version, {
        ...(version >= 3 ? { replicaId: -1 } : {}),
        topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
      });
    }
  }
}

async function deletion(talk: Conversation, on: Records): Promise<void> {
  for (const version of versions('DeleteRecords', 0)) {
    const ask = (step: string, name: string, offset: number, partitionIndex = 0): Promise<unknown> =>
      talk.ask(step, 'DeleteRecords', version, {
        topics: [{ name, partitions: [{ partitionIndex, offset }] }],
        timeoutMs: 2_000,
      });
    await ask('some', 'offsets', 2 + version);
    await ask('fewer than before', 'offsets', 1);
    await ask('too many', 'offsets', 100);
    await ask('negative', 'offsets', -2);
    await ask('unknown topic', 'no-such-topic', 1);
    await ask('unknown partition', 'offsets', 1, 9);
    await ask('compacted', 'compacted', 1);
    await ask('internal', '__consumer_offsets', 1);
  }
  await talk.ask('all there is', 'DeleteRecords', 2, {
    topics: [{ name: 'offsets', partitions: [{ partitionIndex: 0, offset: -1 }] }],
    timeoutMs: 2_000,
  });
  await on.fetch('what was deleted', 'offsets', 3);
  await talk.ask('earliest after deletion', 'ListOffsets', 7, {
    replicaId: -1,
    topics: [{ name: 'offsets', partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
  });
}

async function run(talk: Conversation): Promise<void> {
  const on = new Records(talk);
  await produce(talk, on);
  await configured(on);
  await idempotence(talk, on);
  await fetch(talk, on);
  await sessions(talk, on);
  await offsets(talk, on);
  await deletion(talk, on);
}

export const RECORDS: SharedScript = { name: 'records', brokers: 1, run };
