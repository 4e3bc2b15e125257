import test from 'ava';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { fakePlan } from '../testing/fake-context.ts';
import { metadataApplied, registered } from '../testing/registration.ts';

import { highWatermarks } from './high-watermark.ts';
import { inSync } from './in-sync.ts';
import { logAgreement } from './log-agreement.ts';

function cluster(): ScriptedCluster {
  const scripted = new ScriptedCluster([logAgreement, highWatermarks, inSync]);
  scripted.boot();
  return scripted;
}

const A = { base: 0, epoch: 0, crc: 0xa };
const B = { base: 1, epoch: 0, crc: 0xb };

/** Two committed and acknowledged batches on all replicas. */
function withTwoCommitted(): ScriptedCluster {
  const c = cluster();
  c.replicate(A, 1, 2, 3);
  c.highWatermark(1, 0, 1);
  c.ack(1, 0);
  c.replicate(B, 1, 2, 3);
  c.highWatermark(1, 1, 2);
  c.ack(1, 1);
  return c;
}

test('ordinary replication with a clean failover violates nothing', (t) => {
  const c = withTwoCommitted();
  c.highWatermark(2, 0, 1);
  c.commit({ leader: 2, leaderEpoch: 1, isr: [2, 3] });
  c.lead(2, 1, 2, 1);
  c.follow(3, 2, 1, 2);
  c.highWatermark(2, 1, 2);
  c.replicate({ base: 2, epoch: 1, crc: 0xc }, 2, 3);
  c.highWatermark(2, 2, 3);
  t.deepEqual(c.violated, []);
  t.true((c.context.evaluations['R1'] ?? 0) > 0 && (c.context.evaluations['R3'] ?? 0) > 0);
});

test('R1, R3: a leader that lacks what was acknowledged', (t) => {
  const c = cluster();
  c.replicate(A, 1, 2);
  c.highWatermark(1, 0, 1, { isr: [1, 2], maximalIsr: [1, 2, 3] });
  c.ack(1, 0);
  c.commit({ leader: 3, leaderEpoch: 1 });
  c.lead(3, 1, 0);
  t.true(c.violated.includes('R1'));
  t.true(c.violated.includes('R3'));
});

test('R1, R3: outside the durability budget the loss is excused, not reported', (t) => {
  const c = withTwoCommitted();
  for (const node of [1, 2, 3]) c.context.world(node, { type: 'power-lost' });
  c.load(3, []);
  c.commit({ leader: 3, leaderEpoch: 1 });
  c.lead(3, 1, 0);
  t.deepEqual(c.violated, []);
  t.true('R3' in c.context.excuses);
});

test('R3: a zombie of an old epoch need not have what was committed later', (t) => {
  const c = cluster();
  c.replicate(A, 1, 2);
  c.commit({ leader: 2, leaderEpoch: 2, isr: [1, 2] });
  c.lead(2, 2, 1);
  c.follow(1, 2, 2, 1);
  c.replicate({ base: 1, epoch: 2, crc: 0xc }, 2, 1);
  c.highWatermark(2, 0, 2);
  c.lead(3, 1, 0);
  t.deepEqual(c.violated, []);
});

test('R2, R4: a follower whose record differs from the committed one', (t) => {
  const c = cluster();
  c.append(1, 'leader', A);
  c.append(2, 'follower', A);
  c.append(3, 'follower', { ...A, crc: 0xbad });
  c.highWatermark(1, 0, 1);
  c.highWatermark(3, 0, 1);
  t.deepEqual(c.violated, ['R2', 'R4']);
});

test('R9: truncation of a committed record in the ISR; of an uncommitted one it is normal', (t) => {
  const fine = withTwoCommitted();
  fine.append(1, 'leader', { base: 2, epoch: 0, crc: 0xc });
  fine.commit({ leader: 2, leaderEpoch: 1, isr: [1, 2, 3] });
  fine.follow(1, 2, 1, 3);
  fine.truncate(1, 3, 2);
  t.deepEqual(fine.violated, []);
  t.is(fine.context.evaluations['R9'], 1);
  const wrong = withTwoCommitted();
  wrong.truncate(2, 2, 1);
  t.deepEqual(wrong.violated, ['R9']);
});

test('R2, R4: a leader whose log retention emptied before its restart goes on from what was committed', (t) => {
  const c = withTwoCommitted();
  c.highWatermark(2, 0, 2);
  c.load(1, [], { logStartOffset: 2, logEndOffset: 2 });
  c.commit({ leader: 1, leaderEpoch: 1, isr: [1] });
  c.lead(1, 1, 2, 2);
  c.follow(2, 1, 1, 2);
  c.replicate({ base: 2, epoch: 1, crc: 0xc }, 1, 2);
  c.commit({ leader: 1, leaderEpoch: 1, isr: [1, 2], partitionEpoch: 2 });
  c.highWatermark(1, 2, 3);
  t.deepEqual(c.violated, []);
  c.append(3, 'follower', { base: 2, epoch: 1, crc: 0xd });
  t.deepEqual(c.violated, ['R4']);
  t.like(c.context.factsOf('R4'), { nodeId: 3, offset: 2 });
});

test('R2, R4: what a follower keeps below the start of the leader’s log need not be what the leader had; what is above must be', (t) => {
  const run = (start: number) => {
    const c = withTwoCommitted();
    // b1 and b3 have a record that b2 never had, who leads on with others, of which retention removes the beginning.
    c.append(1, 'leader', { base: 2, epoch: 0, crc: 0xbad });
    c.append(3, 'follower', { base: 2, epoch: 0, crc: 0xbad });
    c.commit({ leader: 2, leaderEpoch: 1, isr: [2] });
    c.lead(2, 1, 2, 2);
    c.replicate({ base: 2, epoch: 1, crc: 0xc }, 2);
    c.context.emit(2, { type: 'log-start-offset-advanced', partition: PARTITION, from: 0, to: start, reason: 'retention' });
    c.replicate({ base: 3, epoch: 1, crc: 0xe }, 2);
    c.highWatermark(2, 2, 4);
    c.follow(3, 2, 1, 3);
    c.append(3, 'follower', { base: 3, epoch: 1, crc: 0xe });
    c.highWatermark(3, 2, 3);
    c.highWatermark(3, 3, 4);
    // That it is committed with a single in-sync member is another matter.
    return c.violated.filter((id) => id !== 'R14');
  };
  t.deepEqual(run(3), []);
  t.deepEqual(run(2), ['R2', 'R4']);
});

test('R4: a base offset that rotted where no checksum looks is copied by followers; another batch than those written is not excused', (t) => {
  const copied = (rotten: boolean, batch: { readonly base: number; readonly epoch: number; readonly crc: number }) => {
    const c = cluster();
    c.replicate(A, 1, 2);
    if (rotten) c.context.world(1, { type: 'disk-corrupted', path: `/d/${PARTITION}/00000000000000000000.log` });
    c.append(3, 'follower', batch);
    return c.violated;
  };
  const shifted = { ...A, base: 2 ** 32 };
  t.deepEqual(copied(true, shifted), []);
  t.deepEqual(copied(false, shifted), ['R4']);
  t.deepEqual(copied(true, { ...shifted, crc: 0xbad }), ['R4']);
  // Rot somewhere is no licence for a batch that was written at this place and does not belong behind what is here.
  const diverged = cluster();
  diverged.replicate(A, 1, 2);
  diverged.append(1, 'leader', { base: 1, epoch: 0, crc: 0xb });
  diverged.append(3, 'follower', { ...A, crc: 0xbad });
  diverged.context.world(1, { type: 'disk-corrupted', path: `/d/${PARTITION}/00000000000000000000.log` });
  diverged.append(3, 'follower', { base: 1, epoch: 0, crc: 0xb });
  t.is(diverged.context.violations.filter(({ property }) => property === 'R4').length, 2);
});

test('R10, R11: two writers of one epoch, and a leader that writes in another epoch than its own', (t) => {
  const two = cluster();
  two.append(1, 'leader', A);
  two.lead(2, 0, 0);
  two.append(2, 'leader', A);
  t.true(two.violated.includes('R10'));
  const other = cluster();
  other.append(1, 'leader', { ...A, epoch: 1 });
  t.deepEqual(other.violated, ['R11']);
});

test('R11: an epoch without a record may be forgotten, and an older one come in its place; one with records may not (KAFKA-10706)', (t) => {
  const entry = (epoch: number, startOffset: number) =>
    ({ type: 'epoch-assigned', partition: PARTITION, epoch, startOffset }) as const;
  const dropped = (logEndOffset: number, latestEpoch: number) =>
    ({ type: 'empty-epochs-dropped', partition: PARTITION, logEndOffset, latestEpoch }) as const;
  const deposed = cluster();
  deposed.context.emit(3, entry(0, 0));
  deposed.append(3, 'follower', A);
  deposed.context.emit(3, entry(4, 1));
  deposed.context.emit(3, dropped(1, 0));
  deposed.context.emit(3, entry(3, 1));
  t.false(deposed.violated.includes('R11'));
  const emptied = cluster();
  emptied.append(3, 'follower', A);
  emptied.context.emit(3, { type: 'log-start-offset-advanced', partition: PARTITION, from: 0, to: 1, reason: 'retention' });
  emptied.context.emit(3, { ...dropped(1, 0), latestEpoch: null } as never);
  t.false(emptied.violated.includes('R11'), 'a log without records knows no epoch');
  const unheard = cluster();
  unheard.append(3, 'follower', A);
  unheard.context.emit(3, entry(4, 1));
  unheard.context.emit(3, entry(3, 1));
  t.true(unheard.violated.includes('R11'));
  for (const wrong of [dropped(0, 0), dropped(1, -1)]) {
    const tooMuch = cluster();
    tooMuch.append(3, 'follower', A);
    tooMuch.context.emit(3, wrong);
    t.true(tooMuch.violated.includes('R11'));
  }
});

test('R21: data of an earlier topic of the same name', (t) => {
  const c = cluster();
  c.append(1, 'leader', A);
  c.context.emit(3, {
    type: 'became-follower',
    partition: PARTITION,
    topicId: 'another-id',
    leaderEpoch: 0,
    leader: 1,
    logEndOffset: 0,
    highWatermark: 0,
  });
  c.append(3, 'follower', A);
  t.deepEqual(c.violated, ['R21']);
});

test('R5, R6: a high watermark that goes back in an epoch, or passes the log end', (t) => {
  const back = withTwoCommitted();
  back.highWatermark(1, 0, 1);
  t.deepEqual(back.violated, ['R5']);
  const beyond = withTwoCommitted();
  beyond.highWatermark(1, 2, 3);
  t.true(beyond.violated.includes('R6'));
  const ahead = withTwoCommitted();
  ahead.replicate({ base: 2, epoch: 0, crc: 0xc }, 1, 2);
  ahead.highWatermark(2, 0, 3);
  t.deepEqual(ahead.violated, ['R6']);
});

test('R7, R8: committing without a member of the ISR', (t) => {
  const c = cluster();
  c.replicate(A, 1, 2);
  c.highWatermark(1, 0, 1, { isr: [1, 2], maximalIsr: [1, 2] });
  t.deepEqual(c.violated, ['R7', 'R8']);
  t.like(c.context.factsOf('R7'), { nodeId: 1, otherNodeId: 3 });
});

test('R7: a deposed leader does not count', (t) => {
  const c = cluster();
  c.replicate(A, 1, 2);
  c.commit({ leader: 2, leaderEpoch: 1 });
  c.highWatermark(1, 0, 1, { role: 'leader', leaderEpoch: 0, isr: [1, 2], maximalIsr: [1, 2] });
  t.deepEqual(c.violated, []);
});

test('R12: acknowledged above the high watermark, or held by too few', (t) => {
  const early = cluster();
  early.replicate(A, 1, 2, 3);
  early.ack(1, 0);
  t.deepEqual(early.violated, ['R12']);
  const few = cluster();
  few.append(1, 'leader', A);
  few.highWatermark(1, 0, 1);
  few.ack(1, 0);
  t.true(few.violated.includes('R12'));
});

test('R13, R14: too few in-sync replicas', (t) => {
  const c = cluster();
  const appended = {
    type: 'produce-appended',
    partition: PARTITION,
    leaderEpoch: 0,
    baseOffset: 0,
    lastOffset: 0,
    isrSize: 1,
    minIsr: 2,
  } as const;
  c.append(1, 'leader', A);
  c.context.emit(1, { ...appended, acks: 1 });
  t.deepEqual(c.violated, []);
  t.is(c.context.evaluations['R14'], 1);
  c.context.emit(1, { ...appended, acks: -1 });
  t.deepEqual(c.violated, ['R13']);
  c.commit({ isr: [1] });
  c.highWatermark(1, 0, 1);
  t.deepEqual(c.violated, ['R13', 'R14']);
});

const expansion = {
  type: 'isr-change-proposed',
  partition: PARTITION,
  kind: 'expand',
  leaderEpoch: 0,
  partitionEpoch: 1,
  isr: [1, 2],
  proposed: [1, 2, 3],
  proposedEpochs: [1, 1, 1],
  replicaEndOffset: 2,
  highWatermark: 2,
  epochStartOffset: 0,
} as const;

/** Node 1 takes a fetch of this follower, which has what is below an offset. */
function progress(c: ScriptedCluster, replica: number, endOffset: number): void {
  const names = { leaderEpoch: 0, requestEpoch: 0, replica, brokerEpoch: 1 };
  c.context.emit(1, { type: 'follower-progressed', partition: PARTITION, ...names, endOffset });
}

test('R15: a replica joins only caught up in this epoch', (t) => {
  const fine = withTwoCommitted();
  fine.commit({ isr: [1, 2] });
  progress(fine, 3, 2);
  fine.context.emit(1, expansion);
  t.deepEqual(fine.violated, []);
  const never = withTwoCommitted();
  never.context.emit(1, expansion);
  t.deepEqual(never.violated, ['R15']);
  const behind = withTwoCommitted();
  progress(behind, 3, 1);
  behind.context.emit(1, expansion);
  t.deepEqual(behind.violated, ['R15']);
});

test('R15: who fetches with its broker epoch joins by it (KIP-903)', (t) => {
  const proposing = (broker: number) => {
    const c = withTwoCommitted();
    c.commit({ isr: [1, 2] });
    progress(c, 3, 2);
    c.context.emit(1, { ...expansion, proposedEpochs: [1, 1, broker] });
    return c.violated;
  };
  t.deepEqual(proposing(1), []);
  t.deepEqual(proposing(-1), ['R15']);
});

test('R24: a consumer is sent to a replica that its leader knows to be in sync, and alive', (t) => {
  const sent = (isr: number[], brokers: { fenced: boolean }) => {
    const c = cluster();
    c.commit({ isr });
    const broker = { brokerId: 3, brokerEpoch: 1, incarnationId: 'i3', inControlledShutdown: false, ...brokers };
    const partitions = [registered('orders', 0, { topicId: TOPIC_ID, isr, partitionEpoch: 1 })];
    c.context.emit(1, metadataApplied(c.metadataOffset, { role: 'broker', partitions, brokers: [broker] }));
    c.context.emit(1, { type: 'consumer-redirected', partition: PARTITION, leaderEpoch: 0, replica: 3 });
    return c.violated;
  };
  t.deepEqual(sent([1, 2, 3], { fenced: false }), []);
  t.deepEqual(sent([1, 2, 3], { fenced: true }), ['R24']);
  t.deepEqual(sent([1, 2], { fenced: false }), ['R24']);
});

test('R25: with flush.messages of 1 a replica counts only with what it has synced, or found when it started', (t) => {
  const counted = (flushedTo: number, flushes: boolean, restarts = false) => {
    const plan = fakePlan();
    const properties = { ...plan.cluster.properties, ...(flushes ? { 'log.flush.interval.messages': 1 } : {}) };
    const c = new ScriptedCluster([inSync], { ...plan, cluster: { ...plan.cluster, properties } });
    c.context.durability.onPartition(registered('orders', 0, { topicId: TOPIC_ID }));
    c.boot();
    c.replicate(A, 1, 2, 3);
    for (const node of [1, 2]) c.context.emit(node, { type: 'log-flushed', partition: PARTITION, upTo: flushedTo });
    if (restarts) {
      c.load(1, [A]);
      c.lead(1, 0, 1);
    }
    c.highWatermark(1, 0, 1);
    return c.violated;
  };
  t.deepEqual(counted(1, true), []);
  t.deepEqual(counted(0, true), ['R25']);
  t.deepEqual(counted(0, false), []);
  t.deepEqual(counted(0, true, true), []);
});

test('R25: what a follower asked for before it was cut, or led, counts no more', (t) => {
  const asked = (isCut: boolean) => {
    const plan = fakePlan();
    const properties = { ...plan.cluster.properties, 'log.flush.interval.messages': 1 };
    const c = new ScriptedCluster([inSync], { ...plan, cluster: { ...plan.cluster, properties } });
    c.context.durability.onPartition(registered('orders', 0, { topicId: TOPIC_ID }));
    c.boot();
    c.replicate(A, 1, 3);
    if (isCut) {
      c.follow(3, 2, 1, 1);
      c.truncate(3, 1, 0);
    }
    progress(c, 3, 1);
    return c.violated;
  };
  t.deepEqual(asked(false), ['R25']);
  t.deepEqual(asked(true), []);
});

test('R16: a proposal is given up only for a definite answer or newer metadata', (t) => {
  const resolved = { type: 'isr-change-resolved', partition: PARTITION, leaderEpoch: 0, isr: [1, 2], error: 0 } as const;
  const fine = cluster();
  fine.context.emit(1, { ...expansion, proposed: [1, 2], isr: [1, 2, 3], kind: 'shrink' });
  fine.context.emit(1, { ...resolved, outcome: 'superseded', partitionEpoch: 2 });
  t.deepEqual(fine.violated, []);
  const stale = cluster();
  stale.context.emit(1, { ...expansion, proposed: [1, 2], isr: [1, 2, 3], kind: 'shrink' });
  stale.context.emit(1, { ...resolved, outcome: 'superseded', partitionEpoch: 1 });
  t.deepEqual(stale.violated, ['R16']);
  const unsure = cluster();
  unsure.context.emit(1, { ...expansion, proposed: [1, 2], isr: [1, 2, 3], kind: 'shrink' });
  unsure.context.emit(1, { ...resolved, outcome: 'rejected', partitionEpoch: 1, error: 42 });
  t.deepEqual(unsure.violated, ['R16']);
});

test('R16: a request that was never answered may still be applied, unless a member has registered anew', (t) => {
  const rejected = { type: 'isr-change-resolved', partition: PARTITION, outcome: 'rejected', error: 107 } as const;
  const at = { leaderEpoch: 0, partitionEpoch: 1 } as const;
  const giveUp = (isUnanswered: boolean, proposedEpochs = [1, 1, 1]): ScriptedCluster => {
    const c = cluster();
    c.context.emit(1, { ...expansion, proposedEpochs, kind: 'shrink' });
    if (isUnanswered) c.context.emit(1, { type: 'isr-change-unanswered', partition: PARTITION, ...at });
    c.context.emit(1, { ...rejected, ...at, isr: [1, 2] });
    return c;
  };
  t.deepEqual(giveUp(false).violated, []);
  t.deepEqual(giveUp(true).violated, ['R16']);
  t.deepEqual(giveUp(true, [1, 1, 0]).violated, []);

  const applied = giveUp(false);
  const answer = {
    type: 'alter-partition-answered',
    partition: PARTITION,
    topic: 'orders',
    broker: 1,
    brokerEpoch: 1,
    ...at,
  } as const;
  applied.context.emit(1001, { ...answer, requestedIsr: [1, 2, 3], requestedEpochs: [1, 1, 1], decidedAt: 9, error: 107 });
  t.deepEqual(applied.violated, []);
  applied.context.emit(1001, { ...answer, requestedIsr: [1, 2, 3], requestedEpochs: [1, 1, 1], decidedAt: 9, error: 0 });
  t.deepEqual(applied.violated, ['R16']);
});

test('R17: a fetch of an earlier incarnation does not count', (t) => {
  const c = withTwoCommitted();
  c.context.emit(1, {
    type: 'follower-progressed',
    partition: PARTITION,
    leaderEpoch: 0,
    requestEpoch: 0,
    replica: 3,
    brokerEpoch: 0,
    endOffset: 2,
  });
  t.deepEqual(c.violated, ['R17']);
  t.like(c.context.factsOf('R17'), { nodeId: 1, otherNodeId: 3 });
});

test('R17: a fetch that names another leader epoch does not count, whatever epoch the leader is in', (t) => {
  const progress = {
    type: 'follower-progressed',
    partition: PARTITION,
    leaderEpoch: 0,
    replica: 3,
    brokerEpoch: 1,
    endOffset: 2,
  } as const;
  const c = withTwoCommitted();
  c.context.emit(1, { ...progress, requestEpoch: 0 });
  c.context.emit(1, { ...progress, requestEpoch: -1 });
  t.deepEqual(c.violated, []);
  c.context.emit(1, { ...progress, requestEpoch: 1 });
  t.deepEqual(c.violated, ['R17']);
});

test('R12: an append whose place another epoch has taken is not acknowledged', (t) => {
  const c = withTwoCommitted();
  c.ack(1, 1, { appendEpoch: 0 });
  t.deepEqual(c.violated, []);
  c.ack(1, 1, { appendEpoch: 1 });
  t.deepEqual(c.violated, ['R12']);
});

test('R18, R19: consumers see no uncommitted records; followers apply only in their epoch', (t) => {
  const c = withTwoCommitted();
  const served = {
    type: 'fetch-served',
    partition: PARTITION,
    to: 'consumer',
    replica: -1,
    topicId: TOPIC_ID,
    requestEpoch: 0,
    leaderEpoch: 0,
    fetchOffset: 0,
    highWatermark: 2,
    lastStableOffset: 2,
    logStartOffset: 0,
    readCommitted: false,
    abortedTransactions: null,
    isLeader: true,
  } as const;
  const applied = {
    type: 'fetch-applied',
    partition: PARTITION,
    diverging: false,
    leaderEpoch: 0,
    askedEpoch: 0,
    askedOffset: 1,
    askedNode: 1,
    fromOffset: 1,
    endOffset: 2,
    leader: 1,
  } as const;
  c.context.emit(1, { ...served, endOffset: 2 });
  c.context.emit(2, applied);
  t.deepEqual(c.violated, []);
  c.append(1, 'leader', { base: 2, epoch: 0, crc: 0xc });
  c.context.emit(1, { ...served, endOffset: 3 });
  t.deepEqual(c.violated, ['R18']);
  c.context.emit(2, { ...applied, leaderEpoch: 1, askedEpoch: 1 });
  t.deepEqual(c.violated, ['R18', 'R19']);
  const claims = [
    { ...applied, askedEpoch: 1 },
    { ...applied, askedNode: 3 },
    { ...applied, askedOffset: 0 },
    { ...applied, diverging: true, askedEpoch: 1, fromOffset: 2 },
  ];
  for (const claim of claims) {
    const follower = withTwoCommitted();
    follower.context.emit(2, claim);
    t.deepEqual(follower.violated, ['R19'], `asked ${claim.askedOffset} of ${claim.askedNode} in ${claim.askedEpoch}`);
  }
  const leader = withTwoCommitted();
  leader.context.emit(1, { ...served, requestEpoch: -1, endOffset: 2 });
  t.deepEqual(leader.violated, []);
  leader.context.emit(1, { ...served, requestEpoch: 1, endOffset: 2 });
  t.deepEqual(leader.violated, ['R19']);
  leader.context.emit(1, { ...served, topicId: 'another', endOffset: 2 });
  t.deepEqual(leader.violated, ['R19', 'R21']);
});

test('at risk: fetches of another epoch, and acknowledgements with less than all replicas', (t) => {
  const c = withTwoCommitted();
  const risks = () => ['R12', 'R13', 'R17', 'R19'].map((id) => c.context.evaluations[id] ?? 0);
  t.deepEqual(risks(), [0, 0, 0, 0]);
  const claim = { partition: PARTITION, requestEpoch: 1, fetchOffset: 2, lastFetchedEpoch: 0, leaderEpoch: 0, times: 1 } as const;
  c.context.emit(1, { type: 'fetch-rejected', ...claim, replica: 2, error: 75 });
  c.context.emit(1, { type: 'fetch-rejected', ...claim, replica: -1, error: 75 });
  c.ack(1, 1, { maximalIsrSize: 2 });
  c.context.emit(1, {
    type: 'produce-failed',
    partition: PARTITION,
    acks: -1,
    error: 19,
    afterAppend: false,
    lastOffset: -1,
    times: 1,
  });
  t.deepEqual(risks(), [1, 1, 1, 2]);
});
