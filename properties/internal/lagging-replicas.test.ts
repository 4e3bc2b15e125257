import test from 'ava';
import { fakePlan } from '../testing/fake-context.ts';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { laggingReplicas } from './lagging-replicas.ts';

const LAG_MS = 2_000;
/** The lag, until the next look, and a moment. */
const LONGEST_MS = LAG_MS + LAG_MS / 2 + 1_000;

/** Node 1 leads with nodes 2 and 3 in sync. */
function cluster({ buggify = false, flushes = false } = {}): ScriptedCluster {
  const plan = fakePlan();
  const properties = {
    ...plan.cluster.properties,
    'replica.lag.time.max.ms': LAG_MS,
    ...(flushes ? { 'log.flush.interval.messages': 1 } : {}),
  };
  const scripted = new ScriptedCluster([laggingReplicas], {
    ...plan,
    cluster: { ...plan.cluster, properties },
    world: { ...plan.world, buggify },
  });
  scripted.boot();
  return scripted;
}

function append(c: ScriptedCluster, base: number): void {
  c.append(1, 'leader', { base, epoch: 0, crc: base + 1 });
  c.context.emit(1, {
    type: 'produce-appended',
    partition: PARTITION,
    acks: -1,
    leaderEpoch: 0,
    baseOffset: base,
    lastOffset: base,
    isrSize: 3,
    minIsr: 2,
  });
}

function progress(c: ScriptedCluster, replica: number, endOffset: number): void {
  const event = { type: 'follower-progressed', partition: PARTITION, leaderEpoch: 0, requestEpoch: 0, brokerEpoch: 1 } as const;
  c.context.emit(1, { ...event, replica, endOffset });
}

/** Nodes 2 and 3 have the first record, and of the second one only node 2. */
function lagging(c: ScriptedCluster): ScriptedCluster {
  append(c, 0);
  progress(c, 2, 1);
  progress(c, 3, 1);
  append(c, 1);
  return c;
}

function proposal(c: ScriptedCluster, resolved: boolean): void {
  const change = { partition: PARTITION, leaderEpoch: 0, partitionEpoch: 0, isr: [1, 2, 3] } as const;
  if (resolved) c.context.emit(1, { ...change, type: 'isr-change-resolved', outcome: 'rejected', error: -2 });
  else
    c.context.emit(1, {
      ...change,
      type: 'isr-change-proposed',
      kind: 'shrink',
      proposed: [1, 2],
      proposedEpochs: [1, 1],
      replicaEndOffset: -1,
      highWatermark: 1,
      epochStartOffset: 0,
    });
}

test('R27: who lags for longer than replica.lag.time.max.ms, and until the leader looks again, is in the ISR no more', (t) => {
  const kept = lagging(cluster());
  kept.context.pass(LONGEST_MS + 10);
  progress(kept, 2, 2);
  t.deepEqual(kept.violated, ['R27']);
  t.like(kept.context.factsOf('R27'), { nodeId: 1, otherNodeId: 3, partition: PARTITION });
  const soon = lagging(cluster());
  soon.context.pass(LONGEST_MS - 10);
  progress(soon, 2, 2);
  t.deepEqual(soon.violated, []);
  t.is(soon.context.evaluations['R27'], 1);
});

test('R27: who was at the end all the time is behind only from the next append on', (t) => {
  const c = cluster();
  append(c, 0);
  progress(c, 2, 1);
  progress(c, 3, 1);
  c.context.pass(10 * LAG_MS);
  append(c, 1);
  c.context.pass(LAG_MS);
  progress(c, 2, 2);
  t.deepEqual(c.violated, []);
});

test('R27: while a change is in flight there is no other, and a leader that stood still could not look', (t) => {
  const pending = lagging(cluster());
  proposal(pending, false);
  pending.context.pass(2 * LONGEST_MS);
  progress(pending, 2, 2);
  t.deepEqual(pending.violated, []);
  proposal(pending, true);
  pending.context.pass(LONGEST_MS);
  append(pending, 2);
  t.deepEqual(pending.violated, ['R27']);
  const paused = lagging(cluster());
  paused.context.world(1, { type: 'paused' });
  paused.context.pass(2 * LONGEST_MS);
  paused.context.world(1, { type: 'resumed' });
  progress(paused, 2, 2);
  t.deepEqual(paused.violated, []);
});

test('R27: where rare paths are taken a leader may leave out a look or two, and what is not synced nobody has to fetch', (t) => {
  const rare = lagging(cluster({ buggify: true }));
  rare.context.pass(2 * LONGEST_MS);
  progress(rare, 2, 2);
  t.deepEqual(rare.violated, []);
  rare.context.pass(4 * LONGEST_MS);
  append(rare, 2);
  t.deepEqual(rare.violated, ['R27']);
  const flushing = lagging(cluster({ flushes: true }));
  flushing.context.pass(2 * LONGEST_MS);
  progress(flushing, 2, 2);
  t.deepEqual(flushing.violated, []);
});

test('R27: it is judged too when the controller or the leader itself ends it', (t) => {
  const fenced = lagging(cluster());
  fenced.context.pass(2 * LONGEST_MS);
  fenced.commit({ isr: [1, 2] });
  t.deepEqual(fenced.violated, ['R27']);
  const deposed = lagging(cluster());
  deposed.commit({ isr: [2], leader: 2, leaderEpoch: 1 });
  deposed.context.pass(2 * LONGEST_MS);
  deposed.follow(1, 2, 1, 2);
  t.deepEqual(deposed.violated, ['R27']);
  const left = lagging(cluster());
  left.commit({ isr: [1, 2] });
  left.context.pass(2 * LONGEST_MS);
  progress(left, 2, 2);
  t.deepEqual(left.violated, []);
});

test('R27: a leader that died, or lost its power, keeps nobody in its ISR', (t) => {
  for (const end of [{ type: 'crashed', reason: 'killed' }, { type: 'stopped' }, { type: 'power-lost' }] as const) {
    const c = lagging(cluster());
    c.context.world(1, end);
    c.context.pass(2 * LONGEST_MS);
    c.commit({ isr: [2], leader: 2, leaderEpoch: 1 });
    t.deepEqual(c.violated, [], end.type);
  }
});
