import test from 'ava';
import { EMPTY_IMAGE } from '../../core/metadata/image.ts';
import { metadataApplied } from '../testing/registration.ts';
import { Story } from '../testing/story.ts';
import type { Reads } from '../testing/story.ts';
import { commits } from './commits.ts';
import { committedOffsets } from './committed-offsets.ts';
import { delivery } from './delivery.ts';
import { pollOrder } from './poll-order.ts';
import { positions } from './positions.ts';

const LOG: Reads = [
  [0, 'a'],
  [1, 'b'],
  [2, 'c'],
];
const WITH_HOLE: Reads = [
  [0, 'a'],
  [2, 'c'],
];

test('J10, J11: inside a poll a record skipped and a step back are reported, a hole in the log is not', (t) => {
  const run = (reads: Reads, log: Reads) => {
    const story = new Story(pollOrder).partition();
    const reader = story.consumer();
    story.assign(reader).polled(reader, reads);
    return story.end(log);
  };
  t.deepEqual(run(WITH_HOLE, LOG), ['J10']);
  t.deepEqual(
    run(
      [
        [1, 'b'],
        [0, 'a'],
      ],
      LOG,
    ),
    ['J11'],
  );
  t.deepEqual(run(WITH_HOLE, WITH_HOLE), []);
});

test('J11, J13: a step back is one within a topic, also in one that was made again; from one to the other there is none', (t) => {
  const run = (...polls: readonly Reads[]) => {
    const story = new Story(pollOrder).madeAgain();
    const reader = story.consumer();
    story.assign(reader);
    for (const reads of polls) story.polled(reader, reads);
    return story.violated;
  };
  t.deepEqual(
    run([
      [1, 'b', 'B'],
      [0, 'a', 'B'],
    ]),
    ['J11'],
  );
  t.deepEqual(run([[1, 'b', 'B']], [[0, 'a', 'B']]), ['J13']);
  t.deepEqual(run([[1, 'b', 'A']], [[0, 'a', 'A']]), ['J13']);
  t.deepEqual(
    run([
      [1, 'b', 'A'],
      [0, 'a', 'B'],
    ]),
    [],
  );
  t.deepEqual(run([[1, 'b', 'A']], [[0, 'a', 'B']]), []);
  t.deepEqual(run([[1, 'b']], [[0, 'a', 'B']]), [], 'read by name: of either');
});

test('J12, J13: between polls of an assigned consumer; a seek, a reset and a rebalance allow both', (t) => {
  const run = (
    first: Reads,
    second: Reads,
    between: (story: Story, reader: ReturnType<Story['consumer']>) => void = () => {},
  ) => {
    const story = new Story(pollOrder).partition();
    const reader = story.consumer();
    story.assign(reader).polled(reader, first);
    between(story, reader);
    story.polled(reader, second);
    return story.end(LOG);
  };
  t.deepEqual(run([[0, 'a']], [[2, 'c']]), ['J12']);
  t.deepEqual(run([[1, 'b']], [[0, 'a']]), ['J13']);
  t.deepEqual(
    run([[1, 'b']], [[0, 'a']], (story, reader) => story.seek(reader, 0)),
    [],
  );

  const subscribed = new Story(pollOrder).partition();
  const member = subscribed.member();
  subscribed
    .assigned(member, 1)
    .polled(member, [[1, 'b']])
    .revoked(member, 1)
    .assigned(member, 2)
    .polled(member, [[0, 'a']]);
  t.deepEqual(subscribed.end(LOG), []);
});

test('N1, N2: the position neither goes back nor passes a record; a new assignment begins anew', (t) => {
  const run = (act: (story: Story, reader: ReturnType<Story['member']>) => void, log = LOG) => {
    const story = new Story(positions).partition();
    const reader = story.member();
    story.assigned(reader, 1).polled(reader, [[0, 'a']]);
    act(story, reader);
    return story.end(log);
  };
  t.deepEqual(
    run((story, reader) => story.polled(reader, [], 3)),
    ['N2'],
  );
  t.deepEqual(
    run((story, reader) => story.polled(reader, [], 0)),
    ['N1'],
  );
  t.deepEqual(
    run((story, reader) => story.polled(reader, [[2, 'c']]), WITH_HOLE),
    [],
  );
  t.deepEqual(
    run((story, reader) =>
      story
        .revoked(reader, 1)
        .assigned(reader, 2)
        .polled(reader, [[0, 'a']]),
    ),
    [],
  );
  t.deepEqual(
    run((story, reader) => story.seek(reader, 0).polled(reader, [[0, 'a']])),
    [],
  );
});

function reset(
  story: Story,
  client: string,
  from: number,
  to: number,
  reason: 'no-committed-offset' | 'out-of-range',
  { offsetEpoch = 0, leaderEpoch = 0 } = {},
): void {
  const epochs = { offsetEpoch, leaderEpoch };
  story.context.emit(client, { type: 'consumer-position-reset', partition: 'orders-0', from, ...epochs, to, reason });
}

test('N4: a reset from inside the log, or over a committed offset, is reported; the first one and one below the log start are not', (t) => {
  const inside = new Story(positions).partition();
  const lost = inside.member();
  inside.assigned(lost, 1);
  reset(inside, lost.client, 2, 0, 'out-of-range');
  t.deepEqual(inside.end(LOG), ['N4']);

  const below = new Story(positions).partition();
  const late = below.member();
  below.assigned(late, 1);
  reset(below, late.client, 1, 2, 'out-of-range');
  t.deepEqual(below.end([[2, 'c']], 2), []);

  const commit = {
    type: 'offset-committed',
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    group: 'readers',
    partition: 'orders-0',
    offset: 1,
    leaderEpoch: 0,
    member: 'm',
    generation: 1,
    groupGeneration: 1,
    groupState: 'Stable',
    isCurrentMember: true,
    offsetsPartition: 0,
    logOffset: 0,
  } as const;
  const forgotten = new Story(positions).partition();
  forgotten.context.emit(1, commit);
  const member = forgotten.member();
  forgotten.assigned(member, 1);
  reset(forgotten, member.client, -1, 0, 'no-committed-offset');
  t.deepEqual(forgotten.end(LOG), ['N4']);

  const ofAnother = (asked: string) => {
    const story = new Story(positions).partition();
    story.context.emit(1, { ...commit, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' });
    const reader = story.member();
    story.assigned(reader, 1);
    const fetched = {
      type: 'offset-fetched',
      requireStable: false,
      group: 'readers',
      partition: 'orders-0',
      offset: -1,
      error: 0,
    } as const;
    story.context.emit(1, { ...fetched, topicId: asked });
    reset(story, reader.client, -1, 0, 'no-committed-offset');
    return story.end(LOG);
  };
  t.deepEqual(ofAnother('AAAAAAAAAAAAAAAAAAAAAg'), [], 'what was committed for another topic of the name is none of this one');
  t.deepEqual(ofAnother('AAAAAAAAAAAAAAAAAAAAAQ'), ['N4']);
  t.deepEqual(ofAnother('AAAAAAAAAAAAAAAAAAAAAA'), ['N4'], 'asked by name');

  const first = new Story(positions).partition();
  const newcomer = first.member();
  first.assigned(newcomer, 1);
  reset(first, newcomer.client, -1, 0, 'no-committed-offset');
  first.context.emit(1, commit);
  t.deepEqual(first.end(LOG), []);
});

test('N3: a commit beyond what was processed is reported, one up to it is not', (t) => {
  const run = (offset: number) => {
    const story = new Story(commits).partition();
    const reader = story.member();
    story.assigned(reader, 1).polled(reader, LOG).processed(reader, LOG.slice(0, 2)).commit(reader, offset);
    return story.end(LOG);
  };
  t.deepEqual(run(3), ['N3']);
  t.deepEqual(run(2), []);
});

test('N3 names consumer.processed to whoever never called it', (t) => {
  const message = (processed: Reads) => {
    const story = new Story(commits).partition();
    const reader = story.member();
    story.assigned(reader, 1).polled(reader, LOG).processed(reader, processed).commit(reader, 3);
    return story.context.violations[0]?.message ?? '';
  };
  t.regex(message([]), /committed orders-0@3 before it had processed @0 \(.* consumer\.processed\(records\) does\)$/);
  t.regex(message(LOG.slice(0, 2)), /committed orders-0@3 before it had processed @2$/);
});

test('N3: an automatic commit is held against what the whole group processed', (t) => {
  const run = (offset: number) => {
    const story = new Story(commits).partition();
    const reader = story.member({ 'enable.auto.commit': true });
    story.assigned(reader, 1).polled(reader, LOG).processed(reader, LOG.slice(0, 2));
    story.context.emit(1, {
      type: 'offset-committed',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      group: 'readers',
      partition: 'orders-0',
      offset,
      leaderEpoch: 0,
      member: 'm',
      generation: 1,
      groupGeneration: 1,
      groupState: 'Stable',
      isCurrentMember: true,
      offsetsPartition: 0,
      logOffset: 0,
    });
    return story.end(LOG);
  };
  t.deepEqual(run(3), ['N3']);
  t.deepEqual(run(2), []);
});

test('N3, N11: what DeleteRecords or retention removed need not be processed or delivered, even if a crash shows it again', (t) => {
  const run = (removedBelow: number | null) => {
    const story = new Story([commits, delivery]).partition();
    const reader = story.member();
    story
      .assigned(reader, 1)
      .polled(reader, [[0, 'a']])
      .processed(reader, [[0, 'a']]);
    if (removedBelow !== null)
      story.context.emit(1, {
        type: 'log-start-offset-advanced',
        partition: 'orders-0',
        from: 0,
        to: removedBelow,
        reason: 'delete-records',
      });
    story.polled(reader, [[2, 'c']]).processed(reader, [[2, 'c']]);
    story.context.emit(1, {
      type: 'offset-committed',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      group: 'readers',
      partition: 'orders-0',
      offset: 3,
      leaderEpoch: 0,
      member: 'm',
      generation: 1,
      groupGeneration: 1,
      groupState: 'Stable',
      isCurrentMember: true,
      offsetsPartition: 0,
      logOffset: 0,
    });
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    return story.end(LOG, 0, { consumers });
  };
  t.deepEqual(run(2), []);
  t.deepEqual(run(1), ['N11', 'N3']);
  t.deepEqual(run(null), ['N11', 'N3']);
});

test('L11: a member whose group is still rebalancing has not reached its end', (t) => {
  const story = new Story(delivery).partition();
  const reader = story.member();
  t.is(story.unsettled(), 'L11');
  story.assigned(reader, 1).revoked(reader, 1);
  t.is(story.unsettled(), 'L11');
  story.ended(reader);
  t.is(story.unsettled(), null);
});

function lookAt(
  story: Story,
  partitions: number,
  highWatermark: number,
  view: { readonly lastStableOffset?: number; readonly unavailable?: string } = {},
): string | null {
  const registration = { leader: 1 } as never;
  const topic = {
    name: 'orders',
    id: 'id',
    partitions: new Map(Array.from({ length: partitions }, (_, i) => [i, registration])),
  };
  const metadata =
    partitions === 0
      ? EMPTY_IMAGE
      : { ...EMPTY_IMAGE, topicIds: new Map([['orders', 'id']]), topicsById: new Map([['id', topic]]) };
  const replicas =
    partitions === 0
      ? []
      : [
          {
            partition: 'orders-0',
            role: 'leader',
            leaderEpoch: 0,
            highWatermark,
            lastStableOffset: view.lastStableOffset ?? highWatermark,
          },
        ];
  const excusedPartitions = new Map(view.unavailable === undefined ? [] : [[view.unavailable, 'it rotted']]);
  return story.unsettled({ nodes: new Map([['b1', { metadata, broker: { replicas } } as never]]), excusedPartitions });
}

test('L11: what a static leader did not hear of the end of a topic nobody need read on (KIP-814)', (t) => {
  const run = (keptIn: number) => {
    const story = new Story(delivery).partition();
    story.context.emit(1, { type: 'consumer-kept-assignment', group: 'readers', generation: keptIn });
    story.assigned(story.member(), 1);
    return lookAt(story, 0, 0);
  };
  t.is(run(1), null);
  t.is(run(2), 'L11');
});

test('L11: a position beyond the end is the place of a topic that is no more', (t) => {
  const story = new Story(delivery).partition();
  const reader = story.consumer();
  story.assign(reader).polled(reader, [], 7);
  t.is(lookAt(story, 1, 3), 'L11');
  story.polled(reader, [], 3);
  t.is(lookAt(story, 1, 3), null);
});

test('L11: who seeks back has that to read again', (t) => {
  const story = new Story(delivery).partition();
  const reader = story.consumer();
  story.assign(reader).polled(reader, [], 3);
  t.is(lookAt(story, 1, 3), null);
  story.seek(reader, 2);
  t.is(lookAt(story, 1, 3), 'L11');
  story.polled(reader, [], 3);
  t.is(lookAt(story, 1, 3), null);
});

test('L11: where records were lost a reader of committed ones may come no further than to the first open transaction', (t) => {
  const run = (isolation: string, at: number, isLost = true) => {
    const story = new Story(delivery).partition();
    if (isLost) story.powerLossEverywhere();
    const reader = story.consumer({ 'isolation.level': isolation });
    story.assign(reader).polled(reader, [], at);
    return lookAt(story, 1, 9, { lastStableOffset: 5 });
  };
  t.is(run('read_committed', 4), 'L11');
  t.is(run('read_committed', 5), null);
  t.is(run('read_committed', 5, false), 'L11');
  t.is(run('read_committed', 7), null);
  t.is(run('read_committed', 10), 'L11');
  t.is(run('read_uncommitted', 5), 'L11');
});

test('L11: where records were lost the offset to begin at may wait for ever for the end of a transaction', (t) => {
  const run = (error: number, partition = 'orders-0', { isLost = true, held = [0] } = {}) => {
    const story = new Story(delivery).partition().partition('__transaction_state');
    if (isLost) story.powerLossEverywhere();
    const reader = story.member({ 'isolation.level': 'read_committed' });
    story.assigned(reader, 1);
    story.call(reader, { f: 'assign', partitions: held.map((index) => ({ topic: 'orders', partition: index })) }, 'assign');
    story.context.emit(1, { ...TOLD, requireStable: true, partition, offset: -1, error });
    return lookAt(story, 1, 9);
  };
  t.is(run(88), null);
  t.is(run(88, 'orders-0', { isLost: false }), 'L11');
  t.is(run(0), 'L11');
  t.is(run(88, 'orders-1'), 'L11', 'of a partition that it does not read');
  t.is(run(88, 'orders-1', { held: [0, 1] }), null, 'one answer for all that it asks for');
});

test('L11: who meets bytes that are no batch comes no further in other partitions, if they are of one that can not be read', (t) => {
  const run = (unavailable: string) => {
    const story = new Story(delivery).partition().partition('orders', 1);
    const reader = story.consumer();
    const partitions = [0, 1].map((partition) => ({ topic: 'orders', partition }));
    story.call(reader, { f: 'assign', partitions }, 'assign').polled(reader, [], 2);
    story.failed(reader, { f: 'poll' }, 'CORRUPT_MESSAGE');
    return lookAt(story, 1, 9, { unavailable });
  };
  t.is(run('orders-1'), null);
  t.is(run('payments-0'), 'L11');
});

test('L11: who assigns itself what does not exist waits for nothing', (t) => {
  const byHand = new Story(delivery).partition();
  byHand.assign(byHand.consumer());
  t.is(lookAt(byHand, 0, 0), null);
  const inGroup = new Story(delivery).partition();
  inGroup.assigned(inGroup.member(), 1);
  t.is(lookAt(inGroup, 0, 0), 'L11');
});

test('GR5: with a topic the offsets committed for it are gone', (t) => {
  const story = new Story(committedOffsets).partition();
  const admin = story.consumer();
  const reader = story.member();
  story.commit(reader, 5);
  story.invoke(admin, { f: 'admin', operation: 'deleteTopics', detail: 'orders' });
  const removedPartitions = [{ partition: 'orders-0', topic: 'orders', topicId: 'orders-0' }];
  story.context.emit(1, metadataApplied(9, { role: 'broker', removedPartitions }));
  story.asksCommitted(reader, null);
  t.deepEqual(story.violated, []);
});

test('GR5: an offset that has expired is not missed', (t) => {
  const run = (expires: boolean) => {
    const story = new Story(committedOffsets).partition();
    const reader = story.member();
    story.commit(reader, 5);
    if (expires)
      story.context.emit(1, {
        type: 'offset-removal-begun',
        reason: 'expired',
        ageMs: 60_000,
        group: 'readers',
        partition: 'orders-0',
        offsetsPartition: 0,
      });
    story.asksCommitted(reader, null);
    return story.violated;
  };
  t.deepEqual(run(true), []);
  t.deepEqual(run(false), ['GR5']);
});

test('GR5: a commit without offsets commits the positions of its time, which may not have been known at the last poll', (t) => {
  const run = (positions: readonly { topic: string; partition: number; offset: number }[]) => {
    const story = new Story(committedOffsets).partition();
    const reader = story.member();
    story.commit(reader, 5);
    // Never answered: it may be applied at any time.
    story.invoke(reader, { f: 'commit', mode: 'async', offsets: null, positions });
    return story.asksCommitted(reader, 7).violated;
  };
  t.deepEqual(run([{ topic: 'orders', partition: 0, offset: 7 }]), []);
  t.deepEqual(run([]), ['GR5']);
});

test('GR5: where a consumer begins that assigned the partition to itself is an answer too', (t) => {
  const run = (begin: number) => {
    const story = new Story(committedOffsets).partition();
    const properties = { 'group.id': 'by-hand', 'enable.auto.commit': false };
    const first = story.consumer(properties);
    story.commit(first, 2).ended(first);
    const second = story.consumer(properties);
    story.assign(second).polled(second, [], begin);
    return story.violated;
  };
  t.deepEqual(run(0), ['GR5']);
  t.deepEqual(run(2), []);
});

test('GR5: where there are transactions a consumer may begin behind a marker that stands at what is committed, not before it', (t) => {
  const run = (begin: number, isTransactional: boolean) => {
    const story = new Story(committedOffsets).partition();
    if (isTransactional) story.begin(story.transactional('t')).send('a', 1).commit();
    const properties = { 'group.id': 'by-hand', 'enable.auto.commit': false };
    const first = story.consumer(properties);
    story.commit(first, 2).ended(first);
    const second = story.consumer(properties);
    story.assign(second).polled(second, [], begin);
    return story.violated;
  };
  t.deepEqual(run(3, true), []);
  t.deepEqual(run(1, true), ['GR5']);
  t.deepEqual(run(3, false), ['GR5']);
});

test('GR5: an older commit, or none, in place of the last acknowledged one is reported', (t) => {
  const run = (answer: number | null) => {
    const story = new Story(committedOffsets).partition();
    const reader = story.member();
    story.commit(reader, 5).commit(reader, 9).asksCommitted(reader, answer);
    return story.violated;
  };
  t.deepEqual(run(5), ['GR5']);
  t.deepEqual(run(null), ['GR5']);
  t.deepEqual(run(9), []);
});

/** Broker 2 takes the group's offsets over from 1, which has not heard of it; in the log of 1 so many records are not committed. */
function deposed(story: Story, underWay = 0): Story {
  const partition = '__consumer_offsets-0';
  const log = { partition, topicId: partition, logStartOffset: 0, logEndOffset: underWay, recoveryPoint: 0 } as const;
  story.context.emit(1, { ...log, type: 'log-loaded', clean: false, batches: [], epochs: [] });
  return story.partition('__consumer_offsets').partition('__consumer_offsets', 0, 1, [2, 3]);
}

const TOLD = {
  type: 'offset-fetched',
  requireStable: false,
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  group: 'readers',
  partition: 'orders-0',
  error: 0,
} as const;

test('GR5: a coordinator that was deposed may tell what it remembers, the current one may not', (t) => {
  const run = (told: number, broker: number, answer: number | null, { asksFirst = true, underWay = 0 } = {}) => {
    const story = deposed(new Story(committedOffsets).partition(), underWay);
    const reader = story.member();
    story.commit(reader, 5).commit(reader, 9);
    const call = { f: 'committed', partitions: [{ topic: 'orders', partition: 0 }] } as const;
    if (!asksFirst) story.context.emit(broker, { ...TOLD, offset: told });
    story.wait(1);
    const op = story.invoke(reader, call);
    if (asksFirst) story.context.emit(broker, { ...TOLD, offset: told });
    const offsets = answer === null ? [] : [{ topic: 'orders', partition: 0, offset: answer }];
    story.answer(reader, op, call, { f: 'committed', offsets });
    return story.violated;
  };
  t.deepEqual(run(5, 1, 5), []);
  t.deepEqual(run(-1, 1, null), []);
  t.deepEqual(run(5, 2, 5), ['GR5']);
  t.deepEqual(run(-1, 1, 5), ['GR5'], 'it told something else');
  t.deepEqual(run(5, 1, 5, { asksFirst: false }), ['GR5'], 'it told so before the question');
  t.deepEqual(run(5, 1, 5, { underWay: 1 }), ['GR5'], 'it had to wait for what it was writing');
});

test('N4: a deposed leader may be asked about an epoch that the client heard of before it had metadata, and only then', (t) => {
  const run = (isLearned: boolean, asked: { readonly offsetEpoch: number; readonly divergentOffset: number }) => {
    const story = new Story(positions).partition();
    const reader = story.member();
    story.assigned(reader, 1);
    const { emit } = story.context;
    const of = { partition: 'orders-0', leaderEpoch: 1 };
    if (!isLearned) emit.call(story.context, reader.client, { type: 'leader-epoch-not-learned', ...of });
    emit.call(story.context, reader.client, {
      type: 'consumer-truncation-detected',
      ...of,
      position: 2,
      leaderEpoch: 0,
      ...asked,
    });
    reset(story, reader.client, 2, 0, 'out-of-range');
    return story.end(LOG);
  };
  t.deepEqual(run(false, { offsetEpoch: 1, divergentOffset: -1 }), []);
  t.deepEqual(run(true, { offsetEpoch: 1, divergentOffset: -1 }), ['N4']);
  t.deepEqual(run(false, { offsetEpoch: 0, divergentOffset: -1 }), ['N4']);
  t.deepEqual(run(false, { offsetEpoch: 1, divergentOffset: 1 }), ['N4']);
});

test('N4: a position without an epoch may be asked of a deposed leader; one with an epoch, or of the present leader, may not', (t) => {
  const run = (epochs: { readonly offsetEpoch?: number; readonly leaderEpoch?: number }) => {
    const story = new Story(positions).partition('orders', 0, 3);
    const reader = story.member();
    story.assigned(reader, 1);
    reset(story, reader.client, 2, 0, 'out-of-range', epochs);
    return story.end(LOG);
  };
  t.deepEqual(run({ offsetEpoch: -1, leaderEpoch: 2 }), []);
  t.deepEqual(run({ offsetEpoch: 2, leaderEpoch: 2 }), ['N4']);
  t.deepEqual(run({ offsetEpoch: -1, leaderEpoch: 3 }), ['N4']);
});

test('N4: that there is no committed offset may be told by a coordinator that was deposed', (t) => {
  const run = (broker: number) => {
    const story = deposed(new Story(positions).partition());
    story.context.emit(2, {
      type: 'offset-committed',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      group: 'readers',
      partition: 'orders-0',
      offset: 1,
      leaderEpoch: 0,
      member: 'm',
      generation: 1,
      groupGeneration: 1,
      groupState: 'Stable',
      isCurrentMember: true,
      offsetsPartition: 0,
      logOffset: 0,
    });
    const member = story.member();
    story.assigned(member, 1);
    story.context.emit(broker, { ...TOLD, offset: -1 });
    reset(story, member.client, -1, 0, 'no-committed-offset');
    return story.end(LOG);
  };
  t.deepEqual(run(1), []);
  t.deepEqual(run(2), ['N4']);
});

test('GR5: a commit of unknown fate may come at any later time; one that was refused may not', (t) => {
  const run = (end: 'info' | 'fail') => {
    const story = new Story(committedOffsets).partition();
    const old = story.member();
    story.commit(old, 5, end).ended(old);
    const reader = story.member();
    story.commit(reader, 9).asksCommitted(reader, 5);
    return story.violated;
  };
  t.deepEqual(run('info'), []);
  t.deepEqual(run('fail'), ['GR5']);
});

test('GR5: a consumer that was reset may have committed where it was sent, though it has read nothing there', (t) => {
  const run = (isReset: boolean) => {
    const story = new Story(committedOffsets).partition();
    const old = story.member();
    story.assigned(old, 1).commit(old, 5);
    if (isReset) reset(story, old.client, 5, 7, 'out-of-range');
    story.invoke(old, { f: 'commit', mode: 'async', offsets: null });
    story.ended(old);
    return story.asksCommitted(story.member(), 7).violated;
  };
  t.deepEqual(run(true), []);
  t.deepEqual(run(false), ['GR5']);
});

test('GR5: of a commit that was sent twice the request without an answer may come later', (t) => {
  const run = (wasSentTwice: boolean) => {
    const story = new Story(committedOffsets).partition();
    const reader = story.member();
    const offsets = [{ topic: 'orders', partition: 0, offset: 5 }];
    if (wasSentTwice) story.context.emit(reader.client, { type: 'consumer-commit-unanswered', group: 'readers', offsets });
    story.commit(reader, 5).commit(reader, 9).asksCommitted(reader, 5);
    return story.violated;
  };
  t.deepEqual(run(true), []);
  t.deepEqual(run(false), ['GR5']);
});

test('GR5: where a consumer begins is an answer too', (t) => {
  const run = (begin: number) => {
    const story = new Story(committedOffsets).partition();
    const first = story.member();
    story.commit(first, 2).ended(first);
    const second = story.member();
    story.assigned(second, 2).polled(second, [], begin);
    return story.violated;
  };
  t.deepEqual(run(0), ['GR5']);
  t.deepEqual(run(2), []);
});

test('N11: a record that no member of the group got is reported, unless it is below the start of the log', (t) => {
  const run = (reads: Reads, log: Reads, beginning = 0) => {
    const story = new Story(delivery).partition();
    const reader = story.member();
    story.assigned(reader, 1).polled(reader, reads);
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    return story.end(log, beginning, { consumers });
  };
  t.deepEqual(run(WITH_HOLE, LOG), ['N11']);
  t.deepEqual(run(LOG, LOG), []);
  t.deepEqual(run([[2, 'c']], [[2, 'c']], 2), []);
});

test('N11: a group whose own offsets may not be to be had is not waited for, others are', (t) => {
  const run = (unavailable: string) => {
    const story = new Story(delivery).partition().partition('__consumer_offsets');
    const reader = story.member();
    story.assigned(reader, 1).polled(reader, WITH_HOLE);
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    return story.end(LOG, 0, { consumers, excusedPartitions: new Map([[unavailable, 'a broker lost power']]) });
  };
  t.deepEqual(run('__consumer_offsets-0'), []);
  t.deepEqual(run('payments-0'), ['N11']);
});
