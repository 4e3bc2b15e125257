/** What producers are answered, by state and epoch; what becomes of their transactions. Transcribed from Kafka's rules, not from the code. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { TransactionBench } from './testing/transaction-bench.ts';

const { NONE, CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE, PRODUCER_FENCED } = ErrorCode;
/** The last epoch that producers use. */
const LAST_EPOCH = 32_766;

const ofEpoch = (producerEpoch: number, producerId = 1_000) => ({ producerId, producerEpoch });

/** A bench with a producer, 1000 in epoch 0; `open`: with an open transaction over t-0 and t-1. */
function begun(version: 0 | 1 | 2, isOpen = true): TransactionBench {
  const bench = new TransactionBench();
  bench.transactionVersion = version;
  bench.init();
  if (isOpen) bench.add(ofEpoch(0), [0, 1], version === 2 ? 2 : 0);
  return bench;
}

test('a transactional id gets a producer id, and the next epoch each time a producer begins', (t) => {
  const bench = new TransactionBench();
  t.deepEqual(bench.init().answer, { error: NONE, ...ofEpoch(0) });
  t.deepEqual(bench.init().answer, { error: NONE, ...ofEpoch(1) });
  t.deepEqual(bench.init(null, 'other').answer, { error: NONE, ...ofEpoch(0, 1_001) });
  t.deepEqual(bench.transitions(), [
    'Empty>Empty init-producer-id',
    'Empty>Empty init-producer-id',
    'Empty>Empty init-producer-id',
  ]);
  bench.nextProducerId = null;
  t.is(bench.init(null, 'third').answer.error, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  t.is(bench.known('third'), undefined);
});

test('what is no transactional id, or no time-out', (t) => {
  const bench = new TransactionBench();
  t.deepEqual(bench.init(null, '').answer, { error: ErrorCode.INVALID_REQUEST, ...ofEpoch(-1, -1) });
  t.is(bench.init(null, 'tx', 0).answer.error, ErrorCode.INVALID_TRANSACTION_TIMEOUT);
  t.is(bench.init(null, 'tx', 900_001).answer.error, ErrorCode.INVALID_TRANSACTION_TIMEOUT);
  t.is(bench.init(null, 'tx', 900_000).answer.error, NONE);
  t.is(bench.add(ofEpoch(0), [0], 0, '').answer, ErrorCode.INVALID_REQUEST);
  t.is(bench.end(ofEpoch(0), true, 0, '').answer.error, ErrorCode.INVALID_REQUEST);
  t.is(bench.add(ofEpoch(0), [0], 0, 'nobody').answer, INVALID_PRODUCER_ID_MAPPING);
  t.is(bench.end(ofEpoch(0), true, 0, 'nobody').answer.error, INVALID_PRODUCER_ID_MAPPING);
});

test('a producer goes on with the epoch that it has, also when the answer was lost; another is fenced (KIP-360)', (t) => {
  const bench = begun(2, false);
  t.deepEqual(bench.init(ofEpoch(0)).answer, { error: NONE, ...ofEpoch(1) });
  t.deepEqual(bench.init(ofEpoch(0)).answer, { error: NONE, ...ofEpoch(1) }, 'asked again');
  t.is(bench.init(ofEpoch(0, 999)).answer.error, PRODUCER_FENCED);
  t.deepEqual(bench.init(ofEpoch(1)).answer, { error: NONE, ...ofEpoch(2) });
  t.is(bench.init(ofEpoch(0)).answer.error, PRODUCER_FENCED, 'two epochs back');
  t.deepEqual(bench.init().answer, { error: NONE, ...ofEpoch(3) }, 'another producer');
  t.is(bench.init(ofEpoch(2)).answer.error, PRODUCER_FENCED, 'and the one before');
});

test('which epoch the producer had before is in no record: a load forgets it', (t) => {
  const bench = begun(2, false);
  bench.init(ofEpoch(0));
  bench.fail('b2', true);
  bench.pass(0);
  t.is(bench.init(ofEpoch(0)).answer.error, PRODUCER_FENCED);
});

test('epochs that are used up: another producer id, which a producer whose answer was lost may ask for again', (t) => {
  const bench = new TransactionBench();
  bench.load('tx', { state: 'CompleteCommit', producerEpoch: LAST_EPOCH, startMs: 1 });
  t.is(bench.init(ofEpoch(LAST_EPOCH - 1, 500)).answer.error, ErrorCode.UNKNOWN_SERVER_ERROR, 'Kafka has no epoch for it');
  t.deepEqual(bench.init(ofEpoch(LAST_EPOCH, 500)).answer, { error: NONE, ...ofEpoch(0) });
  t.deepEqual(bench.init(ofEpoch(LAST_EPOCH, 500)).answer, { error: NONE, ...ofEpoch(0) });
  t.is(bench.init(ofEpoch(LAST_EPOCH - 1, 500)).answer.error, PRODUCER_FENCED);
  bench.load('tx', { state: 'Empty', producerEpoch: LAST_EPOCH });
  t.deepEqual(bench.init().answer, { error: NONE, ...ofEpoch(0, 1_001) });
  bench.load('tx', { state: 'Empty', producerEpoch: LAST_EPOCH });
  bench.nextProducerId = null;
  t.is(bench.init().answer.error, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
});

for (const version of [0, 1, 2] as const) {
  test(`whoever begins while a transaction is open has it aborted, and comes back (transaction.version ${version})`, (t) => {
    const bench = begun(version);
    t.deepEqual(bench.init().answer, { error: CONCURRENT_TRANSACTIONS, ...ofEpoch(-1, -1) });
    t.is(bench.end(ofEpoch(0), true, version).answer.error, version === 2 ? CONCURRENT_TRANSACTIONS : PRODUCER_FENCED);
    t.is(bench.init().answer.error, CONCURRENT_TRANSACTIONS, 'markers are on their way');
    bench.pass(10);
    t.deepEqual(bench.transitions().slice(-2), ['Ongoing>PrepareAbort fenced', 'PrepareAbort>CompleteAbort markers-written']);
    t.is(bench.end(ofEpoch(0), true, version).answer.error, version === 2 ? INVALID_TXN_STATE : PRODUCER_FENCED);
    t.is(bench.add(ofEpoch(0), [0], version).answer, PRODUCER_FENCED);
    t.deepEqual(bench.init().answer, { error: NONE, ...ofEpoch(2) });
  });
}

test('the epoch before the last fences, too, and the abort brings another producer id', (t) => {
  for (const version of [1, 2] as const) {
    const bench = new TransactionBench();
    bench.transactionVersion = version;
    bench.load('tx', { state: 'Ongoing', producerEpoch: LAST_EPOCH, startMs: 1 });
    t.is(bench.init().answer.error, CONCURRENT_TRANSACTIONS);
    bench.pass(10);
    // Of version 1 the id stays until a producer asks; of version 2 each end looks for the next epoch.
    t.like(bench.known(), { state: 'CompleteAbort', ...(version === 1 ? ofEpoch(32_767, 500) : ofEpoch(0)) });
    t.deepEqual(bench.init().answer, { error: NONE, ...(version === 1 ? ofEpoch(0) : ofEpoch(1)) });
  }
});

test('partitions come into the transaction of the producer that has the epoch', (t) => {
  const bench = begun(0, false);
  t.is(bench.add(ofEpoch(0, 999), [0]).answer, INVALID_PRODUCER_ID_MAPPING);
  t.is(bench.add(ofEpoch(1), [0]).answer, PRODUCER_FENCED);
  t.is(bench.add(ofEpoch(0), [0]).answer, NONE);
  const written = bench.log.endOffset;
  t.is(bench.add(ofEpoch(0), [0]).answer, NONE, 'it is there already: nothing is written');
  t.is(bench.log.endOffset, written);
  bench.log.commitsAtOnce = false;
  const added = bench.add(ofEpoch(0), [1]);
  t.false(added.isAnswered);
  t.is(bench.add(ofEpoch(0), [0]).answer, CONCURRENT_TRANSACTIONS, 'first what is under way');
  t.deepEqual(bench.verify(ofEpoch(0), [0, 1]), [NONE, ErrorCode.TRANSACTION_ABORTABLE]);
  bench.log.commit();
  t.is(added.answer, NONE);
  t.deepEqual(bench.known()?.partitions, [topicPartitionKey('t', 0), topicPartitionKey('t', 1)]);
  t.deepEqual(bench.verify(ofEpoch(0), [0, 1]), [NONE, NONE]);
  t.deepEqual(bench.verify(ofEpoch(1), [0]), [PRODUCER_FENCED]);
  t.deepEqual(bench.verify(ofEpoch(0, 999), [0]), [INVALID_PRODUCER_ID_MAPPING]);
  t.deepEqual(bench.verify(ofEpoch(0), [0], 'nobody'), [INVALID_PRODUCER_ID_MAPPING]);
  bench.end(ofEpoch(0), true);
  t.deepEqual(bench.verify(ofEpoch(0), [0]), [NONE], 'nothing is decided yet');
  bench.log.commit();
  t.deepEqual(bench.verify(ofEpoch(0), [0]), [CONCURRENT_TRANSACTIONS]);
});

test('before transaction.version 2 the state alone tells a repeated request, and the epoch stays', (t) => {
  const table = (state: 'Empty' | 'CompleteCommit' | 'CompleteAbort'): number[] => {
    const bench = new TransactionBench();
    bench.load('tx', { state, producerEpoch: 5, startMs: state === 'Empty' ? -1 : 1 });
    return [5, 4, 6].flatMap((epoch) => [true, false].map((commit) => bench.end(ofEpoch(epoch, 500), commit).answer.error));
  };
  const fenced = [PRODUCER_FENCED, PRODUCER_FENCED, PRODUCER_FENCED, PRODUCER_FENCED];
  t.deepEqual(table('Empty'), [INVALID_TXN_STATE, INVALID_TXN_STATE, ...fenced]);
  t.deepEqual(table('CompleteCommit'), [NONE, INVALID_TXN_STATE, ...fenced]);
  t.deepEqual(table('CompleteAbort'), [INVALID_TXN_STATE, NONE, ...fenced]);
});

test('from transaction.version 2 on the epoch before is that of a repeated request, and the present one that of the next', (t) => {
  const table = (state: 'Empty' | 'CompleteCommit' | 'CompleteAbort'): number[] =>
    [5, 4, 3, 6].flatMap((epoch) =>
      [true, false].map((commit) => {
        const bench = new TransactionBench();
        bench.load('tx', { state, producerEpoch: 5, startMs: state === 'Empty' ? -1 : 1, clientTransactionVersion: 2 });
        return bench.end(ofEpoch(epoch, 500), commit, 2).answer.error;
      }),
    );
  const fenced = [PRODUCER_FENCED, PRODUCER_FENCED, PRODUCER_FENCED, PRODUCER_FENCED];
  t.deepEqual(table('Empty'), [INVALID_TXN_STATE, NONE, PRODUCER_FENCED, PRODUCER_FENCED, ...fenced]);
  t.deepEqual(table('CompleteCommit'), [INVALID_TXN_STATE, NONE, NONE, INVALID_TXN_STATE, ...fenced]);
  t.deepEqual(table('CompleteAbort'), [INVALID_TXN_STATE, NONE, INVALID_TXN_STATE, NONE, ...fenced]);
});

test('an end of transaction.version 2 tells the producer its next epoch, once more when it is asked again', (t) => {
  const bench = begun(2);
  const committed = bench.end(ofEpoch(0), true, 2);
  t.deepEqual(committed.answer, { error: NONE, ...ofEpoch(1) });
  t.is(bench.end(ofEpoch(0), true, 2).answer.error, CONCURRENT_TRANSACTIONS);
  bench.pass(10);
  t.deepEqual(bench.end(ofEpoch(0), true, 2).answer, { error: NONE, ...ofEpoch(1) });
  t.deepEqual(bench.end(ofEpoch(1), false, 2).answer, { error: NONE, ...ofEpoch(2) }, 'what it may have begun meanwhile');
  bench.pass(10);
  t.like(bench.known(), { state: 'CompleteAbort', producerEpoch: 2 });
  t.is(bench.end(ofEpoch(0), true, 2).answer.error, PRODUCER_FENCED);
});

test('an end of transaction.version 2 that uses the last epoch tells the producer another id', (t) => {
  const bench = new TransactionBench();
  const last = { state: 'Ongoing', producerEpoch: LAST_EPOCH, startMs: 1, clientTransactionVersion: 2 } as const;
  bench.load('tx', last);
  t.deepEqual(bench.end(ofEpoch(LAST_EPOCH, 500), true, 2).answer, { error: NONE, ...ofEpoch(0) });
  bench.pass(10);
  t.like(bench.known(), { state: 'CompleteCommit', ...ofEpoch(0) });
  t.deepEqual(bench.end(ofEpoch(LAST_EPOCH, 500), true, 2).answer, { error: NONE, ...ofEpoch(0) }, 'asked again');
  t.is(bench.end(ofEpoch(LAST_EPOCH - 1, 500), true, 2).answer.error, INVALID_PRODUCER_ID_MAPPING);
  bench.load('tx', last);
  bench.nextProducerId = null;
  t.is(bench.end(ofEpoch(LAST_EPOCH, 500), true, 2).answer.error, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  t.is(bench.known()?.state, 'Ongoing');
});

test('the decision to have another producer id survives the coordinator', (t) => {
  const bench = new TransactionBench();
  bench.load('tx', {
    state: 'PrepareCommit',
    producerEpoch: 32_767,
    nextProducerId: 600,
    startMs: 1,
    clientTransactionVersion: 2,
  });
  bench.pass(10);
  t.like(bench.known(), { state: 'CompleteCommit', ...ofEpoch(0, 600) });
});

test('a producer of an older protocol ends its transaction while the cluster has transaction.version 2', (t) => {
  const bench = begun(2, false);
  bench.add(ofEpoch(0), [0], 0);
  t.deepEqual(bench.end(ofEpoch(0), true, 0).answer, { error: NONE, ...ofEpoch(-1, -1) });
  bench.pass(10);
  t.like(bench.known(), { state: 'CompleteCommit', ...ofEpoch(0) });
});

test('a transaction that is open for too long is aborted, and its producer fenced', (t) => {
  for (const version of [1, 2] as const) {
    const bench = begun(version);
    bench.pass(60_000);
    t.is(bench.known()?.state, 'Ongoing', 'as long as it may be');
    bench.pass(10_010);
    t.like(bench.known(), { state: 'CompleteAbort', producerEpoch: 1 });
    t.like(bench.world.events('transaction-timed-out')[0], { producerEpoch: 0, openMs: 70_000, timeoutMs: 60_000 });
    t.deepEqual(bench.transitions().slice(-2), ['Ongoing>PrepareAbort timed-out', 'PrepareAbort>CompleteAbort markers-written']);
    t.is(bench.add(ofEpoch(0), [0]).answer, PRODUCER_FENCED);
  }
});

test('a fence whose record was refused does not use up another epoch (before transaction.version 2)', (t) => {
  const bench = begun(1);
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(bench.init().answer.error, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  t.is(bench.add(ofEpoch(0), [0]).answer, PRODUCER_FENCED, 'the epoch holds all the same');
  t.is(bench.init().answer.error, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  bench.log.refusal = NONE;
  t.is(bench.init().answer.error, CONCURRENT_TRANSACTIONS);
  bench.pass(10);
  t.like(bench.known(), { state: 'CompleteAbort', producerEpoch: 1 });
});

for (const version of [1, 2] as const) {
  test(`between the two steps of a fence (transaction.version ${version})`, (t) => {
    const fencing = (): TransactionBench => {
      const bench = begun(version);
      bench.rare.add('transaction/late-fence');
      return bench;
    };
    const bench = fencing();
    const fenced = bench.init();
    t.false(fenced.isAnswered);
    t.is(bench.init().answer.error, CONCURRENT_TRANSACTIONS);
    t.is(bench.add(ofEpoch(0), [2], version).answer, CONCURRENT_TRANSACTIONS);
    t.is(bench.end(ofEpoch(1), false, version).answer.error, PRODUCER_FENCED, "the epoch of the fence is nobody's");
    t.is(bench.end(ofEpoch(0), true, version).answer.error, ErrorCode.UNKNOWN_SERVER_ERROR);
    bench.pass(5);
    t.is(fenced.answer.error, CONCURRENT_TRANSACTIONS);
    bench.pass(5);
    t.like(bench.known(), { state: 'CompleteAbort', producerEpoch: 1 });

    const other = fencing();
    const late = other.init();
    t.is(other.end(ofEpoch(0), false, version).answer.error, NONE, 'the producer itself is first to abort');
    t.deepEqual(other.transitions().slice(-1), ['Ongoing>PrepareAbort end-transaction']);
    other.pass(1);
    t.like(other.known(), { state: 'CompleteAbort', producerEpoch: version === 2 ? 1 : 0 });
    other.pass(10);
    t.is(late.answer.error, CONCURRENT_TRANSACTIONS);

    const lost = fencing();
    const asked = lost.init();
    lost.fail('b2', true);
    lost.pass(10);
    t.is(asked.answer.error, ErrorCode.NOT_COORDINATOR);
    t.like(lost.known(), { state: 'Ongoing', producerEpoch: 0 });
  });
}

test('a time-out of two-phase commit is none', (t) => {
  const bench = new TransactionBench();
  bench.load('tx', { state: 'Ongoing', producerEpoch: 0, startMs: 1, timeoutMs: 2 ** 31 - 1 });
  bench.pass(1_000_000);
  t.is(bench.known()?.state, 'Ongoing');
});

test('an id that nothing happened to for long enough is forgotten, unless its transaction is open', (t) => {
  const day = 86_400_000;
  const bench = new TransactionBench({ 'transactional.id.expiration.ms': day });
  bench.load('open', { state: 'Ongoing', producerEpoch: 0, startMs: 1, timeoutMs: 2 ** 31 - 1 });
  for (const id of ['a', 'b']) bench.init(null, id);
  bench.init(null, 'c');
  bench.pass(day / 2);
  bench.init(null, 'c');
  bench.pass(day / 2 - 1);
  t.truthy(bench.known('a'));
  bench.pass(3_600_000);
  const ids = (): string[] =>
    bench
      .coordinator()
      .transactions()
      .map(({ transactionalId }) => transactionalId);
  t.deepEqual(ids(), ['open', 'c']);
  t.deepEqual(bench.transitions().slice(-2), ['Empty>Dead expired', 'Empty>Dead expired']);
  bench.fail('b2', true);
  bench.pass(0);
  t.deepEqual(ids(), ['open', 'c'], 'their tombstones are in the log');
  t.deepEqual(bench.init(null, 'a').answer.error, NONE);
});

test('expiry that the log refuses leaves the ids as they were', (t) => {
  const bench = new TransactionBench({ 'transactional.id.expiration.ms': 1 });
  bench.init();
  bench.log.commitsAtOnce = false;
  bench.pass(3_600_000);
  t.is(bench.init().answer.error, CONCURRENT_TRANSACTIONS, 'it is being forgotten');
  bench.log.elect('b1', false);
  bench.log.commitsAtOnce = true;
  bench.coordinator().onElection(0, bench.log.epoch);
  bench.pass(0);
  t.deepEqual(bench.init().answer, { error: NONE, ...ofEpoch(1) });
});

test('ids are described with what they wait for, and listed by all that they have in common', (t) => {
  const bench = begun(2);
  bench.init(null, 'other');
  bench.init(null, 'third');
  t.deepEqual(bench.coordinator().describe('nobody'), {
    transactionalId: 'nobody',
    errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
  });
  t.is(bench.coordinator().describe('').errorCode, ErrorCode.INVALID_REQUEST);
  bench.pass(5_000);
  const all = { producerIds: [], states: [], longerThanMs: -1, matches: () => () => true };
  const list = (filters: object) => bench.coordinator().list({ ...all, ...filters });
  const ids = (filters: object) => list(filters).transactionStates?.map(({ transactionalId }) => transactionalId);
  t.deepEqual(ids({}), ['tx', 'other', 'third']);
  t.deepEqual(ids({ states: ['Ongoing'] }), ['tx']);
  t.deepEqual(ids({ states: ['ongoing', 'Empty'] }), ['other', 'third']);
  t.deepEqual(list({ states: ['ongoing', 'Empty'] }).unknownStateFilters, ['ongoing']);
  t.deepEqual(ids({ producerIds: [1_001, 7] }), ['other']);
  t.deepEqual(ids({ longerThanMs: 5_000 }), ['other', 'third'], 'what has not begun is older than anything');
  t.deepEqual(ids({ longerThanMs: 4_999 }), ['tx', 'other', 'third']);
  t.deepEqual(ids({ states: ['Empty'], matches: () => (id: string) => id.startsWith('t') }), ['third']);
  bench.markerAnswer = null;
  bench.end(ofEpoch(0), true, 2);
  bench.pass(5);
  t.like(bench.coordinator().describe('tx'), {
    errorCode: NONE,
    transactionState: 'PrepareCommit',
    producerId: 1_000,
    producerEpoch: 1,
    transactionTimeoutMs: 60_000,
    topics: [{ topic: 't', partitions: [0, 1] }],
  });
  bench.sent[0]?.answer();
  bench.pass(0);
  t.like(bench.coordinator().describe('tx'), { transactionState: 'CompleteCommit', topics: [] });
  bench.fail('b2', true);
  t.is(list({}).errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  t.is(bench.coordinator('b1').list({ ...all }).transactionStates?.length, 0);
  t.is(bench.coordinator('b1').describe('tx').errorCode, ErrorCode.NOT_COORDINATOR);
});

test('a node that ends answers for nothing any more', (t) => {
  const bench = begun(2);
  bench.coordinator().shutdown();
  t.is(bench.end(ofEpoch(0), true, 2).answer.error, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  bench.pass(100_000);
  t.deepEqual(bench.world.events('transaction-timed-out'), []);
});
