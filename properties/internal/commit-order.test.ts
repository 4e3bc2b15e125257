import test from 'ava';
import { ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { metadataApplied } from '../testing/registration.ts';
import { commitOrder } from './commit-order.ts';

const commit = {
  type: 'offset-committed',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  group: 'g',
  partition: 'orders-0',
  leaderEpoch: 0,
  member: 'm',
  generation: 1,
  groupGeneration: 1,
  groupState: 'Stable',
  isCurrentMember: true,
  offsetsPartition: 0,
  logOffset: 10,
} as const;

function checked(): FakeContext {
  const context = new FakeContext();
  context.check(commitOrder);
  context.emit(1, { ...commit, offset: 5 });
  context.emit(1, { ...commit, offset: 8 });
  return context;
}

test('GR14: in a topic that was made again a member begins anew', (t) => {
  const context = checked();
  const session = { id: 9, client: 'admin', incarnation: 0, kind: 'admin', properties: {} } as const;
  const call = { f: 'admin', operation: 'deleteTopics', detail: 'orders' } as const;
  context.history({ type: 'invoke', op: 1, call, session, step: 1, timeUs: 1 });
  const removedPartitions = [{ partition: 'orders-0', topic: 'orders', topicId: 'old' }];
  context.emit(1, metadataApplied(1, { role: 'broker', removedPartitions }));
  context.emit(1, { ...commit, offset: 2 });
  t.deepEqual(context.violatedProperties, []);
});

test('GR14: a commit of the same member and generation goes back', (t) => {
  const context = checked();
  context.emit(1, { ...commit, offset: 8 });
  t.deepEqual(context.violations, []);
  t.is(context.evaluations['GR14'], 2);
  context.emit(1, { ...commit, offset: 5 });
  t.deepEqual(context.violatedProperties, ['GR14']);
  t.like(context.factsOf('GR14'), { nodeId: 1, group: commit.group, partition: commit.partition, offset: 5 });
});

test("GR14: a coordinator that stood still tells of a commit that lies before its successor's; one behind them counts", (t) => {
  const told = (logOffset: number) => {
    const context = checked();
    context.emit(2, { ...commit, offset: 9, logOffset: 20 });
    context.emit(1, { ...commit, offset: 7, logOffset });
    return context.violatedProperties;
  };
  t.deepEqual(told(19), []);
  t.deepEqual(told(21), ['GR14']);
});

test('GR14: a group whose offsets partition lost what was committed may make its last generation again', (t) => {
  const after = (isWiped: boolean) => {
    const c = new ScriptedCluster();
    c.context.check(commitOrder);
    const state = { replicas: [1], isr: [1], leaderEpoch: 0, partitionEpoch: 0 };
    c.commit({ partition: '__consumer_offsets-0', ...state, leader: 1 });
    c.context.emit(1, {
      type: 'became-leader',
      partition: '__consumer_offsets-0',
      topicId: TOPIC_ID,
      ...state,
      logStartOffset: 0,
      logEndOffset: 0,
      highWatermark: 0,
    });
    c.context.emit(1, { ...commit, offset: 8 });
    if (isWiped) c.context.world(1, { type: 'disk-wiped', directory: null });
    c.context.emit(1, { ...commit, offset: 5, logOffset: 11 });
    return c.violated;
  };
  t.deepEqual(after(false), ['GR14']);
  t.deepEqual(after(true), []);
});

test('GR14: another member, another generation, another partition may be further back', (t) => {
  const context = checked();
  context.emit(1, { ...commit, partition: 'orders-1', offset: 1 });
  context.emit(1, { ...commit, generation: 2, offset: 6 });
  context.emit(1, { ...commit, member: 'n', generation: 2, offset: 5 });
  t.deepEqual(context.violations, []);
});

test('GR14: a request that was not answered may be applied at any later time, another may not', (t) => {
  const context = checked();
  context.emit('reader-1', {
    type: 'consumer-commit-unanswered',
    group: 'g',
    offsets: [{ topic: 'orders', partition: 0, offset: 5 }],
  });
  context.emit(1, { ...commit, offset: 5 });
  t.deepEqual(context.violations, []);
  context.emit(1, { ...commit, offset: 4 });
  t.deepEqual(context.violatedProperties, ['GR14']);
});

test('GR14: an application that seeks, or names what it commits, may go back', (t) => {
  const session = { id: 1, client: 'reader-1', incarnation: 1, kind: 'consumer', properties: { 'group.id': 'g' } } as const;
  const calls = [
    { f: 'seek', topic: 'orders', partition: 0, offset: 0 },
    { f: 'commit', mode: 'sync', offsets: [{ topic: 'orders', partition: 0, offset: 1 }] },
  ] as const;
  for (const call of calls) {
    const context = checked();
    context.history({ step: 1, timeUs: 0, session, type: 'invoke', op: 1, call });
    context.emit(1, { ...commit, offset: 1 });
    t.deepEqual(context.violations, []);
    t.is(context.evaluations['GR14'], 1, 'what may go back is not put to the test');
  }
});

function assigned(context: FakeContext, group: string): void {
  const session = { id: 1, client: 'reader-1', incarnation: 1, kind: 'consumer', properties: { 'group.id': group } } as const;
  const at = { step: 1, timeUs: 0, session };
  context.history({ ...at, type: 'opened' });
  context.history({ ...at, type: 'assigned', generation: 1, partitions: [{ topic: 'orders', partition: 0 }] });
}

/** A reader of the group, reset from 8 to 4 by a truncation after it had committed 8. */
function reset(client = 'reader-1', group = 'g'): FakeContext {
  const context = checked();
  assigned(context, group);
  context.emit(client, {
    type: 'consumer-position-reset',
    partition: 'orders-0',
    from: 8,
    offsetEpoch: 0,
    leaderEpoch: 0,
    to: 4,
    reason: 'truncation',
  });
  return context;
}

test('GR14: a member that was reset commits from there on, also when what it had committed before comes in between', (t) => {
  const context = reset();
  for (const offset of [4, 8, 5, 7]) context.emit(1, { ...commit, offset });
  t.deepEqual(context.violations, []);
});

test('GR14: a reset does not allow what is before it, nor to go back from what came after it', (t) => {
  const before = reset();
  before.emit(1, { ...commit, offset: 3 });
  t.deepEqual(before.violatedProperties, ['GR14']);
  const after = reset();
  after.emit(1, { ...commit, offset: 9 });
  after.emit(1, { ...commit, offset: 5 });
  t.deepEqual(after.violatedProperties, ['GR14']);
});

test('GR14: a reset of another client, of another group, or of an earlier assignment does not count', (t) => {
  const assignedAnew = reset();
  assigned(assignedAnew, 'g');
  for (const context of [reset('reader-2'), reset('reader-1', 'h'), assignedAnew]) {
    context.emit(1, { ...commit, offset: 5 });
    t.deepEqual(context.violatedProperties, ['GR14']);
  }
});
