import test from 'ava';
import { FakeContext } from '../testing/FakeContext.ts';
import { commitOrder } from './commit-order.ts';

const commit = {
  type: 'offset-committed',
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
  context.emit(1, {
    type: 'metadata-applied',
    role: 'broker',
    offset: 1,
    epoch: 1,
    fromSnapshot: false,
    partitions: [],
    removedPartitions: [{ partition: 'orders-0', topicId: 'old' }],
    brokers: [],
    removedBrokers: [],
    configs: [],
  });
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
