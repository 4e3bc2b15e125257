import test from 'ava';
import { fakePlan } from '../testing/fake-context.ts';
import { PartitionGhost } from '../internal/replica-ghost.ts';
import { midSequenceStartsOf } from '../mid-sequence.ts';
import type { Plan } from '../../sim/plan.ts';
import { EMPTY_IMAGE } from '../../core/metadata/image.ts';
import { Story, sendOf } from '../testing/story.ts';
import { calm } from './calm.ts';
import { completion } from './completion.ts';
import { endOffsets } from './end-offsets.ts';
import { ownership } from './ownership.ts';
import { realtime } from './realtime.ts';
import { sendOrder } from './send-order.ts';

test('J14: pipelined sends out of order are reported where order is promised', (t) => {
  const run = (properties: Record<string, string | number | boolean>) => {
    const story = new Story(sendOrder).partition();
    const writer = story.producer(properties);
    const first = story.invoke(writer, sendOf('a'));
    const second = story.invoke(writer, sendOf('b'));
    story.acknowledge(writer, first, 'a', 1).acknowledge(writer, second, 'b', 0);
    return story.end([
      [0, 'b'],
      [1, 'a'],
    ]);
  };
  t.deepEqual(run({}), ['J14']);
  t.deepEqual(run({ 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1 }), ['J14']);
  t.deepEqual(run({ 'enable.idempotence': false }), []);
  t.deepEqual(run({ acks: '1' }), []);
});

test('J14, J16: order holds in a topic that was made again, for what was sent when no broker served the old one any more', (t) => {
  const run = (waits: boolean, brokers: readonly number[], midSequenceIn?: string) => {
    const story = new Story(sendOrder).madeAgain().hearsOfDeletion(...brokers);
    const writer = story.producer();
    story.context.emit(writer.client, { type: 'producer-id-acquired', producerId: 7, producerEpoch: 0 });
    if (midSequenceIn !== undefined) midSequenceStartsOf(story.context).note(new PartitionGhost('orders-0', midSequenceIn), 7);
    const first = story.invoke(writer, sendOf('a'));
    if (waits) story.acknowledge(writer, first, 'a', 1);
    const second = story.invoke(writer, sendOf('b'));
    if (!waits) story.acknowledge(writer, first, 'a', 1);
    story.acknowledge(writer, second, 'b', 0);
    return story.end([]);
  };
  t.deepEqual(run(true, [1, 2, 3]), ['J16']);
  t.deepEqual(run(false, [1, 2, 3]), ['J14']);
  t.deepEqual(run(true, [1, 2]), [], 'one of them may have gone to the old topic');
  t.deepEqual(run(false, [1, 2, 3], 'A'), ['J14']);
  t.deepEqual(run(false, [1, 2, 3], 'B'), []);
});

test('J14: a producer whose log begins in mid-sequence has no order, in that partition', (t) => {
  const run = (partition: string) => {
    const story = new Story(sendOrder).partition();
    const writer = story.producer();
    story.context.emit(writer.client, { type: 'producer-id-acquired', producerId: 7, producerEpoch: 0 });
    midSequenceStartsOf(story.context).note(new PartitionGhost(partition, 'A'), 7);
    const first = story.invoke(writer, sendOf('a'));
    const second = story.invoke(writer, sendOf('b'));
    story.acknowledge(writer, first, 'a', 1).acknowledge(writer, second, 'b', 0);
    return story.end([
      [0, 'b'],
      [1, 'a'],
    ]);
  };
  t.deepEqual(run('orders-0'), []);
  t.deepEqual(run('orders-1'), ['J14']);
});

test('J16: a send after an acknowledgement must come later in the log', (t) => {
  const run = (second: number) => {
    const story = new Story(sendOrder).partition();
    const writer = story.producer();
    story.sent(writer, 'a', 1).sent(writer, 'b', second);
    return story.end([
      [0, 'b'],
      [1, 'a'],
    ]);
  };
  t.deepEqual(run(0), ['J16']);
  t.deepEqual(run(7), []);
});

test('J17: real time order holds over all producers, but not for sends that overlap', (t) => {
  const after = new Story(realtime).partition();
  after.sent(after.producer(), 'a', 1).sent(after.producer(), 'b', 0);
  t.deepEqual(after.violated, ['J17']);

  const overlapping = new Story(realtime).partition();
  const [one, other] = [overlapping.producer(), overlapping.producer()];
  const op = overlapping.invoke(other, sendOf('b'));
  overlapping.sent(one, 'a', 1).acknowledge(other, op, 'b', 0);
  t.deepEqual(overlapping.violated, []);
});

test('J18: an old end offset is reported only of the leader that leads now', (t) => {
  const run = (epoch: number) => {
    const story = new Story(realtime).partition('orders', 0, 4);
    story.sent(story.producer(), 'a', 6).asksEnd(story.consumer(), 6, epoch);
    return story.violated;
  };
  t.deepEqual(run(4), ['J18']);
  t.deepEqual(run(3), []);
});

test('J18: what was told before counts', (t) => {
  const run = (second: number) => {
    const story = new Story(realtime).partition('orders', 0, 4);
    const reader = story.consumer();
    story.asksEnd(reader, 6, 4).asksEnd(reader, second, 4);
    return story.violated;
  };
  t.deepEqual(run(5), ['J18']);
  t.deepEqual(run(6), []);
});

test('N8: a send that takes longer than its time-outs is reported, unless its process stood still', (t) => {
  const run = (paused: boolean) => {
    const story = new Story(completion);
    const writer = story.producer({ 'max.block.ms': 1_000, 'delivery.timeout.ms': 2_000 });
    const op = story.invoke(writer, sendOf('a'));
    if (paused) story.pause(writer, 9_000);
    else story.wait(9_000);
    return story.acknowledge(writer, op, 'a', 0).violated;
  };
  t.deepEqual(run(false), ['N8']);
  t.deepEqual(run(true), []);
});

test('N8: a send that ends twice is reported', (t) => {
  const story = new Story(completion);
  const writer = story.producer();
  const op = story.invoke(writer, sendOf('a'));
  t.deepEqual(story.acknowledge(writer, op, 'a', 0).violated, []);
  t.deepEqual(story.acknowledge(writer, op, 'a', 0).violated, ['N8']);
  t.deepEqual(story.context.factsOf('N8'), { client: writer.client });
});

test('L8: an operation without end is reported once it is overdue; one of a crashed process is not', (t) => {
  const story = new Story(completion);
  const writer = story.producer({ 'max.block.ms': 1_000, 'delivery.timeout.ms': 2_000 });
  story.invoke(writer, sendOf('a'));
  t.is(story.wait(2_000).unsettled(), null);
  t.is(story.wait(9_000).unsettled(), 'L8');
  t.is(story.ended(writer).unsettled(), null);
});

test('N10: an end that is not behind the last record, or before an acknowledged one, is reported', (t) => {
  const run = (offset: number) => {
    const story = new Story(endOffsets).partition();
    story.sent(story.producer(), 'a', offset);
    return story.end([[0, 'a']]);
  };
  t.deepEqual(run(3), ['N10']);
  t.deepEqual(run(0), []);
});

test('N10: records that go while they are read are not missed, those are that should still be there', (t) => {
  const run = (beginningOffsetAfter: number) => {
    const story = new Story(endOffsets).partition();
    const read = {
      topic: 'orders',
      partition: 0,
      beginningOffset: 0,
      beginningOffsetAfter,
      endOffset: 5,
      records: [{ offset: 0, topicId: null, value: 'a', key: null }],
    };
    return story.end([], 0, { finalReads: new Map([['orders-0', read]]) });
  };
  t.deepEqual(run(5), []);
  t.deepEqual(run(4), ['N10']);
  t.deepEqual(run(0), ['N10']);
});

test('GR3: one partition for two members of a generation is reported, a zombie of an older one is not', (t) => {
  const run = (generation: number) => {
    const story = new Story(ownership).partition();
    story.assigned(story.member(), 3).assigned(story.member(), generation);
    return story.violated;
  };
  t.deepEqual(run(3), ['GR3']);
  t.deepEqual(run(4), []);
  t.deepEqual(run(2), []);
});

test('L10: a partition that came while the static leader was away may have no owner in its generation (KIP-814)', (t) => {
  const run = (keptIn: number) => {
    const story = new Story(
      ownership,
      fakePlan({ topics: [{ name: 'orders', partitions: 1, replicationFactor: 3, configs: {} }] }),
    );
    const reader = story.member();
    story.context.emit(1, { type: 'consumer-kept-assignment', group: 'readers', generation: keptIn });
    const group = { group: 'readers', state: 'Stable', generation: 4, members: ['m'], offsets: [] };
    const view = {
      nodes: new Map([['b1', { metadata: EMPTY_IMAGE, broker: { groups: [group], replicas: [] } } as never]]),
      consumers: [{ session: reader.id, client: reader.client, group: 'readers', topics: ['orders'] }],
    };
    story.unsettled(view);
    return story.unsettled(view);
  };
  t.is(run(3), 'L10');
  t.is(run(4), null);
});

test('Q1: what concerns a topic that an application makes and deletes is no fault', (t) => {
  const run = (topic: string) => {
    const story = new Story(calm, fakePlan({ topics: [{ name: 'orders', partitions: 1, replicationFactor: 3, configs: {} }] }));
    story.invoke(story.consumer(), { f: 'admin', operation: 'deleteTopics', detail: 'visitor' });
    story.failed(story.producer(), { f: 'send', topic, partition: null, key: null, value: 'a' }, 'UNKNOWN_TOPIC_OR_PARTITION');
    story.failed(story.member(), { f: 'commit', mode: 'sync', offsets: null }, 'UNKNOWN_TOPIC_OR_PARTITION');
    story.failed(story.member(), { f: 'commit', mode: 'sync', offsets: null }, 'UNKNOWN_TOPIC_ID');
    return story.violated;
  };
  t.deepEqual(run('visitor'), []);
  t.deepEqual(run('orders'), ['Q1']);
});

test('Q1: without faults an error is reported; with faults, for acks=0 and for an overtaken commit it is not', (t) => {
  const calmStory = new Story(calm);
  calmStory.unsent(calmStory.producer(), 'a', 'info');
  t.deepEqual(calmStory.violated, ['Q1']);
  t.like(calmStory.context.factsOf('Q1'), { client: 'producer-1' });

  const legal = new Story(calm);
  legal.unsent(legal.producer({ acks: '0' }), 'a', 'info');
  legal.failed(legal.member(), { f: 'commit', mode: 'sync', offsets: null }, 'REBALANCE_IN_PROGRESS');
  t.deepEqual(legal.violated, []);

  const stormy = new Story(calm);
  stormy.context.fault('crash', 'begins');
  stormy.unsent(stormy.producer(), 'a', 'info');
  t.deepEqual(stormy.violated, []);
  t.truthy(stormy.context.excuses['Q1']);
});

test('Q1: a transaction that is aborted, or whose producer was overtaken, is no fault; one that is not answered in time is', (t) => {
  const run = (error: string, { isInTransaction = true, overtakenBy = null as 'time' | 'producer' | null } = {}) => {
    const story = new Story(calm).partition();
    const initializes = { f: 'init-transactions', transactionalId: 't' } as const;
    const producer = story.transactional('t');
    story.invoke(producer, initializes);
    const transaction = isInTransaction ? { transaction: story.begin(producer).op } : {};
    const call = { f: 'send', topic: 'orders', partition: 0, key: null, value: 'a', ...transaction } as const;
    if (overtakenBy === 'producer') story.invoke(story.transactional('t'), initializes);
    if (overtakenBy === 'time') {
      const ofTransaction = { transactionalId: 't', producerId: 1, producerEpoch: 0 };
      story.context.emit(1, { type: 'transaction-timed-out', ...ofTransaction, openMs: 61_000, timeoutMs: 60_000 });
    }
    story.failed(producer, call, error);
    return story.violated;
  };
  t.deepEqual(run('TRANSACTION_ABORTED'), []);
  t.deepEqual(run('TRANSACTION_ABORTED', { isInTransaction: false }), ['Q1']);
  t.deepEqual(run('REQUEST_TIMED_OUT', { overtakenBy: 'time' }), ['Q1']);
  const fenced = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'INVALID_PRODUCER_ID_MAPPING'];
  for (const error of [...fenced, 'TRANSACTION_ABORTABLE']) {
    t.deepEqual(run(error, { overtakenBy: 'producer' }), [], error);
    t.deepEqual(run(error, { overtakenBy: 'time' }), [], error);
    t.deepEqual(run(error), ['Q1'], error);
  }
});

test('Q1: a record of a transaction whose coordinator was never asked for the producer is refused without a fault', (t) => {
  const run = (error: string): string[] => {
    const story = new Story(calm).partition();
    const stray = story.transactional('t');
    const call = { f: 'send', topic: 'orders', partition: 0, key: null, value: 'a', transaction: story.begin(stray).op } as const;
    return story.failed(stray, call, error).violated;
  };
  t.deepEqual(run('TRANSACTION_ABORTABLE'), []);
  t.deepEqual(run('INVALID_TXN_STATE'), []);
  t.deepEqual(run('PRODUCER_FENCED'), ['Q1']);
});

test('Q1: a fault that is planned and never takes effect excuses nothing', (t) => {
  const faults: Plan['faults'] = [{ kind: 'crash', atMs: 0, target: { role: 'cluster' }, forMs: 1, params: {} }];
  const story = new Story(calm, fakePlan({ faults }));
  story.context.fault('crash', 'refused');
  story.unsent(story.producer(), 'a', 'info');
  t.deepEqual(story.violated, ['Q1']);
});

test('Q1: an asynchronous commit may fail where the plan leaves it less time than replication may take; no other commit, no other error', (t) => {
  const run = (
    mode: 'sync' | 'async',
    error: string,
    properties: Record<string, number>,
    ofClient: Record<string, number> = {},
  ) => {
    const { cluster } = fakePlan();
    const story = new Story(calm, fakePlan({ cluster: { ...cluster, properties } }));
    story.failed(story.member(ofClient), { f: 'commit', mode, offsets: null }, error);
    return story.violated;
  };
  const short = { 'offsets.commit.timeout.ms': 500, 'replica.fetch.wait.max.ms': 500 };
  t.deepEqual(run('async', 'COORDINATOR_NOT_AVAILABLE', short), []);
  t.deepEqual(run('async', 'NETWORK_EXCEPTION', {}, { 'request.timeout.ms': 300 }), []);
  t.deepEqual(run('sync', 'COORDINATOR_NOT_AVAILABLE', short), ['Q1']);
  t.deepEqual(run('async', 'NOT_COORDINATOR', short), ['Q1']);
  t.deepEqual(run('async', 'NETWORK_EXCEPTION', short), ['Q1'], 'it is the broker that has too little time');
  t.deepEqual(run('async', 'COORDINATOR_NOT_AVAILABLE', {}, { 'request.timeout.ms': 300 }), ['Q1'], 'it is the client');
  t.deepEqual(run('async', 'COORDINATOR_NOT_AVAILABLE', {}), ['Q1']);
});
