import test from 'ava';
import { fakePlan } from '../testing/fake-context.ts';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { replicaLag } from './replica-lag.ts';

const plan = fakePlan();
const LAG_MS = 2_000;

/** Node 1 leads, and takes at most two seconds for a lag that may be caught up. */
function cluster(): ScriptedCluster {
  const properties = { ...plan.cluster.properties, 'replica.lag.time.max.ms': LAG_MS };
  const scripted = new ScriptedCluster([replicaLag], { ...plan, cluster: { ...plan.cluster, properties } });
  scripted.boot();
  return scripted;
}

function progress(c: ScriptedCluster, replica: number, endOffset: number): void {
  c.context.emit(1, {
    type: 'follower-progressed',
    partition: PARTITION,
    leaderEpoch: 0,
    requestEpoch: 0,
    replica,
    brokerEpoch: 1,
    endOffset,
  });
}

/** The leader goes on without node 3. */
function shrink(c: ScriptedCluster): void {
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
}

function append(c: ScriptedCluster, base: number): void {
  c.append(1, 'leader', { base, epoch: 0, crc: base + 1 });
}

test('R23: a member of the ISR has replica.lag.time.max.ms from the beginning of the epoch on (KIP-16)', (t) => {
  const early = cluster();
  append(early, 0);
  early.context.pass(LAG_MS / 2);
  shrink(early);
  t.deepEqual(early.violated, ['R23']);
  const late = cluster();
  append(late, 0);
  late.context.pass(LAG_MS + 1);
  shrink(late);
  t.deepEqual(late.violated, []);
  t.is(late.context.evaluations['R23'], 1);
});

test('R23: who asks for what was the end when it asked before is caught up, though it never comes to the end', (t) => {
  const c = cluster();
  append(c, 0);
  progress(c, 3, 0);
  for (let at = 1; at <= 5; at++) {
    c.context.pass(LAG_MS / 2);
    append(c, at);
    progress(c, 3, at);
  }
  shrink(c);
  t.deepEqual(c.violated, ['R23']);
});

test('R23: who asks, but for less and less of what there is, is not', (t) => {
  const c = cluster();
  append(c, 0);
  append(c, 1);
  for (const step of [1, 2]) {
    append(c, 2 * step);
    append(c, 2 * step + 1);
    progress(c, 3, step);
    c.context.pass(LAG_MS);
  }
  shrink(c);
  t.deepEqual(c.violated, []);
});
