/** Groups, transactions and faults as tracks. */
import test from 'ava';
import type { TraceEvent } from '../../../core/trace.ts';
import type { HistoryEvent, Session } from '../../../sim/history.ts';
import type { Plan } from '../../../sim/plan.ts';
import { FaultSpans } from './fault-spans.ts';
import { GroupTracks } from './group-tracks.ts';
import { fakePlan } from '../../../properties/testing/fake-context.ts';
import { PartitionTracks } from './partition-tracks.ts';
import { ProcessTracks } from './process-tracks.ts';
import { TransactionTracks } from './transaction-tracks.ts';

const session = (id: number, client: string): Session => ({
  id,
  client,
  incarnation: 0,
  kind: 'consumer',
  properties: { 'group.id': 'g' },
});
const membership = (of: Session, type: 'assigned' | 'revoked', partitions: readonly number[]): HistoryEvent => ({
  step: 0,
  timeUs: 0,
  session: of,
  type,
  partitions: partitions.map((partition) => ({ topic: 'orders', partition })),
  generation: 1,
});

test('two owners of a partition at once are two spans that overlap', (t) => {
  const groups = new GroupTracks();
  groups.onHistory(10, 4, membership(session(1, 'reader-1'), 'assigned', [0, 1]));
  groups.onHistory(20, 5, membership(session(2, 'reader-2'), 'assigned', [1]));
  groups.onHistory(30, 4, membership(session(1, 'reader-1'), 'revoked', [1]));
  const [track] = groups.tracks(50);
  t.deepEqual(
    track?.owners.map(({ partition, process, fromUs, toUs }) => [partition, process, fromUs, toUs]),
    [
      ['orders-0', 4, 10, 50],
      ['orders-1', 4, 10, 30],
      ['orders-1', 5, 20, 50],
    ],
  );
});

test('a consumer that died owns nothing', (t) => {
  const groups = new GroupTracks();
  const reader = session(1, 'reader-1');
  groups.onHistory(10, 4, membership(reader, 'assigned', [0]));
  groups.onHistory(20, 4, { step: 0, timeUs: 20, session: reader, type: 'crashed' });
  t.is(groups.tracks(50)[0]?.owners[0]?.toUs, 20);
});

test('a transaction is a bar from its first record to its marker, open where it has none', (t) => {
  const transactions = new TransactionTracks();
  const opened = (partition: string, firstOffset: number, byLeader: boolean): TraceEvent => ({
    type: 'transaction-opened',
    partition,
    producerId: 7,
    producerEpoch: 0,
    firstOffset,
    byLeader,
  });
  transactions.onEvent(5, 0, {
    type: 'producer-transaction',
    transactionalId: 'tx',
    producerId: 7,
    producerEpoch: 0,
    from: 'ready',
    to: 'in-transaction',
  });
  transactions.onEvent(10, 0, opened('orders-0', 3, true));
  transactions.onEvent(11, 1, opened('orders-0', 3, false));
  transactions.onEvent(12, 0, opened('orders-1', 8, true));
  transactions.onEvent(20, 0, {
    type: 'transaction-marker-appended',
    partition: 'orders-0',
    producerId: 7,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    commit: false,
    offset: 5,
    firstOffset: 3,
    byLeader: true,
  });
  t.deepEqual(
    transactions
      .tracks(99)[0]
      ?.bars.map(({ partition, fromUs, toUs, outcome, markerOffset }) => [partition, fromUs, toUs, outcome, markerOffset]),
    [
      ['orders-0', 10, 20, 'aborted', 5],
      ['orders-1', 12, 99, 'open', -1],
    ],
  );
});

test('of two faults that are alike the one whose time is over first ends first', (t) => {
  const faults = new FaultSpans({
    faults: [
      { kind: 'isolate', atMs: 1 },
      { kind: 'isolate', atMs: 2 },
    ] as unknown as Plan['faults'],
  });
  const change = (what: 'begins' | 'ends', forMs: number | null) => ({
    type: 'fault' as const,
    kind: 'isolate',
    targets: ['b1'],
    change: what,
    forMs,
  });
  faults.onChaos(1_000);
  faults.onFault(2_000, change('begins', 50), [0]);
  faults.onFault(3_000, change('begins', 10), [0]);
  faults.onFault(13_000, change('ends', null), [0]);
  t.deepEqual(
    faults.spans(90_000).map(({ fromUs, toUs, planIndex }) => [fromUs, toUs, planIndex]),
    [
      [2_000, 90_000, 0],
      [3_000, 13_000, 1],
    ],
  );
});

test('votes of a node, the one that a candidate has of itself too', (t) => {
  const processes = new ProcessTracks(fakePlan());
  const index = processes.indexOf('c1');
  processes.onEvent(10, index, {
    type: 'quorum-transition',
    from: 'prospective',
    to: 'candidate',
    epoch: 3,
    leaderId: -1,
    isVoter: true,
  });
  const asked = { candidateLastEpoch: 0, candidateEndOffset: 0, lastEpoch: 0, endOffset: 0 };
  processes.onEvent(20, index, { type: 'quorum-voted', epoch: 4, candidate: 77, ...asked });
  const track = processes.tracks[index];
  t.deepEqual(track?.votes, [
    { us: 10, epoch: 3, candidate: track?.nodeId ?? -1 },
    { us: 20, epoch: 4, candidate: 77 },
  ]);
});

test('a truncation takes the epochs above it, and is told; a replica that is cut off as a whole begins where it is told to', (t) => {
  const partitions = new PartitionTracks();
  const loaded = (end: number): TraceEvent => ({
    type: 'log-loaded',
    partition: 'orders-0',
    topicId: 't',
    logStartOffset: 0,
    logEndOffset: end,
    recoveryPoint: 0,
    clean: true,
    batches: [],
    epochs: [
      { epoch: 0, startOffset: 0 },
      { epoch: 2, startOffset: 8 },
    ],
  });
  partitions.onEvent(10, 1, loaded(12));
  partitions.onEvent(20, 1, { type: 'log-truncated', partition: 'orders-0', from: 12, to: 8, reason: 'diverging-epoch' });
  partitions.onEvent(30, 1, { type: 'log-truncated', partition: 'orders-0', from: 8, to: 40, reason: 'out-of-range' });
  const [track] = partitions.tracks;
  const [replica] = track?.replicas ?? [];
  t.deepEqual([...(replica?.end ?? [])], [12, 8, 40]);
  t.deepEqual([...(replica?.start ?? [])], [0, 0, 40]);
  t.deepEqual(replica?.epochLists[replica.epochs[1] as number], [{ epoch: 0, startOffset: 0 }]);
  t.deepEqual(track?.cuts, [{ us: 20, process: 1, from: 12, to: 8, reason: 'diverging-epoch' }]);
});
