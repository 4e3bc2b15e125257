import test from 'ava';
import { ScriptedCoordinator } from './testing/coordinator.ts';
import { type Reads, Story } from './testing/story.ts';
import { atomicity } from './history/atomicity.ts';
import { committedOffsets } from './history/committed-offsets.ts';
import { committedReads } from './history/committed-reads.ts';
import { records } from './history/records.ts';
import { transactionStates } from './internal/transaction-states.ts';
import { lateEndsOf } from './late-ends.ts';

/** A producer whose first transaction is committed, and whose second is committed by its coordinator though nobody has asked for it yet. */
function endedLate(
  version: number,
  { isTold = true } = {},
): { readonly story: Story; readonly coordinator: ScriptedCoordinator } {
  const story = new Story([committedReads, atomicity, transactionStates]).partition();
  lateEndsOf(story.context);
  const coordinator = new ScriptedCoordinator(story.context, version).inits();
  const producer = story.transactional('t');
  const is = (producerEpoch: number): void =>
    story.context.emit(producer.client, {
      type: 'producer-transaction',
      transactionalId: 't',
      producerId: 7,
      producerEpoch,
      from: 'initializing',
      to: 'ready',
    });
  is(0);
  const first = story.begin(producer).send('a', 0);
  coordinator.adds('orders-0');
  first.asksToEnd(true);
  coordinator.decides(true).hasMarkers(true).completes(true);
  first.commit();
  is(version >= 2 ? 1 : 0);
  story.begin(producer).send('b', 2);
  coordinator.adds('orders-0');
  if (isTold) coordinator.decides(true);
  else coordinator.begins('PrepareCommit', 'end-transaction');
  return { story, coordinator };
}

const LOG: Reads = [
  [0, 'a'],
  [2, 'b'],
];

test('with transaction.version 1 an EndTxn that is sent again and comes late ends the next transaction, of which nothing is promised then', (t) => {
  const { story } = endedLate(1);
  story.polled(story.committedReader(), LOG);
  t.deepEqual(story.endCommitted([LOG], [LOG]), []);
  t.regex(
    story.context.excuses['J9'] ?? '',
    /transaction \d+ of t is left out: an EndTxn that was meant for an earlier one ended it/,
  );
});

test('T10: with transaction.version 2 it does not, and what is committed without being asked for is reported', (t) => {
  const { story } = endedLate(2);
  t.deepEqual(story.violated, ['T10']);
  story.polled(story.committedReader(), LOG);
  t.deepEqual(story.violated, ['J9', 'T10']);
});

test('T10: a commit that was asked for is none of the kind, whatever its application is told', (t) => {
  for (const version of [1, 2]) {
    const story = new Story(committedReads).partition();
    const late = lateEndsOf(story.context);
    const coordinator = new ScriptedCoordinator(story.context, version).inits();
    const producer = story.transactional('t');
    const is = { transactionalId: 't', producerId: 7, producerEpoch: 0, from: 'initializing', to: 'ready' } as const;
    story.context.emit(producer.client, { type: 'producer-transaction', ...is });
    const transaction = story.begin(producer).send('a', 0);
    transaction.asksToEnd(true);
    coordinator.adds('orders-0').decides(true);
    t.deepEqual(story.violated, []);
    story.polled(story.committedReader(), [[0, 'a']]);
    t.deepEqual(story.context.excuses, {});
    t.truthy(late);
  }
});

test('T10: with transaction.version 1 there must have been an earlier transaction whose end may come late', (t) => {
  const story = new Story(committedReads).partition();
  lateEndsOf(story.context);
  const coordinator = new ScriptedCoordinator(story.context, 1).inits();
  const producer = story.transactional('t');
  const is = { transactionalId: 't', producerId: 7, producerEpoch: 0, from: 'initializing', to: 'ready' } as const;
  story.context.emit(producer.client, { type: 'producer-transaction', ...is });
  story.begin(producer).send('a', 0);
  coordinator.adds('orders-0').decides(true);
  t.deepEqual(story.violated, ['T10']);
});

test('with transaction.version 1 a marker that comes late may tear the transaction that is open', (t) => {
  const { story } = endedLate(1);
  const late = lateEndsOf(story.context);
  const producer = story.transactional('t');
  const is = { transactionalId: 't', producerId: 7, producerEpoch: 0, from: 'initializing', to: 'ready' } as const;
  story.context.emit(producer.client, { type: 'producer-transaction', ...is });
  story.begin(producer).send('c', 4);
  late.markerCame('t', 7, 0, 'orders-0');
  story.polled(story.committedReader(), [[4, 'c']]);
  t.deepEqual(story.violated, []);
  t.regex(story.context.excuses['J9'] ?? '', /a marker of an earlier transaction ended its part in orders-0/);
});

test('also where its coordinator could not tell of it before another one had loaded it', (t) => {
  const { story, coordinator } = endedLate(1, { isTold: false });
  coordinator.movesTo(2, [{ ...coordinator.id, state: 'PrepareCommit' }]);
  story.polled(story.committedReader(), LOG);
  t.deepEqual(story.endCommitted([LOG], [LOG]), []);
  t.truthy(story.context.excuses['J9']);
});

test('J3: an acknowledged record whose transaction a late marker aborted need not be read', (t) => {
  const passedBy = (isLate: boolean): Story => {
    const story = new Story(records).partition();
    const late = lateEndsOf(story.context);
    new ScriptedCoordinator(story.context, 1).inits();
    const producer = story.transactional('t');
    const is = { transactionalId: 't', producerId: 7, producerEpoch: 0, from: 'initializing', to: 'ready' } as const;
    story.context.emit(producer.client, { type: 'producer-transaction', ...is });
    const transaction = story.begin(producer).send('a', 0);
    if (isLate) late.markerCame('t', 7, 0, 'orders-0');
    transaction.commit();
    story.sent(story.producer(), 'b', 2).polled(story.committedReader(), [[2, 'b']]);
    const both: Reads = [
      [0, 'a'],
      [2, 'b'],
    ];
    story.endCommitted([both], [[[2, 'b']]]);
    return story;
  };
  t.deepEqual(passedBy(false).violated, ['J3']);
  t.deepEqual(passedBy(true).violated, []);
  t.truthy(passedBy(true).context.excuses['J3']);
});

test('a late marker may end a transaction that is decided, when its producer has begun the next one', (t) => {
  const passedBy = (isDecided: boolean): string[] => {
    const story = new Story(records).partition();
    const late = lateEndsOf(story.context);
    new ScriptedCoordinator(story.context, 1).inits();
    const producer = story.transactional('t');
    const is = { transactionalId: 't', producerId: 7, producerEpoch: 0, from: 'initializing', to: 'ready' } as const;
    story.context.emit(producer.client, { type: 'producer-transaction', ...is });
    story.begin(producer).send('a', 0).commit();
    story.begin(producer);
    late.markerCame('t', 7, 0, 'orders-0', isDecided);
    story.sent(story.producer(), 'b', 2).polled(story.committedReader(), [[2, 'b']]);
    const both: Reads = [
      [0, 'a'],
      [2, 'b'],
    ];
    return story.endCommitted([both], [[[2, 'b']]]);
  };
  t.deepEqual(passedBy(true), []);
  t.deepEqual(passedBy(false), ['J3']);
});

test('GR5: offsets that a late end may have committed, or dropped, are not promised, until a later commit is acknowledged', (t) => {
  const told = (answer: number, isCommittedLater: boolean): Story => {
    const story = new Story(committedOffsets).partition().partition('__consumer_offsets');
    const late = lateEndsOf(story.context);
    new ScriptedCoordinator(story.context, 1).inits();
    const producer = story.transactional('t');
    const is = { transactionalId: 't', producerId: 7, producerEpoch: 0, from: 'initializing', to: 'ready' } as const;
    story.context.emit(producer.client, { type: 'producer-transaction', ...is });
    const reader = story.committedReader('readers');
    story.commit(reader, 3);
    const transaction = story.begin(producer).offset('readers', 5);
    late.markerCame('t', 7, 0, '__consumer_offsets-0');
    transaction.abort();
    if (isCommittedLater) story.commit(reader, 4);
    return story.wait(1).asksCommitted(reader, answer);
  };
  t.deepEqual(told(5, false).violated, []);
  t.regex(told(5, false).context.excuses['GR5'] ?? '', /a marker of an earlier transaction ended its part/);
  t.deepEqual(told(5, true).violated, ['GR5']);
  t.deepEqual(told(4, true).violated, []);
});
