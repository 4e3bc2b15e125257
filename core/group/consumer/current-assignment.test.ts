import test from 'ava';
import { type ConsumerMember, MemberState, newMember } from './consumer-member.ts';
import { reconcile, type Reconciliation } from './current-assignment.ts';

const { STABLE, UNREVOKED_PARTITIONS, UNRELEASED_PARTITIONS } = MemberState;

/** Of topic `t`: partitions with the epochs that they were assigned in. */
function epochs(of: Readonly<Record<number, number>>) {
  const all = Object.entries(of).map(([partition, epoch]): [number, number] => [Number(partition), epoch]);
  return all.length === 0 ? new Map<string, never>() : new Map([['t', new Map(all)]]);
}

function member(assigned: Readonly<Record<number, number>>, more: Partial<ConsumerMember> = {}): ConsumerMember {
  return { ...newMember('m'), memberEpoch: 3, previousMemberEpoch: 2, assigned: epochs(assigned), ...more };
}

function step(from: ConsumerMember, target: readonly number[], more: Partial<Reconciliation> = {}) {
  const next = reconcile(from, {
    targetEpoch: 5,
    target: new Map([['t', new Set(target)]]),
    hasSubscriptionChanged: false,
    subscribedTopicIds: new Set(['t']),
    isOwned: () => false,
    reported: null,
    ...more,
  });
  const told = (of: ConsumerMember['assigned']) => Object.fromEntries(of.get('t') ?? []);
  return {
    next,
    at: [next.state, next.memberEpoch, next.previousMemberEpoch, told(next.assigned), told(next.pendingRevocation)] as const,
  };
}

test('what is free is assigned at once, in the epoch of the target', (t) => {
  t.deepEqual(step(member({ 0: 2 }), [0, 1]).at, [STABLE, 5, 3, { 0: 2, 1: 5 }, {}]);
});

test('what is to be given up keeps the member in its epoch until it says that it has given it up', (t) => {
  const told = step(member({ 0: 2, 1: 3 }), [0, 2]);
  t.deepEqual(told.at, [UNREVOKED_PARTITIONS, 3, 3, { 0: 2 }, { 1: 3 }]);
  const silent = step(told.next, [0, 2]);
  t.is(silent.next, told.next);
  const still = step(told.next, [0, 2], { reported: [{ topicId: 't', partitions: [0, 1] }] });
  t.is(still.next, told.next);
  const given = step(told.next, [0, 2], { reported: [{ topicId: 't', partitions: [0] }] });
  t.deepEqual(given.at, [STABLE, 5, 3, { 0: 2, 2: 5 }, {}]);
});

test('what others still have is waited for, and comes when it is free', (t) => {
  const waiting = step(member({ 0: 2 }), [0, 1, 2], { isOwned: (_, partition) => partition === 1 });
  t.deepEqual(waiting.at, [UNRELEASED_PARTITIONS, 5, 3, { 0: 2, 2: 5 }, {}]);
  const later = step(waiting.next, [0, 1, 2], { isOwned: (_, partition) => partition === 0 || partition === 2 });
  t.deepEqual(later.at, [STABLE, 5, 5, { 0: 2, 1: 5, 2: 5 }, {}]);
});

test('a partition that it was told to give up, and is to have again, is its own', (t) => {
  const told = step(member({ 0: 2, 1: 3 }), [0]);
  const again = step(told.next, [0, 1], {
    targetEpoch: 6,
    isOwned: () => true,
    reported: [{ topicId: 't', partitions: [0] }],
  });
  t.deepEqual(again.at, [STABLE, 6, 3, { 0: 2, 1: 6 }, {}]);
});

test('in its epoch nothing happens, but a topic that it does not subscribe to any more goes at once', (t) => {
  const there = member({ 0: 2 }, { memberEpoch: 5 });
  t.is(step(there, []).next, there);
  const gone = { hasSubscriptionChanged: true, subscribedTopicIds: new Set<string>() };
  t.deepEqual(step(there, [0], gone).at, [UNREVOKED_PARTITIONS, 5, 5, {}, { 0: 2 }]);
  t.deepEqual(step(there, [0], { ...gone, reported: [] }).at, [STABLE, 5, 5, {}, {}]);
});
