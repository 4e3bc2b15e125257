import test from 'ava';
import type { TraceEvent, TraceEventOf } from '../../core/trace.ts';
import { type TestBatch, testBatch } from '../testing/batch.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { logAgreement } from './log-agreement.ts';
import { quorum } from './quorum.ts';

const LOG = '__cluster_metadata-0';
const VOTERS = [1001, 1002, 1003];

class Script {
  readonly context = new FakeContext();

  constructor() {
    this.context.check(quorum);
    this.context.check(logAgreement);
    for (const node of VOTERS) this.load(node);
  }

  load(node: number): void {
    this.emit(node, {
      type: 'log-loaded',
      partition: LOG,
      topicId: '',
      logStartOffset: 0,
      logEndOffset: 0,
      recoveryPoint: 0,
      clean: false,
      batches: [],
      epochs: [],
    });
  }

  emit(node: number, event: TraceEvent): void {
    this.context.emit(node, event);
  }

  become(
    node: number,
    from: TraceEventOf<'quorum-transition'>['from'],
    to: TraceEventOf<'quorum-transition'>['to'],
    epoch: number,
  ): void {
    this.emit(node, { type: 'quorum-transition', from, to, epoch, leaderId: -1, isVoter: true });
  }

  elected(node: number, epoch: number, epochStartOffset: number): void {
    this.become(node, 'unattached', 'prospective', epoch - 1);
    this.become(node, 'prospective', 'candidate', epoch);
    this.become(node, 'candidate', 'leader', epoch);
    this.emit(node, { type: 'quorum-leader-elected', epoch, epochStartOffset, voters: VOTERS });
  }

  append(node: number, role: 'leader' | 'follower', batch: TestBatch): void {
    const { base, epoch } = batch;
    this.emit(node, {
      type: 'log-appended',
      partition: LOG,
      role,
      baseOffset: base,
      lastOffset: base,
      leaderEpoch: epoch,
      batch: testBatch(batch),
    });
  }

  flushed(node: number, upTo: number): void {
    this.emit(node, { type: 'log-flushed', partition: LOG, upTo });
  }

  committed(node: number, from: number, to: number, epoch = 1, epochStartOffset = 0): void {
    this.emit(node, {
      type: 'quorum-high-watermark-advanced',
      role: 'leader',
      epoch,
      from,
      to,
      epochStartOffset,
      voters: VOTERS,
    });
  }

  get violated(): string[] {
    return this.context.violatedProperties;
  }
}

const A = { base: 0, epoch: 1, crc: 1 };

function led(): Script {
  const s = new Script();
  s.elected(1001, 1, 0);
  s.append(1001, 'leader', A);
  s.append(1002, 'follower', A);
  s.flushed(1001, 1);
  return s;
}

test('an epoch with a majority on disk violates nothing', (t) => {
  const s = led();
  s.flushed(1002, 1);
  s.committed(1001, 0, 1);
  t.deepEqual(s.violated, []);
  t.is(s.context.evaluations['K7'], 1);
});

test('K7: committed with a majority that has it, but not on disk', (t) => {
  const s = led();
  s.committed(1001, 0, 1);
  t.deepEqual(s.violated, ['K7']);
});

test('K18: a voter takes as committed only what it has on its disk', (t) => {
  const taken = (synced: boolean) => {
    const s = led();
    if (synced) s.emit(1002, { type: 'log-flushed', partition: LOG, upTo: 1 });
    const told = { type: 'quorum-high-watermark-advanced', role: 'follower', epoch: 1, from: 0, to: 1 } as const;
    s.emit(1002, { ...told, epochStartOffset: 0, voters: VOTERS });
    return s.violated.includes('K18');
  };
  t.false(taken(true));
  t.true(taken(false));
});

test('K1, K11: two leaders of an epoch; one that leads it twice', (t) => {
  const two = led();
  two.elected(1002, 1, 1);
  t.deepEqual(two.context.factsOf('K1'), { partition: LOG, topicId: '', nodeId: 1002, otherNodeId: 1001, leaderEpoch: 1 });
  const again = led();
  again.context.world(1001, { type: 'started', incarnation: 2 });
  again.emit(1001, { type: 'quorum-leader-elected', epoch: 1, epochStartOffset: 1, voters: VOTERS });
  t.deepEqual(again.violated, ['K11']);
});

test('K2, K14: two votes in an epoch, one for a log that is behind', (t) => {
  const vote = { type: 'quorum-voted', epoch: 2, lastEpoch: 1, endOffset: 1 } as const;
  const persisted = (votedId: number) => ({ type: 'quorum-state-persisted', epoch: 2, votedId, leaderId: -1 }) as const;
  const fine = led();
  fine.emit(1002, persisted(1001));
  fine.emit(1002, { ...vote, candidate: 1001, candidateLastEpoch: 1, candidateEndOffset: 1 });
  fine.emit(1002, { ...vote, candidate: 1001, candidateLastEpoch: 1, candidateEndOffset: 1 });
  t.deepEqual(fine.violated, []);
  fine.emit(1002, { ...vote, candidate: 1003, candidateLastEpoch: 1, candidateEndOffset: 1 });
  t.deepEqual(fine.violated, ['K2']);
  const behind = led();
  behind.emit(1002, persisted(1003));
  behind.emit(1002, { ...vote, candidate: 1003, candidateLastEpoch: 0, candidateEndOffset: 5 });
  t.deepEqual(behind.violated, ['K14']);
});

test('K2: a vote that is answered before it is durable', (t) => {
  const s = led();
  s.emit(1002, { type: 'quorum-state-persisted', epoch: 2, votedId: -1, leaderId: -1 });
  s.emit(1002, {
    type: 'quorum-voted',
    epoch: 2,
    lastEpoch: 1,
    endOffset: 1,
    candidate: 1001,
    candidateLastEpoch: 1,
    candidateEndOffset: 1,
  });
  t.deepEqual(s.violated, ['K2']);
});

test('K3: a durable epoch that goes back, unless the disk was replaced', (t) => {
  const s = new Script();
  s.emit(1001, { type: 'quorum-state-persisted', epoch: 3, votedId: -1, leaderId: -1 });
  s.context.world(1001, { type: 'disk-wiped', directory: null });
  s.emit(1001, { type: 'quorum-state-persisted', epoch: 2, votedId: -1, leaderId: -1 });
  s.context.world(1001, { type: 'disk-restored', ageMs: 1 });
  s.emit(1001, { type: 'quorum-state-persisted', epoch: 1, votedId: -1, leaderId: -1 });
  t.deepEqual(s.violated, []);
  s.emit(1001, { type: 'quorum-state-persisted', epoch: 0, votedId: -1, leaderId: -1 });
  t.deepEqual(s.violated, ['K3']);
});

test('K3: a durable epoch that goes back after a loss of power, unless the disk had lied', (t) => {
  const back = (lie: string | null): readonly string[] => {
    const s = led();
    s.emit(1001, { type: 'quorum-state-persisted', epoch: 3, votedId: -1, leaderId: -1 });
    if (lie !== null) s.context.world(1001, { type: 'sync-lied', path: lie });
    s.context.world(1001, { type: 'power-lost' });
    s.emit(1001, { type: 'quorum-state-persisted', epoch: 2, votedId: -1, leaderId: -1 });
    return s.violated;
  };
  t.deepEqual(back(null), ['K3']);
  t.deepEqual(back('/kafka-0/__cluster_metadata-0/quorum-state'), []);
  t.deepEqual(back('/kafka-0/orders-0/00000000000000000000.log'), ['K3']);
});

test('K5, K6: a leader without what was committed', (t) => {
  const s = led();
  s.flushed(1002, 1);
  s.committed(1001, 0, 1);
  s.elected(1003, 2, 0);
  t.deepEqual(s.violated, ['K6']);
});

test('K8: a commit by entries of earlier epochs alone', (t) => {
  const s = led();
  s.flushed(1002, 1);
  s.committed(1001, 0, 1, 1, 1);
  t.deepEqual(s.violated, ['K8']);
});

test('K9, K10: truncation below the high watermark, by a leader', (t) => {
  const s = led();
  s.flushed(1002, 1);
  s.committed(1001, 0, 1);
  s.emit(1001, { type: 'log-truncated', partition: LOG, from: 1, to: 0, reason: 'diverging-epoch' });
  t.deepEqual(s.violated, ['K10', 'K9']);
});

test('K9: a leader that lacks what a node knows to be committed, unless a voter lost stored bytes', (t) => {
  const s = led();
  s.emit(1, { type: 'quorum-truncation-refused', epoch: 1, leaderId: 1001, to: 0, highWatermark: 1 });
  t.deepEqual(s.violated, ['K9']);
  t.like(s.context.factsOf('K9'), { nodeId: 1001, otherNodeId: 1, leaderEpoch: 1, offset: 0 });
  const rotten = led();
  rotten.context.world(1002, { type: 'disk-corrupted', path: '/kafka-0/__cluster_metadata-0/00000000000000000000.log' });
  rotten.emit(1, { type: 'quorum-truncation-refused', epoch: 1, leaderId: 1001, to: 0, highWatermark: 1 });
  t.deepEqual(rotten.violated, []);
});

test('K12: a snapshot of what is not committed, and one of another epoch', (t) => {
  const s = led();
  s.flushed(1002, 1);
  s.committed(1001, 0, 1);
  s.emit(1001, { type: 'snapshot-created', endOffset: 1, epoch: 1, sizeBytes: 10 });
  t.deepEqual(s.violated, []);
  s.emit(1001, { type: 'snapshot-created', endOffset: 1, epoch: 0, sizeBytes: 10 });
  t.deepEqual(s.violated, ['K12']);
});

test('K15: a controller that activates before its epoch is committed', (t) => {
  const s = led();
  s.emit(1001, { type: 'controller-activated', epoch: 1, claimOffset: 0 });
  t.deepEqual(s.violated, ['K15']);
  const fine = led();
  fine.flushed(1002, 1);
  fine.committed(1001, 0, 1);
  fine.emit(1001, { type: 'controller-activated', epoch: 1, claimOffset: 0 });
  t.deepEqual(fine.violated, []);
});

test('K16: from follower straight to leader', (t) => {
  const s = new Script();
  s.become(1001, 'unattached', 'follower', 1);
  s.become(1001, 'follower', 'prospective', 1);
  t.deepEqual(s.violated, []);
  s.become(1001, 'prospective', 'leader', 2);
  t.deepEqual(s.violated, ['K16']);
});

test('K4: a follower whose entry differs', (t) => {
  const s = new Script();
  s.elected(1001, 1, 0);
  s.append(1001, 'leader', A);
  s.append(1002, 'follower', { ...A, crc: 2 });
  t.deepEqual(s.violated, ['K4']);
});
