import test from 'ava';
import type { NodeInspection, ReplicaInspection } from '../../core/broker/inspection.ts';
import { EMPTY_IMAGE } from '../../core/metadata/image.ts';
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import { LeaderEpoch, Offset } from '../../core/protocol/numbers.ts';
import type { ClusterView } from '../../sim/observe.ts';
import { testBatch } from '../testing/batch.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { PRODUCER, ScriptedCoordinator } from '../testing/coordinator.ts';
import { fakePlan } from '../testing/fake-context.ts';
import { convergence } from './convergence.ts';
import { transactionConvergence } from './transaction-convergence.ts';

function replica(node: number, change: Partial<ReplicaInspection> = {}): ReplicaInspection {
  return {
    partition: PARTITION,
    topicId: TOPIC_ID,
    role: node === 1 ? 'leader' : 'follower',
    leaderEpoch: 0,
    partitionEpoch: 0,
    isr: [1, 2, 3],
    isrChangePending: false,
    highWatermark: 1,
    lastStableOffset: 1,
    openTransactions: [],
    hasLateTransaction: false,
    logStartOffset: 0,
    logEndOffset: 1,
    epochs: [{ epoch: 0, startOffset: 0 }],
    compaction: null,
    producers: () => [],
    read: (from) => (from === 0 ? testBatch({ base: 0, epoch: 0, crc: 1 }) : new Uint8Array(0)),
    ...change,
  };
}

function node(nodeId: number, hosted: ReplicaInspection | null, quorum: Partial<NodeInspection['quorum']> = {}): NodeInspection {
  return {
    nodeId,
    isBroker: hosted !== null,
    isController: hosted === null,
    quorum: { role: 'follower', leaderId: 1001, epoch: 1, highWatermark: 3, logStartOffset: 0, logEndOffset: 3, ...quorum },
    metadata: EMPTY_IMAGE,
    broker:
      hosted === null
        ? null
        : {
            state: 'RUNNING' as never,
            brokerEpoch: 1,
            replicas: [hosted],
            groups: [],
            transactions: [],
            publishedOffset: -1,
            offlineDirectories: [],
            waiting: { produce: 0, fetch: 0, deleteRecords: 0 },
            controllerRequests: { alterPartition: 0, forwarded: 0 },
          },
  };
}

function view(...nodes: readonly NodeInspection[]): ClusterView {
  return {
    plan: fakePlan(),
    phase: 'settle',
    timeUs: 0,
    nodes: new Map(nodes.map((n) => [`n${n.nodeId}`, n])),
    nodeIds: new Map(nodes.map((n) => [`n${n.nodeId}`, n.nodeId])),
    consumers: [],
    idle: new Set(),
    finalReads: null,
    finalCommittedReads: null,
    lastRefused: () => '',
    excusedPartitions: new Map(),
  };
}

function cluster() {
  const scripted = new ScriptedCluster();
  const checker = scripted.context.check(convergence);
  scripted.boot();
  return { scripted, checker };
}

const controller = node(1001, null, { role: 'leader' });

/** What is unmet after enough looks for the epochs to be seen standing still. */
function unmet(of: ClusterView, looks = 5): string | null {
  const { checker } = cluster();
  let last: { property: string } | null = null;
  for (let look = 0; look < looks; look++) last = checker.unsettled?.(of) ?? null;
  return last?.property ?? null;
}

test('a cluster at rest is settled, once its epochs were seen to stand still', (t) => {
  const settled = view(controller, node(1, replica(1)), node(2, replica(2)), node(3, replica(3)));
  t.is(unmet(settled), null);
  t.is(unmet(settled, 1), 'L15');
});

test('each predicate has its word', (t) => {
  const [one, two, three] = [node(1, replica(1)), node(2, replica(2)), node(3, replica(3))];
  t.is(unmet(view(node(1001, null), one, two, three)), 'L1');
  t.is(unmet(view(controller, one, two)), 'L2');
  t.is(unmet(view(controller, node(1, replica(1, { role: 'follower' })), two, three)), 'L3');
  t.is(unmet(view(controller, one, two, node(3, replica(3, { logEndOffset: 0, highWatermark: 0 })))), 'L5');
  t.is(unmet(view(controller, node(1, replica(1, { isrChangePending: true })), two, three)), 'L6');
  const lagging = {
    ...three,
    metadata: { ...EMPTY_IMAGE, provenance: { offset: Offset(-2), epoch: LeaderEpoch(0), lastContainedTimestamp: 0 } },
  };
  t.is(unmet(view(controller, one, two, lagging)), 'L7');
});

test('L5: a follower that is always a little behind a partition in use keeps up', (t) => {
  const { checker } = cluster();
  for (let end = 1; end < 6; end++) {
    const of = view(
      controller,
      node(1, replica(1, { logEndOffset: end + 1, highWatermark: end + 1 })),
      node(2, replica(2, { logEndOffset: end + 1, highWatermark: end })),
      node(3, replica(3, { logEndOffset: end + 1, highWatermark: end })),
    );
    const found = checker.unsettled?.(of)?.property ?? null;
    t.is(found, end === 1 ? 'L5' : end < 5 ? 'L15' : null);
  }
});

test('L3: a replica of another topic of the name is none of this one', (t) => {
  const old = (id: number) => node(id, replica(id, { topicId: 'another' }));
  t.is(unmet(view(controller, old(1), node(2, replica(2)), node(3, replica(3)))), 'L3');
  t.is(unmet(view(controller, node(1, replica(1)), node(2, replica(2)), old(3))), 'L5');
});

test('L4: a partial ISR', (t) => {
  const { scripted, checker } = cluster();
  scripted.commit({ isr: [1, 2] });
  const of = view(controller, node(1, replica(1)), node(2, replica(2)), node(3, replica(3)));
  t.like(checker.unsettled?.(of), {
    property: 'L4',
    facts: { partition: PARTITION, topicId: TOPIC_ID, leaderEpoch: 0 },
    concerns: [PARTITION, 'AlterPartition'],
  });
});

test('R20: replicas that differ in a byte', (t) => {
  const { scripted, checker } = cluster();
  const equal = view(controller, node(1, replica(1)), node(2, replica(2)), node(3, replica(3)));
  checker.atEnd?.(equal);
  t.deepEqual(scripted.violated, []);
  t.is(scripted.context.evaluations['R20'], 2);
  const other = replica(3, { read: (from) => (from === 0 ? testBatch({ base: 0, epoch: 0, crc: 2 }) : new Uint8Array(0)) });
  checker.atEnd?.(view(controller, node(1, replica(1)), node(2, replica(2)), node(3, other)));
  t.deepEqual(scripted.violated, ['R20']);
});

test('L3 to L6, R20: a partition that nobody may lead, or with rotten bytes, is left out', (t) => {
  const [one, two] = [node(1, replica(1)), node(2, replica(2))];
  const leaderless = view(controller, node(1, replica(1, { role: 'follower' })), two, node(3, replica(3)));
  t.is(unmet(leaderless), 'L3');
  t.is(unmet({ ...leaderless, excusedPartitions: new Map([[PARTITION, 'broker 1 lost power']]) }), null);

  const run = (path: string) => {
    const { scripted, checker } = cluster();
    scripted.context.world(3, { type: 'disk-corrupted', path });
    const behind = replica(3, { logEndOffset: 0, read: () => testBatch({ base: 0, epoch: 0, crc: 2 }) });
    const of = view(controller, one, two, node(3, behind));
    const first = checker.unsettled?.(of)?.property;
    checker.atEnd?.(of);
    return [first, scripted.violated, Object.keys(scripted.context.excuses)];
  };
  t.deepEqual(run(`/d/${PARTITION}/00000000000000000000.log`), ['L15', [], ['L4', 'L5', 'L6', 'R20']]);
  t.deepEqual(run('/d/another-0/00000000000000000000.log'), ['L5', ['R20'], []]);
});

test('L12: no transaction is open or undecided in a coordinator, nor in any log; what an operator must end himself is left out', (t) => {
  const unmet = (hosted: Partial<ReplicaInspection>, state = 'CompleteCommit', properties: Record<string, string> = {}) => {
    const plan = fakePlan();
    const scripted = new ScriptedCluster([{ properties: [], create: () => ({}) }]);
    const { context } = scripted;
    Object.assign(context.plan.cluster, { properties: { ...plan.cluster.properties, ...properties } });
    const checker = context.check(transactionConvergence);
    scripted.boot();
    const id = {
      transactionalId: 't',
      state,
      producerId: 7,
      producerEpoch: 0,
      partitions: [topicPartitionKey('orders', 0)],
      timeoutMs: 1_000,
    } as const;
    const one = node(1, replica(1, hosted));
    const broker = one.broker === null ? null : { ...one.broker, transactions: [id] };
    return { found: checker.unsettled?.(view({ ...one, broker }))?.property ?? null, context };
  };
  t.is(unmet({}).found, null);
  t.is(unmet({}, 'PrepareCommit').found, 'L12');
  t.is(unmet({}, 'Ongoing').found, 'L12');
  t.is(unmet({ lastStableOffset: 0 }).found, 'L12');
  t.is(unmet({ lastStableOffset: 0 }).context.evaluations['L12'], 1);
  t.is(unmet({ role: 'follower', lastStableOffset: 0 }).found, null);
  const hanging = unmet({ lastStableOffset: 0 }, 'Empty', { 'transaction.partition.verification.enable': 'false' });
  t.is(hanging.found, null);
  t.regex(hanging.context.excuses['L12'] ?? '', /do not ask coordinators/);
});

test('L12: at the end of a run with transactions it is judged once more, whatever a settling cluster was asked before', (t) => {
  const atEnd = (state: 'Ongoing' | 'CompleteCommit', { begun = true, excused = '' } = {}) => {
    const { context } = new ScriptedCluster([{ properties: [], create: () => ({}) }]);
    const checker = context.check(transactionConvergence);
    const coordinator = new ScriptedCoordinator(context).inits();
    const key = topicPartitionKey('orders', 0);
    if (begun) coordinator.adds(key);
    const one = node(1, replica(1));
    const broker =
      one.broker === null ? null : { ...one.broker, transactions: [{ ...coordinator.id, state, partitions: [key] }] };
    const excusedPartitions = new Map(excused === '' ? [] : [[excused, 'its logs are lost']]);
    checker.atEnd?.({ ...view({ ...one, broker }), excusedPartitions });
    return context;
  };
  t.deepEqual(atEnd('Ongoing').violatedProperties, ['L12']);
  t.is(atEnd('Ongoing').factsOf('L12')?.producerId, PRODUCER);
  t.deepEqual(atEnd('CompleteCommit').violatedProperties, []);
  t.is(atEnd('CompleteCommit').evaluations['L12'], 1);
  t.is(atEnd('CompleteCommit', { begun: false }).evaluations['L12'], undefined);
  const unavailable = atEnd('Ongoing', { excused: '__transaction_state-0' });
  t.deepEqual(unavailable.violatedProperties, []);
  t.regex(unavailable.excuses['L12'] ?? '', /its logs are lost/);
});
