import test from 'ava';
import { ELR_FEATURE } from '../../core/metadata/eligible-leader-replicas.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { metadataApplied } from '../testing/registration.ts';
import { controller } from './controller.ts';

/** With eligible leader replicas (KIP-966). */
function elrCluster(): ScriptedCluster {
  const scripted = new ScriptedCluster([controller]);
  scripted.boot();
  scripted.applied(1001, { features: [{ name: ELR_FEATURE, level: 1 }] });
  scripted.commit({ isr: [1, 2] });
  return scripted;
}

function cluster(): ScriptedCluster {
  const scripted = new ScriptedCluster([controller]);
  scripted.boot();
  return scripted;
}

const broker = (brokerId: number, change = {}) => ({
  brokerId,
  brokerEpoch: 1,
  incarnationId: `i${brokerId}`,
  fenced: false,
  inControlledShutdown: false,
  ...change,
});

test('a clean election after a fencing violates nothing', (t) => {
  const c = cluster();
  c.commit({ isr: [2, 3], leader: 2, leaderEpoch: 1 }, [broker(1, { fenced: true })]);
  t.deepEqual(c.violated, []);
  t.is(c.context.evaluations['C7'], 1);
});

test('C3: a fenced member of an ISR; the last one may stay if nobody leads', (t) => {
  const c = cluster();
  c.commit({}, [broker(3, { fenced: true })]);
  t.deepEqual(c.violated, ['C3']);
  t.deepEqual(c.context.factsOf('C3'), { partition: PARTITION, topicId: TOPIC_ID, leaderEpoch: 0, brokerId: 3 });
  const last = cluster();
  last.commit({ isr: [1], leader: -1, leaderEpoch: 1 }, [broker(1, { fenced: true })]);
  t.deepEqual(last.violated, []);
});

test('C2, C4: a new incarnation with an old epoch, or still in an ISR', (t) => {
  const old = cluster();
  old.applied(1001, { brokers: [broker(1, { brokerEpoch: 0, incarnationId: 'new' })] });
  t.deepEqual(old.violated, ['C2']);
  const kept = cluster();
  kept.applied(1001, { brokers: [broker(3, { brokerEpoch: 3, incarnationId: 'new', fenced: true })] });
  t.deepEqual(kept.violated, ['C3', 'C4']);
});

test('C5, C6: a leader outside its ISR; epochs that stand still', (t) => {
  const c = cluster();
  c.commit({ leader: 1, isr: [2, 3] });
  t.deepEqual(c.violated, ['C5']);
  const same = cluster();
  same.commit({ leader: 2 });
  t.deepEqual(same.violated, ['C6']);
});

test('C7: an unclean election while it is off', (t) => {
  const c = cluster();
  c.commit({ isr: [1], leader: -1, leaderEpoch: 1 }, [broker(1, { fenced: true })]);
  c.commit({ isr: [2], leader: 2, leaderEpoch: 2, recovering: true });
  t.deepEqual(c.violated, ['C7']);
});

test('C3, C5: with eligible leader replicas an ISR is empty rather than to keep who is gone', (t) => {
  const kept = elrCluster();
  kept.commit({ isr: [1], leader: -1, leaderEpoch: 1 }, [broker(1, { fenced: true })]);
  t.deepEqual(kept.violated, ['C3']);
  const empty = elrCluster();
  empty.commit({ isr: [], elr: [1, 2], lastKnownElr: [1], leader: -1, leaderEpoch: 1 }, [broker(1, { fenced: true })]);
  t.deepEqual(empty.violated, []);
  empty.commit({ elr: [], lastKnownElr: [] });
  t.deepEqual(empty.violated, [], 'as another min.insync.replicas makes it');
  const nobody = elrCluster();
  nobody.commit({ isr: [], leader: -1, leaderEpoch: 1 }, [broker(1, { fenced: true })]);
  t.deepEqual(nobody.violated, ['C5']);
  const both = elrCluster();
  both.commit({ isr: [1], elr: [1, 2] });
  t.deepEqual(both.violated, ['C5']);
  const off = cluster();
  off.commit({ isr: [], elr: [1], leader: -1, leaderEpoch: 1 });
  t.deepEqual(off.violated, ['C5']);
});

test('C4: a new incarnation is eligible only if the one before it ended in order', (t) => {
  const again = (end: 'stopped' | 'crashed' | 'power-lost' | null, afterwards: 'power-lost' | null = null) => {
    const c = elrCluster();
    c.context.emit(2, { type: 'node-started', nodeId: 2, roles: ['broker'], incarnationId: 'i2' });
    c.commit({ isr: [1], elr: [2] });
    if (end === 'crashed') c.context.world(2, { type: end, reason: 'killed' });
    else if (end !== null) c.context.world(2, { type: end });
    if (afterwards !== null) c.context.world(2, { type: afterwards });
    c.applied(1001, { brokers: [broker(2, { brokerEpoch: 3, incarnationId: 'new', fenced: true })] });
    return c.violated;
  };
  t.deepEqual(again('stopped'), []);
  t.deepEqual(again('stopped', 'power-lost'), [], 'it was down');
  t.deepEqual(again('crashed'), ['C4']);
  t.deepEqual(again('power-lost'), ['C4']);
  t.deepEqual(again(null), [], 'of a run whose end nobody saw nothing is known');
});

test('C4: who was killed when all its logs were flushed, and after that, has ended in order; not if one was not, or went on', (t) => {
  const batch = { base: 0, epoch: 0, crc: 1 };
  const again = (flushedTo: number, goesOn: boolean) => {
    const c = elrCluster();
    c.context.emit(2, { type: 'node-started', nodeId: 2, roles: ['broker'], incarnationId: 'i2' });
    c.replicate(batch, 1, 2);
    c.context.emit(2, { type: 'log-flushed', partition: PARTITION, upTo: flushedTo });
    c.commit({ isr: [1], elr: [2] });
    c.context.emit(2, { type: 'clean-shutdown-marked', directory: '/d', brokerEpoch: 1 });
    if (goesOn) c.append(2, 'follower', { ...batch, base: 1, crc: 2 });
    c.context.world(2, { type: 'crashed', reason: 'killed' });
    c.applied(1001, { brokers: [broker(2, { brokerEpoch: 3, incarnationId: 'new', fenced: true })] });
    return c.violated;
  };
  t.deepEqual(again(1, false), []);
  t.deepEqual(again(0, false), ['C4']);
  t.deepEqual(again(1, true), ['C4']);
});

test('C7: with nobody in sync an eligible replica leads cleanly, then the last leader uncleanly, and nobody else', (t) => {
  const alone = { isr: [1], elr: [2] };
  const leaderless = { isr: [], elr: [1, 2], lastKnownElr: [1], leader: -1, leaderEpoch: 1 };
  const struckOut = { elr: [] };
  const elected = (change: object, ...before: object[]) => withNews([], change, ...before);
  const withNews = (news: Parameters<ScriptedCluster['commit']>[1], change: object, ...before: object[]) => {
    const c = elrCluster();
    for (const state of before) c.commit(state);
    c.commit({ leaderEpoch: before.includes(leaderless) ? 2 : 1, lastKnownElr: [], ...change }, news);
    return c.violated;
  };
  t.deepEqual(elected({ leader: 2, isr: [2], elr: [1] }, alone), []);
  t.deepEqual(elected({ leader: 2, isr: [2], elr: [1], recovering: true }, alone), ['C7'], 'it is clean');
  t.deepEqual(elected({ leader: 2, isr: [2, 3], elr: [] }, alone), ['C7'], 'it is alone');
  t.deepEqual(elected({ leader: 3, isr: [3], elr: [] }, { isr: [1, 2], elr: [3] }), ['C7'], 'somebody is in sync');
  t.deepEqual(elected({ leader: 1, isr: [1], recovering: true }, alone, leaderless, struckOut), []);
  t.deepEqual(elected({ leader: 1, isr: [1], elr: [2], recovering: true }, alone, leaderless), ['C7'], 'it is eligible');
  t.deepEqual(elected({ leader: 2, isr: [2], recovering: true }, alone, leaderless, struckOut), ['C7'], 'another led last');
  const last = { leader: 1, isr: [1], recovering: true };
  const eligible = { elr: [2] };
  t.deepEqual(elected(last, alone, leaderless, eligible), ['C7'], 'another is eligible');
  const anew = (id: number) => [broker(id, { brokerEpoch: 3, incarnationId: 'new', fenced: true })];
  t.deepEqual(withNews(anew(2), last, alone, leaderless, eligible), [], 'which is struck out now');
  t.deepEqual(withNews(anew(3), last, alone, leaderless, eligible), ['C7'], 'a third is of no matter');
});

test('C8: AlterPartition answered with success, another ISR committed', (t) => {
  const answer = {
    type: 'alter-partition-answered',
    partition: PARTITION,
    topic: 'orders',
    broker: 1,
    brokerEpoch: -1,
    requestedEpochs: [],
    decidedAt: 1_000,
    leaderEpoch: 0,
    partitionEpoch: 0,
    error: 0,
  } as const;
  const c = cluster();
  c.commit({ isr: [1, 2] });
  c.context.emit(1001, { ...answer, requestedIsr: [1, 2] });
  t.deepEqual(c.violated, []);
  c.context.emit(1001, { ...answer, requestedIsr: [1, 3] });
  t.deepEqual(c.violated, ['C8']);
  const zombie = cluster();
  zombie.commit({ isr: [2], leader: 2, leaderEpoch: 1 });
  zombie.context.emit(1001, { ...answer, broker: 2, requestedIsr: [2] });
  t.deepEqual(zombie.violated, ['C8']);
});

test('C8: AlterPartition that names an earlier incarnation of a member', (t) => {
  const answer = {
    type: 'alter-partition-answered',
    partition: PARTITION,
    topic: 'orders',
    broker: 1,
    requestedIsr: [1, 2],
    decidedAt: 1_000,
    leaderEpoch: 0,
    partitionEpoch: 0,
    error: 0,
  } as const;
  const c = cluster();
  c.commit({ isr: [1, 2] });
  const epochOf = (id: number): number => broker(id).brokerEpoch;
  c.context.emit(1001, { ...answer, brokerEpoch: epochOf(1), requestedEpochs: [epochOf(1), -1] });
  c.context.emit(1001, { ...answer, brokerEpoch: epochOf(1) - 1, requestedEpochs: [], decidedAt: epochOf(1) });
  t.deepEqual(c.violated, [], 'who registered after the decision was another then');
  c.context.emit(1001, { ...answer, brokerEpoch: epochOf(1), requestedEpochs: [epochOf(1), epochOf(2) - 1] });
  t.deepEqual(c.violated, ['C8']);
});

test('C9, C10: two nodes with different metadata at an offset; one that goes back', (t) => {
  const c = cluster();
  c.commit({ isr: [1, 2] });
  c.context.emit(1, metadataApplied(3, { role: 'broker' }));
  t.deepEqual(c.violated, ['C9']);
  t.like(c.context.factsOf('C9'), { nodeId: 1, otherNodeId: 1001, offset: 3 });
  c.context.emit(1, metadataApplied(2, { role: 'broker' }));
  t.deepEqual(c.violated, ['C10', 'C9', 'K15'].sort());
});

test('C11: unfenced before it applied its registration', (t) => {
  const c = cluster();
  c.applied(1001, { brokers: [broker(3, { brokerEpoch: 3, incarnationId: 'new' })] });
  t.true(c.violated.includes('C11'));
});

test('C12, C13: shutdown of a leader; overlapping producer ids', (t) => {
  const c = cluster();
  c.context.emit(1001, { type: 'controlled-shutdown-granted', brokerId: 1, brokerEpoch: 1, decidedOn: 98, decidedAt: 99 });
  t.deepEqual(c.violated, ['C12']);
  c.context.emit(1001, { type: 'producer-ids-allocated', firstId: 0, count: 1000, broker: 1 });
  c.context.emit(1002, { type: 'producer-ids-allocated', firstId: 1000, count: 1000, broker: 2 });
  t.deepEqual(c.violated, ['C12']);
  c.context.emit(1002, { type: 'producer-ids-allocated', firstId: 1999, count: 1000, broker: 2 });
  t.deepEqual(c.violated, ['C12', 'C13']);
});

test('C12: what counts is the state in which it was decided', (t) => {
  const granted = (isAfterReturn: boolean) => {
    const c = cluster();
    c.commit({ leader: 2, isr: [2, 3], leaderEpoch: 1 });
    const before = c.metadataOffset;
    c.commit({ isr: [1, 2, 3] });
    const decidedAt = isAfterReturn ? c.metadataOffset : before;
    c.context.emit(1001, { type: 'controlled-shutdown-granted', brokerId: 1, brokerEpoch: 1, decidedOn: before, decidedAt });
    return c.violated;
  };
  t.deepEqual(granted(false), []);
  t.deepEqual(granted(true), ['C12']);
});

test('C12: a broker that is let go in the step that takes its leaderships from it has led until then (KAFKA-14296)', (t) => {
  const granted = (leader: number) => {
    const c = cluster();
    c.commit({ leader, leaderEpoch: 1 });
    const decidedOn = c.metadataOffset;
    c.commit({ leader: 2, isr: [2, 3], leaderEpoch: 2 });
    const decidedAt = c.metadataOffset;
    c.context.emit(1001, { type: 'controlled-shutdown-granted', brokerId: 1, brokerEpoch: 1, decidedOn, decidedAt });
    return c.violated;
  };
  t.deepEqual(granted(1), ['C12']);
  t.deepEqual(granted(2), []);
});

test('C14: a name with two live ids', (t) => {
  const c = cluster();
  c.applied(1001, { removedPartitions: [{ partition: PARTITION, topic: 'orders', topicId: TOPIC_ID }] });
  c.commit({ topicId: 'second-id', partitionEpoch: 0, leaderEpoch: 0 });
  t.deepEqual(c.violated, []);
  c.commit({ topicId: 'third-id', partitionEpoch: 0, leaderEpoch: 0 });
  t.deepEqual(c.violated, ['C14']);
});

test('C1: success for what is not committed', (t) => {
  const c = cluster();
  c.context.emit(1001, {
    type: 'controller-write-completed',
    operation: 'CreateTopics',
    epoch: 1,
    offset: 5,
    committedOffset: 5,
  });
  t.deepEqual(c.violated, ['C1']);
});
