/** Transactions of our clients against a node of core: what producers, consumers and the admin client make of it together. */
import test from 'ava';
import { Admin } from '../client/admin/admin.ts';
import { Consumer } from '../client/consumer/consumer.ts';
import type { KafkaError } from '../client/errors.ts';
import { Producer } from '../client/producer/producer.ts';
import { utf8 } from '../client/serializers.ts';
import { combinedNode } from './testing/combined-node.ts';

const SERVERS = { 'bootstrap.servers': 'n1:9092' };
const INPUT = [{ topic: 'in', partition: 0 }];

/** A combined node with the topics `in` and `out` of one partition. */
async function cluster(transactionVersion: number) {
  const properties = {
    'offsets.topic.num.partitions': 2,
    'transaction.state.log.num.partitions': 2,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
  };
  const { world, start } = combinedNode(properties, { transactionVersion });
  /** As after a crash of its process. */
  const restart = () => {
    world.process('n1').kill();
    start();
  };
  /** What became of it, as soon as it is known; 'open' after so many milliseconds. */
  async function outcome<T>(promise: Promise<T>, limitMs = 20_000): Promise<T | KafkaError | 'open'> {
    let end: T | KafkaError | 'open' = 'open';
    promise.then(
      (value) => (end = value),
      (error: KafkaError) => (end = error),
    );
    for (let leftMs = limitMs; end === 'open' && leftMs > 0; leftMs -= 5) {
      world.run(5);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return end;
  }
  const admin = new Admin(world.environment('admin'), SERVERS);
  await outcome(
    admin.createTopics([
      { name: 'in', numPartitions: 1 },
      { name: 'out', numPartitions: 1 },
    ]),
  );
  let clients = 0;
  const producer = (properties: Record<string, string | number> = {}) =>
    new Producer(
      world.environment(`p${++clients}`),
      { ...SERVERS, 'transactional.id': 't', ...properties },
      {
        valueSerializer: utf8.serialize,
      },
    );
  const plain = () => new Producer(world.environment(`p${++clients}`), SERVERS, { valueSerializer: utf8.serialize });
  const consumer = (properties: Record<string, string | number | boolean>) =>
    new Consumer(
      world.environment(`c${++clients}`),
      { ...SERVERS, 'auto.offset.reset': 'earliest', ...properties },
      {
        valueDeserializer: utf8.deserialize,
      },
    );
  /** Everything that a reader of this isolation sees of `out`, and where it stands then. */
  async function read(isolation: string): Promise<{ values: string; position: number }> {
    const reader = consumer({ 'isolation.level': isolation });
    const [partition] = [{ topic: 'out', partition: 0 }];
    reader.assign([partition]);
    const values: string[] = [];
    for (let poll = 0; poll < 3; poll++) {
      const records = await outcome(reader.poll(600));
      if (Array.isArray(records)) values.push(...records.map(({ value }) => value ?? ''));
    }
    const position = reader.positions()[0]?.offset ?? -1;
    await outcome(reader.close());
    return { values: values.join(''), position };
  }
  return { world, outcome, restart, admin, producer, plain, consumer, read };
}

for (const version of [1, 2]) {
  test(`transaction.version ${version}: committed records are read, aborted ones are passed, in their order`, async (t) => {
    const { outcome, producer, read, admin } = await cluster(version);
    const writer = producer();
    t.is(await outcome(writer.initTransactions()), undefined);
    for (const [value, commits] of [
      ['a', true],
      ['b', false],
      ['c', true],
    ] as const) {
      writer.beginTransaction();
      const sent = writer.send({ topic: 'out', value });
      t.like(await outcome(sent), { topic: 'out' });
      t.is(await outcome(commits ? writer.commitTransaction() : writer.abortTransaction()), undefined);
    }
    t.deepEqual(await read('read_committed'), { values: 'ac', position: 6 });
    t.deepEqual(await read('read_uncommitted'), { values: 'abc', position: 6 });
    t.like(await outcome(admin.describeTransactions(['t'])), { 0: { transactionalId: 't', coordinatorId: 1, partitions: [] } });
    // Each end by version 2 brings a new epoch (KIP-890).
    const described = (await outcome(admin.describeProducers([{ topic: 'out', partition: 0 }]))) as Awaited<
      ReturnType<Admin['describeProducers']>
    >;
    t.like(described[0]?.producers[0], { producerEpoch: version === 1 ? 0 : 3, currentTxnStartOffset: -1 });
  });

  test(`transaction.version ${version}: what is consumed and what is made of it are committed together`, async (t) => {
    const { outcome, producer, plain, consumer, read } = await cluster(version);
    const source = plain();
    for (const value of ['x', 'y']) await outcome(source.send({ topic: 'in', value }));
    const group = { 'group.id': 'g', 'enable.auto.commit': false, 'max.poll.records': 1 };
    const reader = consumer(group);
    reader.subscribe(['in']);
    const writer = producer();
    await outcome(writer.initTransactions());
    const step = async (commits: boolean) => {
      let records = await outcome(reader.poll(5_000));
      while (Array.isArray(records) && records.length === 0) records = await outcome(reader.poll(5_000));
      const [record] = records as Awaited<ReturnType<typeof reader.poll>>;
      const { value = '', offset = -1 } = record ?? {};
      writer.beginTransaction();
      void writer.send({ topic: 'out', value: value ?? '' });
      const offsets = [{ topic: 'in', partition: 0, offset: offset + 1 }];
      t.is(await outcome(writer.sendOffsetsToTransaction(offsets, reader.groupMetadata())), undefined);
      // Others wait until it is known what becomes of the offset.
      t.like(await outcome(reader.committed(INPUT, 300)), { errorName: 'REQUEST_TIMED_OUT' });
      t.is(await outcome(commits ? writer.commitTransaction() : writer.abortTransaction()), undefined);
    };
    await step(true);
    t.like(await outcome(reader.committed(INPUT)), { 0: { offset: 1 } });
    await step(false);
    t.like(await outcome(reader.committed(INPUT)), { 0: { offset: 1 } });
    // An abort does not take the consumer back: the application must (KAFKA-17582).
    t.is(reader.positions()[0]?.offset, 2);
    t.is((await read('read_committed')).values, 'x');
  });

  test(`transaction.version ${version}: a new producer of the id fences the one before and aborts what it left open`, async (t) => {
    const { outcome, producer, read } = await cluster(version);
    const old = producer();
    await outcome(old.initTransactions());
    old.beginTransaction();
    await outcome(old.send({ topic: 'out', value: 'a' }));
    const next = producer();
    t.is(await outcome(next.initTransactions()), undefined);
    next.beginTransaction();
    await outcome(next.send({ topic: 'out', value: 'b' }));
    t.is(await outcome(next.commitTransaction()), undefined);
    t.like(await outcome(old.commitTransaction()), { errorName: 'PRODUCER_FENCED', fatal: true });
    t.is((await read('read_committed')).values, 'b');
  });

  test(`transaction.version ${version}: a transaction that is open for too long is aborted, and cannot be committed`, async (t) => {
    for (const commits of [true, false]) {
      const { world, outcome, producer, read } = await cluster(version);
      const slow = producer({ 'transaction.timeout.ms': 1_000 });
      await outcome(slow.initTransactions());
      slow.beginTransaction();
      await outcome(slow.send({ topic: 'out', value: 'a' }));
      world.run(3_000);
      const ended = await outcome(commits ? slow.commitTransaction() : slow.abortTransaction());
      // By version 2 the coordinator takes the old epoch for a retry of the end that it made itself: an abort is done already.
      if (version === 2 && !commits) t.is(ended, undefined);
      else t.like(ended, { errorName: version === 2 ? 'INVALID_TXN_STATE' : 'PRODUCER_FENCED', fatal: true });
      t.is((await read('read_committed')).values, '');
    }
  });

  test(`transaction.version ${version}: the admin client sees an open transaction, and ends it in its partition`, async (t) => {
    const { outcome, producer, plain, admin, read } = await cluster(version);
    const writer = producer();
    await outcome(writer.initTransactions());
    writer.beginTransaction();
    await outcome(writer.send({ topic: 'out', value: 'a' }));
    await outcome(plain().send({ topic: 'out', value: 'b' }));
    t.is((await read('read_committed')).position, 0);
    const out = { topic: 'out', partition: 0 };
    t.like(await outcome(admin.listTransactions({ states: ['Ongoing'] })), { 0: { transactionalId: 't' }, length: 1 });
    t.deepEqual(await outcome(admin.listTransactions({ states: ['Empty'] })), []);
    t.like(await outcome(admin.describeTransactions(['t'])), { 0: { state: 'Ongoing', partitions: [out] } });
    const described = (await outcome(admin.describeProducers([out]))) as Awaited<ReturnType<Admin['describeProducers']>>;
    const open = described[0]?.producers.find(({ currentTxnStartOffset }) => currentTxnStartOffset === 0);
    if (open === undefined) throw new Error('no producer has an open transaction');
    const { producerId, producerEpoch } = open;
    // As kafka-transactions.sh: of a transaction that no coordinator has ended yet the epoch is 0.
    const aborted = admin.abortTransaction({
      ...out,
      producerId,
      producerEpoch,
      coordinatorEpoch: Math.max(0, open.coordinatorEpoch),
    });
    t.is(await outcome(aborted), undefined);
    t.is((await read('read_committed')).values, 'b');
  });
}

test('producers are fenced by name, and what they left open is aborted', async (t) => {
  const { outcome, producer, admin, read } = await cluster(2);
  const writer = producer();
  await outcome(writer.initTransactions());
  writer.beginTransaction();
  await outcome(writer.send({ topic: 'out', value: 'a' }));
  t.true((await outcome(admin.fenceProducers(['t']))) instanceof Map);
  t.like(await outcome(writer.commitTransaction()), { errorName: 'PRODUCER_FENCED', fatal: true });
  t.like(await read('read_committed'), { values: '', position: 2 });
});

test('a producer goes on by version 2 once it has heard that the cluster does, and what it had open is committed by version 1', async (t) => {
  const { world, outcome, producer, admin, read } = await cluster(1);
  const writer = producer({ 'connections.max.idle.ms': 2_000 });
  await outcome(writer.initTransactions());
  writer.beginTransaction();
  await outcome(writer.send({ topic: 'out', value: 'a' }));
  t.is(await outcome(admin.updateFeatures({ 'transaction.version': 2 })), undefined);
  // What it has connected to before has told it of version 1.
  t.is(await outcome(writer.commitTransaction()), undefined);
  const epoch = () => world.events('producer-transaction').at(-1)?.producerEpoch;
  t.is(epoch(), 0);
  world.run(3_000);
  writer.beginTransaction();
  await outcome(writer.send({ topic: 'out', value: 'b' }));
  t.is(await outcome(writer.commitTransaction()), undefined);
  t.is(epoch(), 1);
  for (const [value, commits] of [
    ['c', false],
    ['d', true],
  ] as const) {
    writer.beginTransaction();
    await outcome(writer.send({ topic: 'out', value }));
    t.is(await outcome(commits ? writer.commitTransaction() : writer.abortTransaction()), undefined);
  }
  t.is(epoch(), 3);
  t.is((await read('read_committed')).values, 'abd');
});

test('a commit outlives its node: it is asked for again, and all of the transaction is there', async (t) => {
  for (const version of [1, 2]) {
    const { world, outcome, producer, restart, read } = await cluster(version);
    const writer = producer();
    await outcome(writer.initTransactions());
    writer.beginTransaction();
    for (const value of ['a', 'b']) await outcome(writer.send({ topic: 'out', value }));
    const commit = writer.commitTransaction();
    world.runUntil(() => world.events('transaction-transition-begun').some(({ to }) => to === 'PrepareCommit'), 5_000);
    restart();
    t.is(await outcome(commit, 60_000), undefined);
    t.is((await read('read_committed')).values, 'ab');
  }
});
