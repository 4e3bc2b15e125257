/** Markers: when they may be sent, whom to, and when the transaction is complete. And what a coordinator does with those of another. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { TransactionBench } from './testing/transaction-bench.ts';

const { NONE } = ErrorCode;
const PRODUCER = { producerId: 1_000, producerEpoch: 0 };

/** A bench whose markers wait, with an open transaction over these partitions of `t`. */
function open(partitions: readonly number[] = [0, 1], version: 1 | 2 = 2): TransactionBench {
  const bench = new TransactionBench();
  bench.transactionVersion = version;
  bench.markerAnswer = null;
  bench.init();
  bench.add(PRODUCER, partitions, version === 2 ? 2 : 0);
  return bench;
}

/** What was sent and is not answered: `broker producer/epoch partitions`. */
function sent(bench: TransactionBench): string[] {
  return bench.sent.flatMap(({ brokerId, request }) =>
    request.markers.map(({ producerId, producerEpoch, transactionResult, topics, coordinatorEpoch, transactionVersion }) => {
      const partitions = topics.flatMap(({ name, partitionIndexes }) => partitionIndexes.map((index) => `${name}-${index}`));
      const end = transactionResult ? 'commit' : 'abort';
      return `${brokerId}: ${end} ${producerId}/${producerEpoch} v${transactionVersion} e${coordinatorEpoch} ${partitions.join(' ')}`;
    }),
  );
}

test('no marker before the decision is committed, and no end before the last marker', (t) => {
  const bench = open();
  bench.leaders.set(topicPartitionKey('t', 1), 2);
  bench.log.commitsAtOnce = false;
  const ended = bench.end(PRODUCER, true, 2);
  bench.pass(1_000);
  t.deepEqual(sent(bench), []);
  t.false(ended.isAnswered);
  bench.log.commit();
  t.is(ended.answer.error, NONE, 'the decision is all that the producer waits for');
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-0', '2: commit 1000/1 v2 e1 t-1']);
  bench.sent[0]?.answer();
  bench.pass(1_000);
  t.is(bench.log.waiting, 0);
  bench.sent[0]?.answer();
  t.is(bench.known()?.state, 'PrepareCommit');
  bench.log.commit();
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('markers of transaction.version 1 have the epoch of the transaction', (t) => {
  const bench = open([0], 1);
  bench.end(PRODUCER, false);
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: abort 1000/0 v0 e1 t-0']);
});

test('a refused decision is none: no markers, and the transaction is open as before', (t) => {
  const bench = open();
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(bench.end(PRODUCER, true, 2).answer.error, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  bench.pass(1_000);
  t.deepEqual(sent(bench), []);
  t.like(bench.known(), { state: 'Ongoing', producerEpoch: 0 });
  t.like(bench.world.events('transaction-transition-failed').at(-1), {
    to: 'PrepareCommit',
    error: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  });
});

test('a decision that takes longer than the transaction may is asked for again, and holds when it is committed', (t) => {
  const bench = open();
  bench.log.commitsAtOnce = false;
  const ended = bench.end(PRODUCER, true, 2);
  bench.pass(60_000);
  t.is(ended.answer.error, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  t.is(bench.end(PRODUCER, false, 2).answer.error, ErrorCode.CONCURRENT_TRANSACTIONS, 'it cannot be taken back');
  bench.pass(20_000);
  t.deepEqual(bench.world.events('transaction-timed-out'), []);
  bench.log.commit();
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-0 t-1']);
});

test('what a broker refuses, or does not answer, is sent again, to whoever leads then', (t) => {
  const bench = open([0]);
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  for (const error of [
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    ErrorCode.REQUEST_TIMED_OUT,
    ErrorCode.KAFKA_STORAGE_ERROR,
  ]) {
    bench.sent[0]?.answer(error);
    bench.pass(100);
    t.is(bench.sent.length, 1, String(error));
  }
  bench.leaders.set(topicPartitionKey('t', 0), 2);
  bench.sent[0]?.lose();
  bench.pass(100);
  t.deepEqual(sent(bench), ['2: commit 1000/1 v2 e1 t-0']);
  t.is(bench.world.events('transaction-markers-answered').at(-1)?.errors, null);
  bench.sent[0]?.answer();
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('partitions whose format has no transactions need no marker', (t) => {
  const bench = open([0]);
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  bench.sent[0]?.answer(ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT);
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('a partition without leader waits for one, one that is gone needs no marker', (t) => {
  const bench = open([0, 1, 2]);
  bench.leaders.set(topicPartitionKey('t', 0), 'gone').set(topicPartitionKey('t', 1), 'unavailable');
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-2']);
  bench.sent[0]?.answer();
  bench.pass(100_000);
  t.like(bench.known(), { state: 'PrepareCommit', partitions: ['t-1'] });
  bench.leaders.set(topicPartitionKey('t', 1), 3);
  bench.coordinator().onMetadataUpdate();
  t.deepEqual(sent(bench), ['3: commit 1000/1 v2 e1 t-1']);
  bench.sent[0]?.answer();
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('a transaction whose partitions are all gone is complete, and so is one that has none', (t) => {
  const bench = open([0]);
  bench.leaders.set(topicPartitionKey('t', 0), 'gone');
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  t.is(bench.known()?.state, 'CompleteCommit');
  t.is(bench.end({ ...PRODUCER, producerEpoch: 1 }, false, 2).answer.error, NONE);
  bench.pass(0);
  t.like(bench.known(), { state: 'CompleteAbort', producerEpoch: 2 });
  t.deepEqual(bench.world.events('transaction-markers-sent'), []);
});

test('one request a broker at a time: what comes meanwhile goes with the next', (t) => {
  const bench = open([0]);
  bench.init(null, 'other');
  bench.add({ producerId: 1_001, producerEpoch: 0 }, [1], 2, 'other');
  bench.init(null, 'third');
  bench.add({ producerId: 1_002, producerEpoch: 0 }, [1, 2], 2, 'third');
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  bench.end({ producerId: 1_001, producerEpoch: 0 }, false, 2, 'other');
  bench.end({ producerId: 1_002, producerEpoch: 0 }, true, 2, 'third');
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-0']);
  bench.sent[0]?.answer();
  t.deepEqual(sent(bench), ['1: abort 1001/1 v2 e1 t-1', '1: commit 1002/1 v2 e1 t-1 t-2']);
  bench.sent[0]?.answer();
  t.deepEqual(
    bench
      .coordinator()
      .transactions()
      .map(({ state }) => state),
    ['CompleteCommit', 'CompleteAbort', 'CompleteCommit'],
  );
});

test('markers may take their time, and go one by one', (t) => {
  const bench = open([0, 1]);
  bench.rare.add('transaction/late-markers').add('transaction/one-marker');
  bench.end(PRODUCER, true, 2);
  bench.pass(10);
  t.deepEqual(sent(bench), []);
  bench.pass(100);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-0']);
  bench.sent[0]?.answer();
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-1']);
  bench.sent[0]?.answer();
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('markers may come a second time, late; the coordinator hears the first answer only', (t) => {
  const bench = open([0]);
  bench.rare.add('transaction/delayed-markers');
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  bench.sent[0]?.answer();
  t.is(bench.known()?.state, 'CompleteCommit');
  t.deepEqual(sent(bench), []);
  bench.pass(2_000);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-0']);
  bench.sent[0]?.answer(ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('whoever is fenced by a newer coordinator, or producer, sends no more markers', (t) => {
  for (const error of [ErrorCode.TRANSACTION_COORDINATOR_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH]) {
    const bench = open([0, 1]);
    bench.leaders.set(topicPartitionKey('t', 1), 2);
    bench.end(PRODUCER, true, 2);
    bench.pass(0);
    bench.sent[0]?.answer(error);
    bench.sent[0]?.answer(NONE);
    bench.pass(10_000);
    t.deepEqual(sent(bench), []);
    t.like(bench.known(), { state: 'PrepareCommit' });
  }
});

test('that all markers are written is said again until the log takes it', (t) => {
  const bench = open([0]);
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  bench.sent[0]?.answer();
  bench.pass(1_000);
  t.is(bench.known()?.state, 'PrepareCommit');
  t.is(bench.init().answer.error, ErrorCode.CONCURRENT_TRANSACTIONS);
  bench.log.refusal = NONE;
  bench.pass(100);
  t.is(bench.known()?.state, 'CompleteCommit');
});

test('another coordinator writes the markers anew, in its own epoch; the one before writes none, and completes nothing', (t) => {
  const bench = open([0]);
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  const [before] = bench.sent;
  bench.fail('b2', true);
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e1 t-0', '1: commit 1000/1 v2 e2 t-0']);
  before?.answer();
  bench.pass(100);
  t.is(bench.known()?.state, 'PrepareCommit');
  bench.sent[0]?.answer();
  t.is(bench.known()?.state, 'CompleteCommit');
  t.deepEqual(
    bench.world.events('transaction-transition').map(({ leaderEpoch }) => leaderEpoch),
    [1, 1, 1, 2],
  );
});

test('the same coordinator in the next epoch reads its log again, and sends the markers in that epoch', (t) => {
  const bench = open([0]);
  bench.end(PRODUCER, true, 2);
  bench.pass(0);
  bench.sent[0]?.lose();
  bench.fail('b1', true);
  bench.pass(100);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e2 t-0']);
});

test('a coordinator that was not told that another leads gets nothing into the log, and sends no markers for it', (t) => {
  const bench = open([0]);
  bench.log.commitsAtOnce = false;
  const ended = bench.end(PRODUCER, true, 2);
  bench.fail('b2', false, false);
  bench.pass(0);
  t.is(ended.answer.error, ErrorCode.NOT_COORDINATOR);
  t.deepEqual(sent(bench), []);
  t.is(bench.known()?.state, 'Ongoing');
});

test('what is not committed yet is no ground for an answer, nor for a marker', (t) => {
  const bench = open([0]);
  bench.log.commitsAtOnce = false;
  bench.end(PRODUCER, true, 2);
  const committed = bench.log.highWatermark;
  bench.fail('b2', true);
  bench.log.highWatermark = committed;
  bench.pass(1_000);
  t.deepEqual(sent(bench), []);
  t.is(bench.end(PRODUCER, false, 2).answer.error, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  bench.log.commit();
  bench.pass(0);
  t.deepEqual(sent(bench), ['1: commit 1000/1 v2 e2 t-0']);
});

test('a log that holds what is no transaction cannot be answered for; what a later version may have left is passed over', (t) => {
  const bench = open([0]);
  bench.log.rot();
  bench.fail('b2', true);
  bench.pass(0);
  t.is(bench.init().answer.error, ErrorCode.NOT_COORDINATOR);
  t.is(bench.world.events('transaction-coordinator-load-failed').length, 1);
  t.is(bench.log.endOffset, Offset(2));
});
