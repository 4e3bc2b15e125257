/** What is not promised for the way in which an application reads, writes or commits, or for the world it lives in: left out, and said so. */
import test from 'ava';
import type { Session } from '../../sim/history.ts';
import type { FinalRead } from '../../sim/observe.ts';
import { fakePlan } from '../testing/fake-context.ts';
import { type Reads, Story, sendOf } from '../testing/story.ts';
import { calm } from './calm.ts';
import { commits } from './commits.ts';
import { committedOffsets } from './committed-offsets.ts';
import { delivery } from './delivery.ts';
import { ownership } from './ownership.ts';
import { records } from './records.ts';
import { sendOrder } from './send-order.ts';

type Properties = Record<string, string | boolean>;

const LOG: Reads = [
  [0, 'a'],
  [1, 'b'],
  [2, 'c'],
];
const PASSED_BY: Reads = [
  [0, 'a'],
  [2, 'c'],
];
const LATEST = { 'auto.offset.reset': 'latest' };

test('N11: who seeks back, or to what its group has committed, passes by nothing', (t) => {
  const run = (goesBack: (story: Story, reader: Session) => unknown) => {
    const story = new Story(delivery).partition();
    const reader = story.member();
    story.assigned(reader, 1).polled(reader, LOG.slice(0, 2));
    goesBack(story, reader);
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    story.end(LOG, 0, { consumers });
    return story.context.excuses['N11'];
  };
  t.is(
    run((story, reader) => story.seek(reader, 1)),
    undefined,
  );
  t.is(
    run((story, reader) => story.asksCommitted(reader, 9).seek(reader, 9)),
    undefined,
  );
  t.regex(run((story, reader) => story.seek(reader, 9)) ?? '', /seeks$/);
  t.regex(run((story, reader) => story.asksCommitted(reader, 9).assigned(reader, 2).seek(reader, 9)) ?? '', /seeks$/);
});

test('J3, N3, N11: where readers begin elsewhere than at the beginning, or seek, a record may be passed by', (t) => {
  const run = (properties: Properties, seeks: boolean) => {
    const story = new Story([records, delivery]).partition();
    const writer = story.producer();
    for (const [offset, value] of LOG) story.sent(writer, value, offset);
    const reader = story.member(properties);
    story.assigned(reader, 1);
    if (seeks) story.seek(reader, 0);
    story.polled(reader, PASSED_BY);
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    return [story.end(LOG, 0, { consumers }), story.context.excuses] as const;
  };
  t.deepEqual(run({}, false), [['J3', 'N11'], {}]);
  const [violated, excuses] = run(LATEST, false);
  t.deepEqual(violated, []);
  t.regex(excuses['J3'] ?? '', / may begin at the end of a partition$/);
  t.regex(excuses['N11'] ?? '', /^group readers is left out: .* begins at the end where nothing is committed$/);
  t.regex(run({}, true)[1]['N11'] ?? '', /^group readers is left out: .* seeks$/);

  const commitsAhead = (properties: Properties) => {
    const story = new Story(commits).partition();
    const reader = story.member(properties);
    story.assigned(reader, 1);
    const of = {
      group: 'readers',
      partition: 'orders-0',
      leaderEpoch: 0,
      member: 'm',
      generation: 1,
      offsetsPartition: 0,
    } as const;
    const state = { groupGeneration: 1, groupState: 'Stable', isCurrentMember: true, logOffset: 0 } as const;
    story.context.emit(1, { ...of, ...state, type: 'offset-committed', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', offset: 3 });
    return [story.end(LOG), story.context.excuses['N3']] as const;
  };
  t.deepEqual(commitsAhead({}), [['N3'], undefined]);
  t.deepEqual(commitsAhead(LATEST), [[], 'group readers has members that do not begin at the earliest offset']);
});

test('J4: a partition that could not be read at the end is said to be unread', (t) => {
  const story = new Story(records).partition();
  story.sent(story.producer(), 'a', 0);
  const finalReads = new Map<string, FinalRead>();
  t.deepEqual(story.end([], 0, { finalReads }), []);
  t.is(story.context.excuses['J4'], 'orders-0 could not be read at the end');
});

test('J14, J16: a producer is not held to an order that its properties do not promise', (t) => {
  const run = (properties: Properties) => {
    const story = new Story(sendOrder).partition();
    const writer = story.producer(properties);
    story.acknowledge(writer, story.invoke(writer, sendOf('a')), 'a', 1).sent(writer, 'b', 0);
    return [story.end([]), story.context.excuses['J16']] as const;
  };
  t.deepEqual(run({}), [['J16'], undefined]);
  t.deepEqual(run({ acks: '1', 'max.in.flight.requests.per.connection': '1' }), [
    [],
    'producer-1 does not wait for all replicas',
  ]);
  t.deepEqual(run({ 'enable.idempotence': false }), [[], 'producer-1 may have several batches in flight without idempotence']);
});

test('GR5: what a group commits automatically is not in the history', (t) => {
  const run = (properties: Properties) => {
    const story = new Story(committedOffsets).partition();
    const reader = story.member(properties);
    story.commit(reader, 5).wait(1).asksCommitted(reader, 3);
    return [story.violated, story.context.excuses['GR5']] as const;
  };
  t.deepEqual(run({}), [['GR5'], undefined]);
  const why = 'group readers has members that commit automatically, which the history does not show';
  t.deepEqual(run({ 'enable.auto.commit': true }), [[], why]);
});

test('Q1: nothing is promised where the network is as bad as a fault, or rare paths are taken on purpose', (t) => {
  const run = (world: Partial<ReturnType<typeof fakePlan>['world']>) => {
    const story = new Story(calm, fakePlan({ world: { ...fakePlan().world, ...world } }));
    story.unsent(story.producer(), 'a', 'info');
    return [story.violated, story.context.excuses['Q1']] as const;
  };
  t.deepEqual(run({}), [['Q1'], undefined]);
  t.deepEqual(run({ buggify: true }), [[], 'rare legal paths are taken on purpose, failures among them']);
  t.deepEqual(run({ latencyUs: 1_000_000, jitterUs: 0 }), [
    [],
    "in this plan's world a single trip over the network may take 1000 ms",
  ]);
});

test('L10: nobody knows where a group is while a partition of __consumer_offsets is not available', (t) => {
  const run = (partition: string) => {
    const story = new Story(ownership).partition().partition('__consumer_offsets', 1);
    const reader = story.member();
    const consumers = [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }];
    const unmet = story.unsettled({ consumers, excusedPartitions: new Map([[partition, 'broker 1 lost power']]) });
    return [unmet, story.context.excuses['L10']] as const;
  };
  t.deepEqual(run('orders-0'), ['L10', undefined]);
  t.deepEqual(run('__consumer_offsets-1'), [null, 'group readers may have no coordinator: broker 1 lost power']);
});
