import test from 'ava';
import type { PartitionRegistration } from '../metadata/partition-registration.ts';
import { mergePartitionChange } from '../metadata/partition-registration.ts';
import { LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';
import { buildPartitionChange, type PartitionChangeIntent } from './partition-change.ts';

const BASE: PartitionRegistration = {
  replicas: [1, 2, 3],
  directories: ['d', 'd', 'd'],
  isr: [1, 2, 3],
  removingReplicas: [],
  addingReplicas: [],
  elr: [],
  lastKnownElr: [],
  leader: 1,
  leaderRecoveryState: 0,
  leaderEpoch: LeaderEpoch(5),
  partitionEpoch: PartitionEpoch(9),
};

interface Row {
  readonly title: string;
  readonly partition?: Partial<PartitionRegistration>;
  readonly intent?: Partial<PartitionChangeIntent>;
  readonly alive?: readonly number[];
  /** Null: nothing changes. */
  readonly after: Partial<PartitionRegistration> | null;
}

const rows: Row[] = [
  { title: 'a leader that can go on goes on', after: null },
  {
    title: 'the ISR shrinks without a new leader epoch',
    intent: { targetIsr: [1, 3] },
    after: { isr: [1, 3], leader: 1, leaderEpoch: LeaderEpoch(5) },
  },
  {
    title: 'the leader leaves: the next replica in the ISR leads',
    intent: { targetIsr: [2, 3] },
    alive: [2, 3],
    after: { isr: [2, 3], leader: 2, leaderEpoch: LeaderEpoch(6) },
  },
  {
    title: 'the last ISR member leaves: it stays, leaderless',
    partition: { isr: [1] },
    intent: { targetIsr: [] },
    alive: [2, 3],
    after: { isr: [1], leader: -1, leaderEpoch: LeaderEpoch(6) },
  },
  {
    title: 'no live replica outside the ISR leads in a clean election',
    partition: { isr: [1], leader: -1 },
    alive: [2, 3],
    after: null,
  },
  {
    title: 'the same broker leads again in a new epoch',
    partition: { isr: [1], leader: -1 },
    alive: [1],
    after: { isr: [1], leader: 1, leaderEpoch: LeaderEpoch(6) },
  },
  {
    title: 'an unclean leader starts alone, recovering',
    partition: { isr: [1], leader: -1 },
    intent: { election: 'unclean' },
    alive: [2, 3],
    after: { isr: [2], leader: 2, leaderEpoch: LeaderEpoch(6), leaderRecoveryState: 1 },
  },
  {
    title: 'an unclean election takes the ISR first',
    partition: { isr: [3], leader: -1 },
    intent: { election: 'unclean' },
    alive: [2, 3],
    after: { isr: [3], leader: 3, leaderRecoveryState: 0 },
  },
  { title: 'online election leaves a leader that is not preferred', partition: { leader: 2 }, after: null },
  {
    title: 'preferred election returns the leadership',
    partition: { leader: 2 },
    intent: { election: 'preferred' },
    after: { leader: 1, leaderEpoch: LeaderEpoch(6) },
  },
  {
    title: 'a preferred replica outside the ISR does not lead',
    partition: { leader: 2, isr: [2, 3] },
    intent: { election: 'preferred' },
    after: null,
  },
  {
    title: 'a reassignment goes on until all targets are in the ISR',
    partition: {
      replicas: [1, 2, 3, 4],
      directories: ['d', 'd', 'd', 'd'],
      removingReplicas: [1],
      addingReplicas: [3, 4],
      isr: [1, 2],
    },
    intent: { targetIsr: [1, 2, 3] },
    alive: [1, 2, 3, 4],
    after: { replicas: [1, 2, 3, 4], isr: [1, 2, 3], leader: 1, leaderEpoch: LeaderEpoch(5), removingReplicas: [1] },
  },
  {
    title: 'a finished reassignment drops what leaves from replicas and ISR',
    partition: {
      replicas: [1, 2, 3, 4],
      directories: ['d', 'd', 'd', 'd'],
      removingReplicas: [1],
      addingReplicas: [4],
      isr: [1, 2, 3],
    },
    intent: { targetIsr: [1, 2, 3, 4] },
    alive: [1, 2, 3, 4],
    after: {
      replicas: [2, 3, 4],
      isr: [2, 3, 4],
      leader: 2,
      leaderEpoch: LeaderEpoch(6),
      removingReplicas: [],
      addingReplicas: [],
    },
  },
  {
    title: 'without ELR what a partition still has of it goes with its next change',
    partition: { elr: [2], isr: [1, 3] },
    intent: { targetIsr: [1] },
    after: { isr: [1], elr: [], lastKnownElr: [] },
  },
  {
    title: 'ELR: who leaves an ISR that is at its minimum is not eligible',
    intent: { elrEnabled: true, minIsr: 2, targetIsr: [1, 3] },
    after: { isr: [1, 3], elr: [], leader: 1 },
  },
  {
    title: 'ELR: who leaves an ISR below its minimum is',
    partition: { isr: [1, 3] },
    intent: { elrEnabled: true, minIsr: 2, targetIsr: [1] },
    after: { isr: [1], elr: [3], leader: 1, leaderEpoch: LeaderEpoch(5), lastKnownElr: [] },
  },
  {
    title: 'ELR: the ISR may become empty, and who led last is remembered',
    intent: { elrEnabled: true, minIsr: 2, targetIsr: [] },
    partition: { isr: [1] },
    alive: [],
    after: { isr: [], elr: [1], lastKnownElr: [1], leader: -1, leaderEpoch: LeaderEpoch(6) },
  },
  {
    title: 'ELR: an eligible replica leads at once when the ISR becomes empty, cleanly and alone in the ISR',
    partition: { isr: [1], elr: [2, 3] },
    intent: { elrEnabled: true, minIsr: 2, targetIsr: [] },
    alive: [2, 3],
    after: { isr: [2], elr: [1, 3], leader: 2, leaderRecoveryState: 0, lastKnownElr: [] },
  },
  {
    title: 'ELR: an eligible replica that comes back leads, and the last leader is forgotten',
    partition: { isr: [], elr: [2, 3], leader: -1, lastKnownElr: [1] },
    intent: { elrEnabled: true, minIsr: 2 },
    alive: [1, 3],
    after: { isr: [3], elr: [2], leader: 3, leaderRecoveryState: 0, lastKnownElr: [] },
  },
  {
    title: 'ELR: nobody eligible leads while somebody is in the ISR',
    partition: { isr: [1], elr: [2], leader: -1 },
    intent: { elrEnabled: true, minIsr: 2 },
    alive: [2, 3],
    after: null,
  },
  {
    title: 'ELR: emptied when the ISR reaches its minimum',
    partition: { isr: [1], elr: [2] },
    intent: { elrEnabled: true, minIsr: 2, targetIsr: [1, 3] },
    after: { isr: [1, 3], elr: [] },
  },
  {
    title: 'ELR: who may have lost records is neither in sync nor eligible',
    partition: { isr: [1], elr: [2] },
    intent: { elrEnabled: true, minIsr: 2, targetIsr: [], uncleanShutdownReplicas: [1] },
    alive: [],
    after: { isr: [], elr: [2], leader: -1, lastKnownElr: [1] },
  },
  {
    title: 'ELR: who led when the partition came to be leaderless stays known while others go',
    partition: { isr: [], elr: [2, 3], leader: -1, lastKnownElr: [1] },
    intent: { elrEnabled: true, minIsr: 2, uncleanShutdownReplicas: [2] },
    alive: [],
    after: { isr: [], elr: [3], lastKnownElr: [1] },
  },
  {
    title: 'ELR: with nobody in sync or eligible the last leader leads, uncleanly, though that is not enabled',
    partition: { isr: [], elr: [], lastKnownElr: [1], leader: -1 },
    intent: { elrEnabled: true, minIsr: 2 },
    after: { isr: [1], elr: [], lastKnownElr: [], leader: 1, leaderRecoveryState: 1 },
  },
  {
    title: 'ELR: the last leader does not lead while anybody is eligible, dead or not',
    partition: { isr: [], elr: [2], lastKnownElr: [1], leader: -1 },
    intent: { elrEnabled: true, minIsr: 2 },
    alive: [1, 3],
    after: null,
  },
  {
    title: 'ELR: the last known leader is not elected while it is dead',
    partition: { isr: [], elr: [], lastKnownElr: [1], leader: -1 },
    intent: { elrEnabled: true, minIsr: 2 },
    alive: [2, 3],
    after: null,
  },
  {
    title: 'ELR: an unclean election leaves nobody eligible',
    partition: { isr: [], elr: [1], lastKnownElr: [1], leader: -1 },
    intent: { elrEnabled: true, minIsr: 2, election: 'unclean' },
    alive: [3],
    after: { isr: [3], elr: [], lastKnownElr: [], leader: 3, leaderRecoveryState: 1 },
  },
  {
    title: 'ELR: where nobody is known to have led last, nobody is elected',
    partition: { isr: [], elr: [], lastKnownElr: [], leader: -1 },
    intent: { elrEnabled: true, minIsr: 2 },
    after: null,
  },
];

for (const row of rows) {
  test(row.title, (t) => {
    const partition = { ...BASE, ...row.partition };
    const alive = row.alive ?? [1, 2, 3];
    const change = buildPartitionChange({
      topicId: 't',
      partitionId: 0,
      partition,
      isAcceptableLeader: (id) => alive.includes(id),
      minIsr: 1,
      elrEnabled: false,
      defaultDirectory: () => 'd',
      ...row.intent,
    });
    if (row.after === null || change === null) {
      t.is(change, null);
      t.is(row.after, null);
      return;
    }
    const after = mergePartitionChange(partition, change);
    t.like(after, { partitionEpoch: 10, ...row.after });
    t.is(after.directories.length, after.replicas.length);
  });
}
