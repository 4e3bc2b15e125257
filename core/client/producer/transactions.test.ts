import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import { readBatchHeader } from '../../protocol/records.ts';
import type { ApiName } from '../../protocol/messages/index.ts';
import { type ApiRanges, endingAt, RELEASE_APIS } from '../../rpc/api-versions.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import type { RarePath } from '../../rare-paths.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { KafkaError } from '../errors.ts';
import { utf8 } from '../serializers.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { Producer } from './producer.ts';

const GROUP = { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null };
const OFFSETS = [{ topic: 'orders', partition: 0, offset: 5, leaderEpoch: 2 }];
/** What belongs to no transaction. */
const AROUND: ReadonlySet<ApiName> = new Set<ApiName>(['ApiVersions', 'Metadata']);

function setUp(
  transactionVersion: number | null,
  properties: Record<string, string | number> = {},
  apis?: ApiRanges,
  rare?: RarePath,
) {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  broker.transactionVersion = transactionVersion;
  const all = { 'bootstrap.servers': 'b1:9092', 'transactional.id': 't', ...properties };
  const env = world.environment('p');
  const random = { stream: (name: string) => env.random.stream(name), sometimes: (site: RarePath) => site === rare };
  const producer = new Producer({ ...env, random }, all, { valueSerializer: utf8.serialize, apis });
  let now = 0;
  /** What became of it in so many milliseconds. */
  const within = async <T>(ms: number, promise: Promise<T>): Promise<T | KafkaError | 'open'> => {
    let end: T | KafkaError | 'open' = 'open';
    promise.then(
      (value) => (end = value),
      (error: KafkaError) => (end = error),
    );
    // Many steps, so that what follows in promises takes place.
    for (let left = ms; left > 0; left -= 50) {
      now += Math.min(left, 50);
      world.runTo(now);
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
    return end;
  };
  const begun = async () => {
    await within(1_000, producer.initTransactions());
    producer.beginTransaction();
  };
  return { world, broker, producer, within, begun };
}

function apisOf(broker: FakeBroker): string[] {
  return broker.requests.filter(({ api }) => !AROUND.has(api)).map(({ api, version }) => `${api} ${version}`);
}

/** Answers the first so many requests of an API with an error. */
function refuse<A extends ApiName>(broker: FakeBroker, api: A, answer: (request: IncomingRequest<A>) => void, times = 1): void {
  let left = times;
  broker.script = (request) => {
    if (request.api !== api || left-- <= 0) return false;
    answer(request as unknown as IncomingRequest<A>);
    return true;
  };
}

function errorOf(outcome: unknown): { name?: string; class?: string; fatal?: boolean } {
  const { errorName: name, errorClass, fatal } = outcome as KafkaError;
  return { name, class: errorClass, fatal };
}

test('the end of a transaction may come a second time, late: the producer goes on as if there were none', async (t) => {
  const { broker, producer, within, begun } = setUp(1, {}, undefined, 'client/producer/delayed-end');
  await begun();
  void producer.send({ topic: 'orders', value: 'a' });
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  producer.beginTransaction();
  void producer.send({ topic: 'orders', value: 'b' });
  await within(3_000, Promise.resolve());
  const ends = broker.requests.filter(({ api }) => api === 'EndTxn');
  t.is(ends.length, 2);
  t.deepEqual(ends[1]?.body, ends[0]?.body);
  t.is(await within(1_000, producer.commitTransaction()), undefined);
});

test('by version 1 the producer adds partitions and groups itself, and its epoch stays', async (t) => {
  const { broker, producer, within, begun } = setUp(1);
  await begun();
  const sent = producer.send({ topic: 'orders', value: 'a' });
  await within(4, Promise.resolve());
  t.is(await within(1_000, producer.sendOffsetsToTransaction(OFFSETS, GROUP)), undefined);
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.is((await sent).offset, 0);
  t.deepEqual(apisOf(broker), [
    'FindCoordinator 6',
    'InitProducerId 5',
    'AddPartitionsToTxn 3',
    'AddOffsetsToTxn 4',
    'FindCoordinator 6',
    'TxnOffsetCommit 4',
    'Produce 11',
    'EndTxn 4',
  ]);
  t.like(readBatchHeader(broker.batches[0] as Uint8Array), { isTransactional: true, producerId: 1000, producerEpoch: 0 });
  t.like(broker.of('EndTxn')[0]?.body, { transactionalId: 't', producerId: 1000, producerEpoch: 0, committed: true });
  t.like(broker.of('TxnOffsetCommit')[0]?.body, { generationIdOrMemberEpoch: 3, memberId: 'm', groupInstanceId: null });
  producer.beginTransaction();
  void producer.send({ topic: 'orders', value: 'b' });
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.like(readBatchHeader(broker.batches[1] as Uint8Array), { producerEpoch: 0, baseSequence: 1 });
});

test('a producer of a release that does not know version 2 goes by version 1, whatever the level of the cluster', async (t) => {
  const older = endingAt(RELEASE_APIS, { Produce: 11, EndTxn: 4, TxnOffsetCommit: 4 });
  const { broker, producer, within, begun } = setUp(2, {}, older);
  await begun();
  void producer.send({ topic: 'orders', value: 'a' });
  await within(4, Promise.resolve());
  t.is(await within(1_000, producer.sendOffsetsToTransaction(OFFSETS, GROUP)), undefined);
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.deepEqual(
    apisOf(broker).filter((api) => api.includes('Txn')),
    ['AddPartitionsToTxn 3', 'AddOffsetsToTxn 4', 'TxnOffsetCommit 4', 'EndTxn 4'],
  );
});

test('by version 2 brokers add partitions and groups, and each end brings a new epoch', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  void producer.send({ topic: 'orders', value: 'a' });
  await within(4, Promise.resolve());
  t.is(await within(1_000, producer.sendOffsetsToTransaction(OFFSETS, GROUP)), undefined);
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.deepEqual(apisOf(broker), [
    'FindCoordinator 6',
    'InitProducerId 5',
    'FindCoordinator 6',
    'TxnOffsetCommit 6',
    'Produce 13',
    'EndTxn 5',
  ]);
  producer.beginTransaction();
  void producer.send({ topic: 'orders', value: 'b' });
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.like(readBatchHeader(broker.batches[1] as Uint8Array), { producerEpoch: 1, baseSequence: 0 });
});

test('offsets of a topic that the producer does not know go by its name', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  t.is(await within(1_000, producer.sendOffsetsToTransaction([{ topic: 'other', partition: 1, offset: 1 }], GROUP)), undefined);
  t.is(broker.of('TxnOffsetCommit')[0]?.version, 5);
});

test('a transaction that nothing was added to ends without its coordinator', async (t) => {
  for (const version of [1, 2]) {
    const { broker, producer, within, begun } = setUp(version);
    await begun();
    t.is(await within(500, producer.commitTransaction()), undefined);
    producer.beginTransaction();
    t.is(await within(500, producer.abortTransaction()), undefined);
    t.deepEqual(broker.of('EndTxn'), []);
  }
});

test('an abort gives up what was not sent, waits for what was, and is told', async (t) => {
  const { broker, producer, within, begun } = setUp(2, { 'linger.ms': 10_000 });
  await begun();
  const lingering = producer.send({ topic: 'orders', value: 'a' });
  await within(500, Promise.resolve());
  t.is(await within(1_000, producer.abortTransaction()), undefined);
  t.like(errorOf(await within(50, lingering)), { name: 'TRANSACTION_ABORTED', fatal: false });
  t.deepEqual(broker.batches, []);
  // By version 2 the end must be told: nobody else knows whether a broker has added the partition.
  t.like(broker.of('EndTxn')[0]?.body, { committed: false });
});

test('a commit that is not answered in time goes on, and may be called again, but nothing else', async (t) => {
  const { broker, producer, within, begun } = setUp(1, { 'max.block.ms': 2_000, 'request.timeout.ms': 1_000 });
  await begun();
  void producer.send({ topic: 'orders', value: 'a' });
  let isHeld = true;
  broker.script = ({ api }) => isHeld && api === 'EndTxn';
  const first = (await within(3_000, producer.commitTransaction())) as KafkaError;
  t.like(errorOf(first), { name: 'REQUEST_TIMED_OUT', class: 'retriable', fatal: false });
  t.false(first.definite);
  t.like(errorOf(await within(50, producer.abortTransaction())), { name: 'ILLEGAL_STATE' });
  t.like(errorOf(await within(50, producer.send({ topic: 'orders', value: 'b' }))), { name: 'ILLEGAL_STATE' });
  isHeld = false;
  t.is(await within(3_000, producer.commitTransaction()), undefined);
  t.true(broker.of('EndTxn').every(({ body }) => body.committed && body.producerEpoch === 0));
  producer.beginTransaction();
  t.is(await within(500, producer.commitTransaction()), undefined);
});

test('a commit waits for records that wait for metadata, and takes no more', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  const held: IncomingRequest[] = [];
  broker.script = (request) => request.api === 'Metadata' && held.push(request) > 0;
  const sent = producer.send({ topic: 'orders', value: 'a' });
  const commit = producer.commitTransaction();
  t.is(await within(1_000, commit), 'open');
  t.like(errorOf(await within(50, producer.send({ topic: 'orders', value: 'b' }))), { name: 'ILLEGAL_STATE' });
  t.deepEqual(broker.of('EndTxn'), []);
  broker.script = () => false;
  for (const request of held) broker.answer(request);
  t.is(await within(1_000, commit), undefined);
  t.is((await sent).offset, 0);
  t.is(broker.of('EndTxn').length, 1);
});

test('a record that never gets its metadata makes the transaction one that can only be aborted', async (t) => {
  const { broker, producer, within, begun } = setUp(2, { 'max.block.ms': 500 });
  await begun();
  broker.script = ({ api }) => api === 'Metadata';
  const sent = producer.send({ topic: 'orders', value: 'a' });
  const commit = producer.commitTransaction();
  t.like(errorOf(await within(2_000, sent)), { name: 'REQUEST_TIMED_OUT' });
  t.not(await within(50, commit), undefined);
  t.like(errorOf(await within(50, producer.commitTransaction())), { name: 'TRANSACTION_ABORTABLE', class: 'abortable' });
  t.is(await within(500, producer.abortTransaction()), undefined);
  producer.beginTransaction();
  t.pass();
});

test('records after an abortable error are refused until the abort, and were never in the log', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  refuse(broker, 'Produce', (request) => broker.produce(request, ErrorCode.TRANSACTION_ABORTABLE));
  const refused = await within(500, producer.send({ topic: 'orders', value: 'a' }));
  t.like(errorOf(refused), { name: 'TRANSACTION_ABORTABLE', class: 'abortable', fatal: false });
  const later = (await within(50, producer.send({ topic: 'orders', value: 'b' }))) as KafkaError;
  t.true(later.definite);
  t.like(errorOf(await within(50, producer.commitTransaction())), { name: 'TRANSACTION_ABORTABLE', fatal: false });
  t.throws(() => producer.beginTransaction());
  t.is(await within(500, producer.abortTransaction()), undefined);
  t.like(broker.of('EndTxn')[0]?.body, { committed: false });
});

test('by version 1 the epoch is raised after an abort for an error, before the abort has ended (KIP-360)', async (t) => {
  const { broker, producer, within, begun } = setUp(1);
  await begun();
  refuse(broker, 'Produce', (request) => broker.produce(request, ErrorCode.TRANSACTION_ABORTABLE));
  await within(500, producer.send({ topic: 'orders', value: 'a' }));
  t.is(await within(500, producer.abortTransaction()), undefined);
  t.deepEqual(apisOf(broker).slice(-2), ['EndTxn 4', 'InitProducerId 5']);
  t.like(broker.of('InitProducerId')[1]?.body, { producerId: 1000, producerEpoch: 0 });
  producer.beginTransaction();
  void producer.send({ topic: 'orders', value: 'b' });
  t.is(await within(500, producer.commitTransaction()), undefined);
  t.like(readBatchHeader(broker.batches[0] as Uint8Array), { producerEpoch: 1, baseSequence: 0 });
});

test('a raise of transaction.version is taken up at the end of a transaction, with a new epoch', async (t) => {
  const { world, broker, producer, within, begun } = setUp(1, { 'connections.max.idle.ms': 2_000 });
  await begun();
  broker.transactionVersion = 2;
  broker.featuresEpoch = 2;
  // The next connection brings the news.
  await within(3_000, Promise.resolve());
  void producer.send({ topic: 'orders', value: 'a' });
  t.is(await within(500, producer.commitTransaction()), undefined);
  // As in Kafka, what is sent while the transaction ends is of the new version already, and the end itself of the old.
  t.deepEqual(apisOf(broker).slice(-4), ['AddPartitionsToTxn 3', 'Produce 13', 'EndTxn 4', 'InitProducerId 5']);
  producer.beginTransaction();
  void producer.send({ topic: 'orders', value: 'b' });
  t.is(await within(500, producer.commitTransaction()), undefined);
  t.deepEqual(apisOf(broker).slice(-2), ['Produce 13', 'EndTxn 5']);
  t.deepEqual(
    world.trace.flatMap(({ event }) => (event.type === 'producer-epoch-bumped' ? [event.producerEpoch] : [])),
    [1, 2],
  );
});

test('a fenced producer hears so of every call, and can only be closed', async (t) => {
  for (const code of [ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH]) {
    const { broker, producer, within, begun } = setUp(1);
    await begun();
    refuse(broker, 'EndTxn', (request) => request.respond({ errorCode: code }));
    void producer.send({ topic: 'orders', value: 'a' });
    const fenced = { name: 'PRODUCER_FENCED', class: 'application-recoverable', fatal: true };
    const commit = (await within(500, producer.commitTransaction())) as KafkaError;
    t.like(errorOf(commit), fenced);
    t.true(commit.definite);
    t.like(errorOf(await within(50, producer.abortTransaction())), fenced);
    t.like(errorOf(await within(50, producer.send({ topic: 'orders', value: 'b' }))), fenced);
    t.like(errorOf(await within(50, producer.initTransactions())), fenced);
    t.is(await within(200, producer.close()), undefined);
  }
});

test('a commit is of unknown fate once an attempt of it may have been taken', async (t) => {
  const { broker, producer, within, begun } = setUp(1);
  await begun();
  const answers = [ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.PRODUCER_FENCED];
  refuse(broker, 'EndTxn', (request) => request.respond({ errorCode: answers.shift() as number }), 2);
  void producer.send({ topic: 'orders', value: 'a' });
  const commit = (await within(1_000, producer.commitTransaction())) as KafkaError;
  t.like(errorOf(commit), { name: 'PRODUCER_FENCED', fatal: true });
  t.false(commit.definite);
});

test('a moved coordinator is looked for, and a transaction still completing is waited for a little', async (t) => {
  const { world, broker, producer, within, begun } = setUp(1);
  await begun();
  const answers = [ErrorCode.NOT_COORDINATOR, ErrorCode.CONCURRENT_TRANSACTIONS];
  const times: number[] = [];
  broker.script = (request) => {
    if (request.api !== 'AddPartitionsToTxn') return false;
    times.push(world.nowMs);
    const partitionErrorCode = answers.shift() ?? ErrorCode.NONE;
    const resultsByPartition = [{ partitionIndex: 0, partitionErrorCode }];
    (request as IncomingRequest<'AddPartitionsToTxn'>).respond({
      resultsByTopicV3AndBelow: [{ name: 'orders', resultsByPartition }],
    });
    return true;
  };
  void producer.send({ topic: 'orders', value: 'a' });
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.deepEqual(apisOf(broker).slice(2), [
    'AddPartitionsToTxn 3',
    'FindCoordinator 6',
    'AddPartitionsToTxn 3',
    'AddPartitionsToTxn 3',
    'Produce 11',
    'EndTxn 4',
  ]);
  const [first = 0, second = 0, third = 0] = times;
  t.true(second - first >= 100);
  t.is(third - second, 22);
});

test('offsets of one who is not the member any more are refused, and an abort helps', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  refuse(broker, 'TxnOffsetCommit', (request) => broker.txnOffsetCommit(request, ErrorCode.ILLEGAL_GENERATION));
  const refused = await within(500, producer.sendOffsetsToTransaction(OFFSETS, GROUP));
  t.like(errorOf(refused), { name: 'COMMIT_FAILED', fatal: false });
  t.like(errorOf(await within(50, producer.commitTransaction())), { name: 'COMMIT_FAILED', fatal: false });
  t.is(await within(500, producer.abortTransaction()), undefined);
  producer.beginTransaction();
  t.is(await within(500, producer.sendOffsetsToTransaction(OFFSETS, GROUP)), undefined);
});

test('offsets that the coordinator cannot take yet are sent again', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  const answers = [ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS];
  refuse(broker, 'TxnOffsetCommit', (request) => broker.txnOffsetCommit(request, answers.shift() as number), 2);
  t.is(await within(1_000, producer.sendOffsetsToTransaction(OFFSETS, GROUP)), undefined);
  t.deepEqual(apisOf(broker).slice(2), [
    'FindCoordinator 6',
    'TxnOffsetCommit 5',
    'FindCoordinator 6',
    'TxnOffsetCommit 5',
    'TxnOffsetCommit 5',
  ]);
});

test('a transactional id that may not be used can be tried again', async (t) => {
  const { broker, producer, within } = setUp(2);
  const code = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  refuse(broker, 'InitProducerId', (request) => request.respond({ errorCode: code }));
  const refused = await within(1_000, producer.initTransactions());
  t.like(errorOf(refused), { name: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', class: 'invalid-configuration', fatal: false });
  t.is(await within(1_000, producer.initTransactions()), undefined);
});

test('calls that do not fit the state change nothing', async (t) => {
  const { broker, producer, within } = setUp(2);
  const illegal = { name: 'ILLEGAL_STATE' };
  t.throws(() => producer.beginTransaction(), { message: /uninitialized/ });
  t.like(errorOf(await within(50, producer.send({ topic: 'orders', value: 'a' }))), illegal);
  t.is(await within(1_000, producer.initTransactions()), undefined);
  t.like(errorOf(await within(50, producer.initTransactions())), illegal);
  t.like(errorOf(await within(50, producer.commitTransaction())), illegal);
  t.like(errorOf(await within(50, producer.abortTransaction())), illegal);
  t.like(errorOf(await within(50, producer.sendOffsetsToTransaction(OFFSETS, GROUP))), illegal);
  t.like(errorOf(await within(50, producer.send({ topic: 'orders', value: 'a' }))), illegal);
  producer.beginTransaction();
  t.throws(() => producer.beginTransaction(), { message: /in-transaction/ });
  void producer.send({ topic: 'orders', value: 'b' });
  t.is(await within(500, producer.commitTransaction()), undefined);
  t.deepEqual(
    broker.batches.map((batch) => readBatchHeader(batch).recordCount),
    [1],
  );
});

test('a producer without transactional.id has no transactions', async (t) => {
  const world = new TestWorld();
  const producer = new Producer(world.environment('p'), { 'bootstrap.servers': 'b1:9092' });
  t.throws(() => producer.beginTransaction(), { message: /transactional.id/ });
  await t.throwsAsync(producer.commitTransaction(), { message: /transactional.id/ });
});

test('close aborts a transaction that is not being ended, and waits for one that is', async (t) => {
  for (const isCommitting of [false, true]) {
    const { broker, producer, within, begun } = setUp(2);
    await begun();
    void producer.send({ topic: 'orders', value: 'a' });
    if (isCommitting) void producer.commitTransaction();
    t.is(await within(1_000, producer.close()), undefined);
    t.deepEqual(
      broker.of('EndTxn').map(({ body }) => body.committed),
      [isCommitting],
    );
  }
});

test('records given up after they were sent leave an abort that raises the epoch, though they came late', async (t) => {
  const properties = { 'delivery.timeout.ms': 1_500, 'request.timeout.ms': 1_000, 'linger.ms': 0 };
  const { broker, producer, within, begun } = setUp(1, properties);
  await begun();
  broker.script = ({ api }) => api === 'Produce';
  const sent = producer.send({ topic: 'orders', value: 'a' });
  await within(1_200, Promise.resolve());
  // The batch is sent a second time, and the abort must wait for its end.
  const abort = producer.abortTransaction();
  t.is(await within(100, abort), 'open');
  t.is(await within(2_000, abort), undefined);
  t.like(errorOf(await within(50, sent)), { name: 'REQUEST_TIMED_OUT' });
  t.deepEqual(apisOf(broker).slice(-2), ['EndTxn 4', 'InitProducerId 5']);
  broker.script = () => false;
  producer.beginTransaction();
  void producer.send({ topic: 'orders', value: 'b' });
  t.is(await within(500, producer.commitTransaction()), undefined);
  t.like(readBatchHeader(broker.batches[0] as Uint8Array), { producerEpoch: 1, baseSequence: 0 });
});

/** Two batches under way; the first is answered so, the second that it is out of order, and what is sent after that is taken. */
async function twoBatches(first: number) {
  const { broker, producer, within, begun } = setUp(2, { 'batch.size': 10, 'linger.ms': 0 });
  await begun();
  const answers = [first, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER];
  refuse(broker, 'Produce', (request) => broker.produce(request, answers.shift() as number), 2);
  const sends = ['a', 'b'].map((value) => producer.send({ topic: 'orders', value: value.repeat(20) }));
  const [, second] = sends as [Promise<unknown>, Promise<unknown>];
  const outcome = await within(1_000, second);
  const aborted = await within(1_000, producer.abortTransaction());
  return { broker, outcome, aborted };
}

test('the batch after a refused one takes its place in the sequence, so that the abort need not wait for its time to be over', async (t) => {
  const { broker, outcome, aborted } = await twoBatches(ErrorCode.RECORD_LIST_TOO_LARGE);
  t.like(outcome, { offset: 0 });
  t.like(readBatchHeader(broker.batches[0] as Uint8Array), { baseSequence: 0 });
  t.is(aborted, undefined);
});

test('the batch after one that may have been written does not take its place: it fails', async (t) => {
  const { broker, outcome, aborted } = await twoBatches(ErrorCode.UNKNOWN_SERVER_ERROR);
  t.like(errorOf(outcome), { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
  t.deepEqual(broker.batches, []);
  t.is(aborted, undefined);
});

test('the end of a transaction may be asked for twice: the second answer counts', async (t) => {
  const { broker, producer, within, begun } = setUp(2);
  await begun();
  let lost = true;
  broker.script = (request) => {
    if (request.api !== 'EndTxn' || !lost) return false;
    lost = false;
    // As a coordinator that moved before it could answer.
    (request as IncomingRequest<'EndTxn'>).respond({ errorCode: ErrorCode.NOT_COORDINATOR });
    return true;
  };
  void producer.send({ topic: 'orders', value: 'a' });
  t.is(await within(1_000, producer.commitTransaction()), undefined);
  t.deepEqual(
    broker.of('EndTxn').map(({ body }) => body.producerEpoch),
    [0, 0],
  );
});
