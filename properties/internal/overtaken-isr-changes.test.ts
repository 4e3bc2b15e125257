import test from 'ava';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { metadataApplied, registered } from '../testing/registration.ts';
import { overtakenIsrChanges } from './overtaken-isr-changes.ts';

/** Node 1 leads epoch 0 and has proposed to go on without node 3. */
function proposed(): ScriptedCluster {
  const c = new ScriptedCluster([overtakenIsrChanges]);
  c.boot();
  c.context.emit(1, {
    type: 'isr-change-proposed',
    partition: PARTITION,
    kind: 'shrink',
    leaderEpoch: 0,
    partitionEpoch: 0,
    isr: [1, 2, 3],
    proposed: [1, 2],
    proposedEpochs: [1, 1],
    replicaEndOffset: -1,
    highWatermark: 0,
    epochStartOffset: 0,
  });
  return c;
}

function applies(c: ScriptedCluster, partitionEpoch: number): void {
  const partition = registered('orders', 0, { topicId: TOPIC_ID, partitionEpoch, isr: [1, 2] });
  c.context.emit(1, metadataApplied(c.metadataOffset + 1, { role: 'broker', partitions: [partition] }));
}

function goesOn(c: ScriptedCluster): string[] {
  c.context.pass(5_000);
  c.context.emit(1, {
    type: 'follower-progressed',
    partition: PARTITION,
    leaderEpoch: 0,
    requestEpoch: 0,
    replica: 2,
    brokerEpoch: 1,
    endOffset: 0,
  });
  return c.violated;
}

test('R28: newer metadata ends an ISR change in flight; what is as old as it does not, nor does time', (t) => {
  const stuck = proposed();
  applies(stuck, 1);
  t.deepEqual(goesOn(stuck), ['R28']);
  t.like(stuck.context.factsOf('R28'), { nodeId: 1, partition: PARTITION, leaderEpoch: 0 });
  const waiting = proposed();
  applies(waiting, 0);
  t.deepEqual(goesOn(waiting), []);
});

function answered(c: ScriptedCluster): void {
  const change = { partition: PARTITION, leaderEpoch: 0, partitionEpoch: 1, isr: [1, 2] } as const;
  c.context.emit(1, { ...change, type: 'isr-change-resolved', outcome: 'committed', error: 0 });
}

test('R28: an answer that comes after newer metadata ends nothing any more, one that comes before does', (t) => {
  const late = proposed();
  applies(late, 1);
  answered(late);
  t.deepEqual(late.violated, ['R28']);
  const first = proposed();
  answered(first);
  applies(first, 1);
  t.deepEqual(goesOn(first), []);
});

test('R28: who stood still has not had the time', (t) => {
  const paused = proposed();
  applies(paused, 1);
  paused.context.world(1, { type: 'paused' });
  t.deepEqual(goesOn(paused), []);
});
