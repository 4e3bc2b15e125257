import test from 'ava';
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { metadataApplied, registered } from '../testing/registration.ts';
import { groups } from './groups.ts';

const ID = 'offsets-topic-id-aaaaa';

/** Broker 1 coordinates the only offsets partition. */
function coordinated(): FakeContext {
  const context = new FakeContext();
  context.check(groups);
  assign(context, 1, 0);
  load(context, 1, 0, []);
  return context;
}

function assign(context: FakeContext, leader: number, leaderEpoch: number, topicId = ID): void {
  const state = { topicId, leader, leaderEpoch, partitionEpoch: leaderEpoch };
  context.emit(1001, metadataApplied(leaderEpoch, { partitions: [registered('__consumer_offsets', 0, state)] }));
}

function load(
  context: FakeContext,
  node: number,
  leaderEpoch: number,
  offsets: TraceEventOf<'coordinator-loaded'>['offsets'],
  deletedGroups: TraceEventOf<'coordinator-loaded'>['deletedGroups'] = [],
): void {
  context.emit(node, { type: 'coordinator-loading', offsetsPartition: 0, leaderEpoch, endOffset: 0 });
  const of = { offsetsPartition: 0, leaderEpoch, groups: 1, transactionalOffsets: [] };
  context.emit(node, { type: 'coordinator-loaded', ...of, offsets, deletedGroups });
}

const commit = {
  type: 'offset-committed',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  group: 'g',
  partition: 'orders-0',
  offset: 5,
  leaderEpoch: 0,
  member: 'm',
  generation: 1,
  groupGeneration: 1,
  groupState: 'Stable',
  isCurrentMember: true,
  offsetsPartition: 0,
  logOffset: 10,
} as const;

test('commits of current members, and of nobody to an empty group, are taken', (t) => {
  const context = coordinated();
  context.emit(1, commit);
  context.emit(1, { ...commit, generation: -1, groupState: 'Empty', isCurrentMember: false, logOffset: 11 });
  t.deepEqual(context.violations, []);
});

test('GR4: a commit of an old generation', (t) => {
  const context = coordinated();
  context.emit(1, { ...commit, generation: 0 });
  t.deepEqual(context.violatedProperties, ['GR4']);
});

test('GR13: a new coordinator that has lost a commit; one that has a later one', (t) => {
  const lost = coordinated();
  lost.emit(1, commit);
  assign(lost, 2, 1);
  load(lost, 2, 1, []);
  t.deepEqual(lost.violatedProperties, ['GR13']);
  // Of the partition that was committed for, and not of the log that held the commit.
  const { group, partition, offset } = commit;
  t.deepEqual(lost.factsOf('GR13'), { nodeId: 2, leaderEpoch: 1, group, partition, offset });
  const later = coordinated();
  later.emit(1, commit);
  assign(later, 2, 1);
  load(later, 2, 1, [{ group: 'g', partition: 'orders-0', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', offset: 6, logOffset: 12 }]);
  t.deepEqual(later.violatedProperties, []);
  t.is(later.evaluations['GR13'], 1);
});

test('GR13: a commit that is told of while the tombstone after it is on its way', (t) => {
  const run = (dies: boolean) => {
    const context = coordinated();
    context.emit(1, {
      type: 'offset-removal-begun',
      reason: 'topic-deleted',
      ageMs: 0,
      group: 'g',
      partition: 'orders-0',
      offsetsPartition: 0,
    });
    context.emit(1, commit);
    if (!dies) {
      const removal = { group: 'g', partition: 'orders-0' };
      context.emit(1, { type: 'offset-removed', ...removal, reason: 'topic-deleted', logOffset: 11 });
      context.emit(1, { type: 'offset-removal-ended', ...removal, error: ErrorCode.NONE });
      context.emit(1, { ...commit, logOffset: 12 });
    }
    assign(context, 2, 1);
    load(context, 2, 1, []);
    return context.violatedProperties;
  };
  t.deepEqual(run(true), []);
  t.deepEqual(run(false), ['GR13']);
});

test('GR13: a coordinator that stood still tells of a commit after its successor has removed the offset', (t) => {
  const context = coordinated();
  assign(context, 2, 1);
  load(context, 2, 1, []);
  context.emit(2, {
    type: 'offset-removal-begun',
    reason: 'topic-deleted',
    ageMs: 0,
    group: 'g',
    partition: 'orders-0',
    offsetsPartition: 0,
  });
  context.emit(2, { type: 'offset-removed', group: 'g', partition: 'orders-0', reason: 'topic-deleted', logOffset: 12 });
  context.emit(1, commit);
  assign(context, 3, 2);
  load(context, 3, 2, []);
  t.deepEqual(context.violatedProperties, []);
});

test('GR13: a removal that was refused is over, and one that found nothing to remove', (t) => {
  const run = (error: number) => {
    const context = coordinated();
    const removal = { group: 'g', partition: 'orders-0' };
    context.emit(1, { type: 'offset-removal-begun', reason: 'topic-deleted', ageMs: 0, ...removal, offsetsPartition: 0 });
    context.emit(1, { type: 'offset-removal-ended', ...removal, error });
    context.emit(1, commit);
    assign(context, 2, 1);
    load(context, 2, 1, []);
    return context.violatedProperties;
  };
  t.deepEqual(run(ErrorCode.COORDINATOR_NOT_AVAILABLE), ['GR13']);
  t.deepEqual(run(ErrorCode.NONE), ['GR13']);
  t.deepEqual(run(ErrorCode.NOT_COORDINATOR), [], 'its term is over, the tombstone may be in the log');
});

test('GR13: a removal is under way until the last one has ended, whatever else its coordinator loads', (t) => {
  const context = coordinated();
  const removal = { group: 'g', partition: 'orders-0' };
  context.emit(1, { type: 'offset-removal-begun', reason: 'topic-deleted', ageMs: 0, ...removal, offsetsPartition: 0 });
  context.emit(1, { type: 'offset-removal-begun', reason: 'topic-deleted', ageMs: 0, ...removal, offsetsPartition: 0 });
  context.emit(1, { type: 'offset-removal-ended', ...removal, error: ErrorCode.NONE });
  context.emit(1, { type: 'coordinator-loading', offsetsPartition: 1, leaderEpoch: 0, endOffset: 0 });
  context.emit(1, commit);
  assign(context, 2, 1);
  load(context, 2, 1, []);
  t.deepEqual(context.violatedProperties, []);
});

test('GR13, GR6: a tombstone that its coordinator did not hear of any more', (t) => {
  const context = coordinated();
  context.emit(1, commit);
  context.emit(1, {
    type: 'offset-removal-begun',
    reason: 'topic-deleted',
    ageMs: 0,
    group: 'g',
    partition: 'orders-0',
    offsetsPartition: 0,
  });
  assign(context, 2, 1);
  load(context, 2, 1, []);
  context.emit(2, {
    type: 'offset-fetched',
    requireStable: false,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    group: 'g',
    partition: 'orders-0',
    error: 0,
    offset: -1,
  });
  t.deepEqual(context.violatedProperties, []);
});

test('GR6: an older offset, or none, from the current coordinator; a deposed one may be behind', (t) => {
  const context = coordinated();
  context.emit(1, commit);
  const fetched = {
    type: 'offset-fetched',
    requireStable: false,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    group: 'g',
    partition: 'orders-0',
    error: 0,
  } as const;
  context.emit(1, { ...fetched, offset: 5 });
  t.deepEqual(context.violatedProperties, []);
  context.emit(1, { ...fetched, offset: -1 });
  t.deepEqual(context.violatedProperties, ['GR6']);
  const deposed = coordinated();
  assign(deposed, 2, 1);
  load(deposed, 2, 1, []);
  deposed.emit(2, commit);
  deposed.emit(1, { ...fetched, offset: -1 });
  t.deepEqual(deposed.violatedProperties, []);
});

test('GR6: what a transaction commits is answered from its marker on, and no more where something later was committed', (t) => {
  const run = (isCommitted: boolean, answer: number, later = false) => {
    const context = coordinated();
    context.emit(1, commit);
    const { topicId } = commit;
    const offset = { group: 'g', partition: 'orders-0', topicId, offset: 9, logOffset: commit.logOffset + 1, isApplied: true };
    if (later) context.emit(1, { ...commit, offset: 12, logOffset: commit.logOffset + 2 });
    context.emit(1, {
      type: 'transactional-offsets-ended',
      offsetsPartition: 0,
      producerId: 1,
      producerEpoch: 0,
      isCommitted,
      offsets: [offset],
      logOffset: commit.logOffset + 3,
    });
    context.emit(1, {
      type: 'offset-fetched',
      requireStable: false,
      topicId,
      group: 'g',
      partition: 'orders-0',
      error: 0,
      offset: answer,
    });
    return context.violatedProperties;
  };
  t.deepEqual(run(true, 9), []);
  t.deepEqual(run(true, commit.offset), ['GR6']);
  t.deepEqual(run(false, 9), ['GR6']);
  t.deepEqual(run(false, commit.offset), []);
  t.deepEqual(run(true, 12, true), []);
  t.deepEqual(run(true, 9, true), ['GR6']);
});

test('GR6: what was committed for another topic of the name is not there for the one that is asked for by its id (Kafka 4.3.1)', (t) => {
  const [former, present] = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg'];
  const fetched = { type: 'offset-fetched', requireStable: false, group: 'g', partition: 'orders-0', error: 0 } as const;
  const context = coordinated();
  context.emit(1, { ...commit, topicId: former });
  context.emit(1, { ...fetched, topicId: former, offset: 5 });
  context.emit(1, { ...fetched, topicId: present, offset: -1 });
  t.deepEqual(context.violatedProperties, []);
  context.emit(1, { ...fetched, topicId: present, offset: 5 });
  t.deepEqual(context.violatedProperties, ['GR6']);
  const byName = coordinated();
  byName.emit(1, { ...commit, topicId: former });
  byName.emit(1, { ...fetched, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', offset: -1 });
  t.deepEqual(byName.violatedProperties, ['GR6']);
});

test('GR7: served while loading', (t) => {
  const context = coordinated();
  assign(context, 2, 1);
  context.emit(2, { type: 'coordinator-loading', offsetsPartition: 0, leaderEpoch: 1, endOffset: 0 });
  context.emit(2, commit);
  t.deepEqual(context.violatedProperties, ['GR7']);
});

const assigned = (generation: number, logOffset: number, member = 'a') =>
  ({
    type: 'group-assignment',
    group: 'g',
    logOffset,
    generation,
    protocol: 'range',
    leader: member,
    assignments: [{ member, partitions: ['orders-0'] }],
  }) as const;

test('GR1, GR2: a coordinator that was stopped tells late of what is in the log before later generations; it must fit there', (t) => {
  const resumed = (late: ReturnType<typeof assigned>) => {
    const context = coordinated();
    context.emit(1, assigned(1, 5));
    assign(context, 2, 1);
    load(context, 2, 1, []);
    context.emit(2, assigned(4, 20));
    context.emit(1, late);
    return context.violatedProperties;
  };
  t.deepEqual(resumed(assigned(2, 10)), []);
  t.deepEqual(resumed(assigned(2, 21)), ['GR1']);
  t.deepEqual(resumed(assigned(5, 10)), ['GR1']);
  t.deepEqual(resumed(assigned(4, 10, 'b')), ['GR2']);
});

test('GR2: who coordinates next gives out another assignment of the generation, which its leader had made too (fidelity.md, "Groups")', (t) => {
  const context = coordinated();
  context.emit(1, assigned(1, 5));
  const told = { type: 'group-sync-answered', group: 'g', generation: 1, member: 'a' } as const;
  context.emit(1, { ...told, partitions: ['orders-0'] });
  assign(context, 2, 1);
  load(context, 2, 1, []);
  context.emit(2, { ...told, partitions: ['orders-0'] });
  t.deepEqual(context.violatedProperties, []);
  context.emit(2, { ...told, partitions: ['orders-1'] });
  t.deepEqual(context.violatedProperties, ['GR2']);
});

test('GR1, GR2, GR6, GR13: an offsets topic with another id holds nothing of the one before', (t) => {
  const context = coordinated();
  context.emit(1, assigned(3, 10));
  context.emit(1, commit);
  assign(context, 2, 0, 'offsets-topic-id-bbbbb');
  load(context, 2, 0, []);
  context.emit(2, assigned(1, 1, 'b'));
  context.emit(2, {
    type: 'offset-fetched',
    requireStable: false,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    group: 'g',
    partition: 'orders-0',
    error: 0,
    offset: -1,
  });
  t.deepEqual(context.violatedProperties, []);
});

test('GR1: a group begins anew only behind its tombstone in the log', (t) => {
  const deleted = { type: 'group-deleted', group: 'g', logOffset: 15 } as const;
  const context = coordinated();
  context.emit(1, assigned(3, 10));
  context.emit(1, deleted);
  context.emit(1, assigned(1, 20));
  t.deepEqual(context.violatedProperties, []);
  context.emit(1, assigned(2, 11));
  t.deepEqual(context.violatedProperties, ['GR1']);
});

test('GR1, GR2: a group begins anew also behind a tombstone that only the next coordinator tells of, having read it', (t) => {
  const succeeded = (deletedGroups: TraceEventOf<'coordinator-loaded'>['deletedGroups'], generation: number) => {
    const context = coordinated();
    context.emit(1, assigned(2, 10));
    assign(context, 2, 1);
    load(context, 2, 1, [], deletedGroups);
    load(context, 2, 1, [], deletedGroups);
    context.emit(2, assigned(generation, 20, 'b'));
    return context.violatedProperties;
  };
  const tombstone = { group: 'g', logOffset: 15 };
  t.deepEqual(succeeded([tombstone], 1), []);
  t.deepEqual(succeeded([tombstone], 2), []);
  t.deepEqual(succeeded([], 1), ['GR1']);
  t.deepEqual(succeeded([], 2), ['GR2']);
  t.deepEqual(succeeded([{ ...tombstone, logOffset: 5 }], 1), ['GR1']);
  t.deepEqual(succeeded([{ ...tombstone, group: 'another' }], 1), ['GR1']);
});

test('GR13: what was removed is not there again with the next coordinator, what was committed after it is', (t) => {
  const loaded = (logOffset: number): string[] => {
    const context = coordinated();
    context.emit(1, { type: 'offset-removed', group: 'g', partition: 'orders-0', reason: 'expired', logOffset: 11 });
    assign(context, 2, 1);
    load(context, 2, 1, [{ group: 'g', partition: 'orders-0', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', offset: 6, logOffset }]);
    return context.violatedProperties;
  };
  t.deepEqual(loaded(10), ['GR13']);
  t.deepEqual(loaded(12), []);
});

test('GR13: a removal that is told late does not concern a later commit', (t) => {
  const context = coordinated();
  context.emit(1, commit);
  context.emit(1, { type: 'offset-removed', group: 'g', partition: 'orders-0', reason: 'expired', logOffset: 9 });
  assign(context, 2, 1);
  load(context, 2, 1, []);
  t.deepEqual(context.violatedProperties, ['GR13']);
});

test('GR1, GR2: an older generation; a partition given to two; another answer than the assignment', (t) => {
  const assignment = {
    type: 'group-assignment',
    group: 'g',
    logOffset: 10,
    generation: 2,
    protocol: 'range',
    leader: 'a',
    assignments: [
      { member: 'a', partitions: ['orders-0'] },
      { member: 'b', partitions: ['orders-1'] },
    ],
  } as const;
  const context = coordinated();
  context.emit(1, assignment);
  context.emit(1, { type: 'group-sync-answered', group: 'g', generation: 2, member: 'b', partitions: ['orders-1'] });
  t.deepEqual(context.violatedProperties, []);
  context.emit(1, { type: 'group-sync-answered', group: 'g', generation: 2, member: 'b', partitions: ['orders-0'] });
  t.deepEqual(context.violatedProperties, ['GR2']);
  context.emit(1, { ...assignment, generation: 1, logOffset: 11 });
  t.deepEqual(context.violatedProperties, ['GR1', 'GR2']);
  const twice = coordinated();
  twice.emit(1, {
    ...assignment,
    assignments: [
      { member: 'a', partitions: ['orders-0'] },
      { member: 'b', partitions: ['orders-0'] },
    ],
  });
  t.deepEqual(twice.violatedProperties, ['GR2']);
  t.like(twice.factsOf('GR2'), { nodeId: 1, group: assignment.group, member: 'b', partition: 'orders-0' });
});

test('GR8: two live members of one instance id', (t) => {
  const joined = { type: 'group-member-joined', group: 'g', instanceId: 'i', generation: 1 } as const;
  const context = coordinated();
  context.emit(1, { ...joined, member: 'a' });
  context.emit(1, {
    type: 'group-member-removed',
    group: 'g',
    member: 'a',
    reason: 'fenced',
    sinceHeartbeatMs: 0,
    sessionTimeoutMs: 10,
  });
  context.emit(1, { ...joined, member: 'b' });
  t.deepEqual(context.violatedProperties, []);
  t.is(context.evaluations['GR8'], 1);
  context.emit(1, { ...joined, member: 'c' });
  t.deepEqual(context.violatedProperties, ['GR8']);
});

test('GR12: a session that had not passed', (t) => {
  const removed = {
    type: 'group-member-removed',
    group: 'g',
    member: 'a',
    reason: 'session-expired',
    sessionTimeoutMs: 1000,
  } as const;
  const context = coordinated();
  context.emit(1, { ...removed, sinceHeartbeatMs: 1000 });
  t.deepEqual(context.violatedProperties, []);
  context.emit(1, { ...removed, sinceHeartbeatMs: 999 });
  t.deepEqual(context.violatedProperties, ['GR12']);
  const heard = coordinated();
  const heartbeat = { type: 'group-heartbeat-received', group: 'g', member: 'a', generation: 1 } as const;
  heard.emit(1, { ...heartbeat, error: 0 });
  heard.pass(998.5);
  heard.emit(1, { ...heartbeat, error: 25 });
  heard.emit(1, { ...removed, sinceHeartbeatMs: 1000 });
  t.deepEqual(
    heard.violatedProperties,
    [],
    'a heartbeat that is refused keeps nobody alive, and a clock that runs fast tells whole milliseconds',
  );
  heard.emit(1, { ...heartbeat, error: 27 });
  heard.pass(997);
  heard.emit(1, { ...removed, sinceHeartbeatMs: 1000 });
  t.deepEqual(heard.violatedProperties, ['GR12'], 'whatever its coordinator thinks');
});

test('GR12: a session that has long passed, while its coordinator was at work; of a new member, and over a stall, that may be', (t) => {
  const removed = { type: 'group-member-removed', group: 'g', member: 'a', reason: 'session-expired' } as const;
  const kept = (sinceHeartbeatMs: number, { isNew = false, stallMs = 0 } = {}): string[] => {
    const context = coordinated();
    if (!isNew) context.emit(1, { type: 'group-heartbeat-received', group: 'g', member: 'a', generation: 1, error: 0 });
    if (stallMs > 0) context.world(1, { type: 'paused' });
    context.pass(stallMs);
    if (stallMs > 0) context.world(1, { type: 'resumed' });
    context.pass(sinceHeartbeatMs - stallMs);
    context.emit(1, { ...removed, sinceHeartbeatMs, sessionTimeoutMs: 1_000 });
    return context.violatedProperties;
  };
  t.deepEqual(kept(2_000), []);
  t.deepEqual(kept(2_001), ['GR12']);
  t.deepEqual(kept(300_000, { isNew: true }), []);
  t.deepEqual(kept(5_000, { stallMs: 3_000 }), []);
  t.deepEqual(kept(5_000, { stallMs: 2_999 }), ['GR12']);
});

test('GR4: also a commit in a transaction is of the generation that the log has before it', (t) => {
  const run = (generation: number, member: string): string[] => {
    const context = coordinated();
    context.emit(1, assigned(1, 5, 'm'));
    const of = {
      group: 'g',
      partition: 'orders-0',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      offset: 1,
      leaderEpoch: 0,
      offsetsPartition: 0,
      logOffset: 6,
    };
    const by = { transactionalId: 't', producerId: 7, producerEpoch: 0, member, generation };
    context.emit(1, { type: 'transactional-offset-written', ...of, ...by });
    return context.violatedProperties;
  };
  t.deepEqual(run(1, 'm'), []);
  t.deepEqual(run(0, 'm'), ['GR4']);
  t.deepEqual(run(1, 'n'), ['GR4']);
  t.deepEqual(run(-1, ''), [], 'as clients before KIP-447 commit');
});

test('GR4: a commit of a generation that the log has left behind, or of somebody who is not in it, whatever the coordinator says', (t) => {
  const run = (change: Partial<TraceEventOf<'offset-committed'>>, isStatic = false) => {
    const context = coordinated();
    if (isStatic) context.emit(1, { type: 'group-member-joined', group: 'g', member: 'm', instanceId: 'i', generation: 1 });
    context.emit(1, assigned(1, 5, 'm'));
    context.emit(1, { ...commit, ...change });
    return context.violatedProperties;
  };
  t.deepEqual(run({}), []);
  t.deepEqual(run({ member: 'n' }), ['GR4']);
  t.deepEqual(run({ member: 'n' }, true), []);
  t.deepEqual(run({ generation: 0, groupGeneration: 0 }), ['GR4']);
  t.deepEqual(run({ generation: 0, groupGeneration: 0, logOffset: 4 }), [], 'it came before that assignment');
});

test('at risk: GR7 by a request that comes while nothing is loaded, GR4 by one of another generation, GR8 by a second member', (t) => {
  const context = coordinated();
  context.emit(1, commit);
  const risks = () => ['GR4', 'GR7', 'GR8'].map((id) => context.evaluations[id] ?? 0);
  t.deepEqual(risks(), [0, 0, 0]);
  const refused = { group: 'g', member: 'm', generation: 1, times: 1 } as const;
  const commits = { ...refused, producerId: -1, partitions: ['orders-0'] };
  context.emit(1, { type: 'offset-commit-rejected', ...commits, error: 22 });
  context.emit(1, { type: 'group-request-rejected', ...refused, api: 'JoinGroup', error: 14 });
  context.emit(1, { type: 'offset-commit-rejected', ...commits, error: 16 });
  context.emit(1, { type: 'group-request-rejected', ...refused, api: 'Heartbeat', error: 82 });
  t.deepEqual(risks(), [1, 2, 1]);
});
