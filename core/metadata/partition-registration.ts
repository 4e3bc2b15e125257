/** What the metadata says of one partition, and how records change it. */
import type { PartitionChangeRecord } from '../protocol/messages/partition-change-record.ts';
import { DIRECTORY_MIGRATING } from '../protocol/directory-ids.ts';
import type { PartitionRecord } from '../protocol/messages/partition-record.ts';
import { type BrokerId, LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';

/** In a registration: the partition has no leader. */
export const NO_LEADER = -1;
/** In a change record: the leader and its epoch stay. */
export const NO_LEADER_CHANGE = -2;
export const RECOVERED = 0;
/** The leader was elected uncleanly and has not yet recovered (KIP-704). */
export const RECOVERING = 1;
/** In a change record: the recovery state stays. */
export const NO_RECOVERY_CHANGE = -1;

type LeaderRecoveryState = typeof RECOVERED | typeof RECOVERING;

export interface PartitionRegistration {
  readonly replicas: readonly BrokerId[];
  /** Log directory id of each replica, in the order of `replicas`. */
  readonly directories: readonly string[];
  readonly isr: readonly BrokerId[];
  readonly removingReplicas: readonly BrokerId[];
  readonly addingReplicas: readonly BrokerId[];
  /** Eligible leader replicas (KIP-966). */
  readonly elr: readonly BrokerId[];
  readonly lastKnownElr: readonly BrokerId[];
  /** Broker id, or NO_LEADER. */
  readonly leader: BrokerId;
  readonly leaderRecoveryState: LeaderRecoveryState;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
}

export function partitionFromRecord(record: PartitionRecord): PartitionRegistration {
  return {
    replicas: record.replicas,
    directories: orMigrating(record.directories, record.replicas),
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState as LeaderRecoveryState,
    leaderEpoch: LeaderEpoch(record.leaderEpoch),
    partitionEpoch: PartitionEpoch(record.partitionEpoch),
  };
}

export function partitionToRecord(topicId: string, partitionId: number, from: PartitionRegistration): PartitionRecord {
  return {
    partitionId,
    topicId,
    replicas: [...from.replicas],
    isr: [...from.isr],
    removingReplicas: [...from.removingReplicas],
    addingReplicas: [...from.addingReplicas],
    leader: from.leader,
    leaderRecoveryState: from.leaderRecoveryState,
    leaderEpoch: from.leaderEpoch,
    partitionEpoch: from.partitionEpoch,
    directories: [...from.directories],
    eligibleLeaderReplicas: from.elr.length > 0 ? [...from.elr] : null,
    lastKnownElr: from.lastKnownElr.length > 0 ? [...from.lastKnownElr] : null,
  };
}

/** Before 3.7-IV2 records name no directories: then nothing is known of where any replica lies. */
function orMigrating(directories: readonly string[], replicas: readonly BrokerId[]): readonly string[] {
  if (directories.some((directory) => directory !== DIRECTORY_MIGRATING)) return directories;
  return replicas.map(() => DIRECTORY_MIGRATING);
}

/** The registration after a change: every change raises the partition epoch, a leader field (even of the same leader) the leader epoch. */
export function mergePartitionChange(before: PartitionRegistration, change: PartitionChangeRecord): PartitionRegistration {
  const leaderNamed = change.leader !== NO_LEADER_CHANGE;
  const replicas = change.replicas ?? before.replicas;
  return {
    replicas,
    directories: orMigrating(change.directories ?? before.directories, replicas),
    isr: change.isr ?? before.isr,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    elr: change.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    leader: leaderNamed ? change.leader : before.leader,
    leaderRecoveryState:
      change.leaderRecoveryState === NO_RECOVERY_CHANGE
        ? before.leaderRecoveryState
        : (change.leaderRecoveryState as LeaderRecoveryState),
    leaderEpoch: leaderNamed ? LeaderEpoch(before.leaderEpoch + 1) : before.leaderEpoch,
    partitionEpoch: PartitionEpoch(before.partitionEpoch + 1),
  };
}

/** The registration after a ClearElrRecord, which changes only those that have something to clear; null for others. */
export function withoutElr(before: PartitionRegistration): PartitionRegistration | null {
  if (before.elr.length === 0 && before.lastKnownElr.length === 0) return null;
  return { ...before, elr: [], lastKnownElr: [], partitionEpoch: PartitionEpoch(before.partitionEpoch + 1) };
}

/** Same elements in the same order. */
export function listsEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function partitionsEqual(a: PartitionRegistration, b: PartitionRegistration): boolean {
  return (
    a === b ||
    (a.leader === b.leader &&
      a.leaderEpoch === b.leaderEpoch &&
      a.partitionEpoch === b.partitionEpoch &&
      a.leaderRecoveryState === b.leaderRecoveryState &&
      listsEqual(a.replicas, b.replicas) &&
      listsEqual(a.isr, b.isr) &&
      listsEqual(a.directories, b.directories) &&
      listsEqual(a.removingReplicas, b.removingReplicas) &&
      listsEqual(a.addingReplicas, b.addingReplicas) &&
      listsEqual(a.elr, b.elr) &&
      listsEqual(a.lastKnownElr, b.lastKnownElr))
  );
}
