/**
 * The one place that changes a partition: elects leaders, keeps the ISR, ends reassignments, and keeps the eligible leader
 * replicas (KIP-966). Kafka's PartitionChangeBuilder as a function from intent to record.
 *
 * With eligible leader replicas the ISR may become empty. Whoever leaves an ISR that is below its minimum is eligible: nothing was
 * committed without it. A replica whose last run did not end in order is not, since it may have lost records. Without anybody in sync
 * or eligible, the last leader is elected when it is alive, whatever unclean.leader.election.enable says.
 */
import {
  listsEqual,
  NO_LEADER,
  NO_LEADER_CHANGE,
  NO_RECOVERY_CHANGE,
  type PartitionRegistration,
  RECOVERING,
} from '../metadata/partition-registration.ts';
import type { PartitionChangeRecord } from '../protocol/messages/partition-change-record.ts';
import type { BrokerId } from '../protocol/numbers.ts';

/**
 * preferred: the first replica if it is in the ISR, else any of the ISR. online: any of the ISR, the present leader if it
 * can go on. unclean: like online, and a live replica outside the ISR rather than none.
 */
type Election = 'preferred' | 'online' | 'unclean';

export interface PartitionChangeIntent {
  readonly topicId: string;
  readonly partitionId: number;
  readonly partition: PartitionRegistration;
  /** May this broker lead: alive, not on its way out, its directory online? */
  readonly isAcceptableLeader: (brokerId: BrokerId) => boolean;
  /** Effective min.insync.replicas; only read with ELR on. */
  readonly minIsr: number;
  /** 'online' if left out. */
  readonly election?: Election;
  readonly targetIsr?: readonly number[];
  readonly targetReplicas?: readonly number[];
  readonly targetRemoving?: readonly number[];
  readonly targetAdding?: readonly number[];
  readonly targetRecoveryState?: number;
  /** Directory id by broker, where it is not the one that the partition has. */
  readonly targetDirectories?: ReadonlyMap<number, string>;
  /** Replicas that may have lost records: they are in no ELR. */
  readonly uncleanShutdownReplicas?: readonly number[];
  readonly elrEnabled: boolean;
  /** Before 3.6-IV0: whoever leaves the ISR is told of by a new leader epoch, as followers of that time need it (KAFKA-15021). */
  readonly raisesEpochForShrink?: boolean;
  /** Directory of a replica that the partition did not have before. */
  readonly defaultDirectory: (brokerId: BrokerId) => string;
}

interface Targets {
  isr: readonly BrokerId[];
  replicas: readonly BrokerId[];
  removing: readonly number[];
  adding: readonly number[];
  elr: readonly BrokerId[];
}

interface ElectionResult {
  readonly leader: BrokerId;
  readonly unclean: boolean;
}

const NOBODY: ElectionResult = { leader: NO_LEADER, unclean: false };

/** The record that carries out the intent, or null if nothing changes. */
export function buildPartitionChange(intent: PartitionChangeIntent): PartitionChangeRecord | null {
  const { partition, elrEnabled } = intent;
  const targets: Targets = {
    isr: intent.targetIsr ?? partition.isr,
    replicas: intent.targetReplicas ?? partition.replicas,
    removing: intent.targetRemoving ?? partition.removingReplicas,
    adding: intent.targetAdding ?? partition.addingReplicas,
    elr: partition.elr,
  };
  const record = emptyChange(intent.topicId, intent.partitionId);
  completeReassignment(targets);
  if (elrEnabled) targets.elr = nextElr(intent, targets.isr);

  const elected = elect(intent, targets);
  if (elected.leader !== partition.leader) {
    if (targets.elr.includes(elected.leader)) {
      targets.isr = [elected.leader];
      targets.elr = targets.elr.filter((replica) => replica !== elected.leader);
    }
    record.leader = elected.leader;
    if (elected.unclean) {
      // What the other replicas hold is not known to agree with this leader's log: they start from nothing.
      record.isr = [elected.leader];
      if (partition.leaderRecoveryState !== RECOVERING) record.leaderRecoveryState = RECOVERING;
    }
  }
  const replicaLeft = partition.replicas.some((replica) => !targets.replicas.includes(replica));
  if (record.leader === NO_LEADER_CHANGE && replicaLeft) record.leader = partition.leader;

  if (record.isr !== null || !elrEnabled) targets.elr = [];
  if (!listsEqual(targets.elr, partition.elr)) record.eligibleLeaderReplicas = [...targets.elr];
  const isrMayBeSet = targets.isr.length > 0 || elrEnabled;
  if (record.isr === null && isrMayBeSet && !listsEqual(targets.isr, partition.isr)) record.isr = [...targets.isr];
  const isrShrinks = record.isr !== null && partition.isr.some((replica) => record.isr?.includes(replica) === false);
  if (intent.raisesEpochForShrink === true && isrShrinks && record.leader === NO_LEADER_CHANGE) record.leader = partition.leader;
  if (elrEnabled) setLastKnownLeader(record, partition);
  setAssignment(record, intent, targets);
  const recoveryState = intent.targetRecoveryState ?? partition.leaderRecoveryState;
  if (recoveryState !== partition.leaderRecoveryState) record.leaderRecoveryState = recoveryState;
  return isNoChange(record) ? null : record;
}

function emptyChange(topicId: string, partitionId: number): PartitionChangeRecord {
  return {
    partitionId,
    topicId,
    isr: null,
    leader: NO_LEADER_CHANGE,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: NO_RECOVERY_CHANGE,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  };
}

function isNoChange(record: PartitionChangeRecord): boolean {
  return (
    record.isr === null &&
    record.leader === NO_LEADER_CHANGE &&
    record.replicas === null &&
    record.removingReplicas === null &&
    record.addingReplicas === null &&
    record.leaderRecoveryState === NO_RECOVERY_CHANGE &&
    record.directories === null &&
    record.eligibleLeaderReplicas === null &&
    record.lastKnownElr === null
  );
}

/** A reassignment ends when every target replica is in the ISR; what leaves, leaves replicas and ISR together. */
function completeReassignment(targets: Targets): void {
  if (targets.removing.length === 0 && targets.adding.length === 0) return;
  const isr = targets.isr.filter((replica) => !targets.removing.includes(replica));
  const replicas = targets.replicas.filter((replica) => !targets.removing.includes(replica));
  if (isr.length === 0 || replicas.length === 0) return;
  if (!replicas.every((replica) => isr.includes(replica))) return;
  targets.isr = isr;
  targets.replicas = replicas;
  targets.removing = [];
  targets.adding = [];
}

function elect(intent: PartitionChangeIntent, targets: Targets): ElectionResult {
  const { partition, isAcceptableLeader } = intent;
  const inLine = (replica: BrokerId): boolean =>
    targets.isr.includes(replica) || (targets.isr.length === 0 && targets.elr.includes(replica));
  const isValid = (replica: BrokerId): boolean => inLine(replica) && isAcceptableLeader(replica);
  const preferred = targets.replicas[0];
  if (intent.election === 'preferred' && preferred !== undefined && isValid(preferred)) {
    return { leader: preferred, unclean: false };
  }
  if (partition.leader !== NO_LEADER && isValid(partition.leader)) return { leader: partition.leader, unclean: false };
  const online = targets.replicas.find(isValid);
  if (online !== undefined) return { leader: online, unclean: false };
  const lastKnown = lastKnownLeader(intent, targets);
  if (lastKnown !== null) return { leader: lastKnown, unclean: true };
  if (intent.election === 'unclean') {
    const live = targets.replicas.find(isAcceptableLeader);
    if (live !== undefined) return { leader: live, unclean: true };
  }
  return NOBODY;
}

/** With ELR on and both ISR and ELR empty: the last leader, if it is alive. */
function lastKnownLeader(intent: PartitionChangeIntent, targets: Targets): number | null {
  if (!intent.elrEnabled || targets.elr.length > 0 || targets.isr.length > 0) return null;
  const { lastKnownElr } = intent.partition;
  const last = lastKnownElr[0];
  if (lastKnownElr.length !== 1 || last === undefined) return null;
  if (!intent.isAcceptableLeader(last)) return null;
  return last;
}

function nextElr(intent: PartitionChangeIntent, targetIsr: readonly number[]): readonly number[] {
  const { partition, uncleanShutdownReplicas } = intent;
  // At min ISR the high watermark moves on without the ELR.
  if (targetIsr.length >= intent.minIsr) return [];
  const candidates = new Set([...partition.elr, ...partition.isr].sort((a, b) => a - b));
  return [...candidates].filter((replica) => !targetIsr.includes(replica) && uncleanShutdownReplicas?.includes(replica) !== true);
}

/** Remembers who led when the partition came to be without a leader, until somebody leads it again. */
function setLastKnownLeader(record: PartitionChangeRecord, { leader, lastKnownElr }: PartitionRegistration): void {
  if (record.leader === NO_LEADER && lastKnownElr.length === 0) record.lastKnownElr = [leader];
  else if (record.leader >= 0 && lastKnownElr.length > 0) record.lastKnownElr = [];
}

function setAssignment(record: PartitionChangeRecord, intent: PartitionChangeIntent, targets: Targets): void {
  const { partition } = intent;
  const directories = targets.replicas.map((replica) => directoryOf(intent, replica));
  if (!listsEqual(directories, partition.directories)) record.directories = directories;
  if (!listsEqual(targets.replicas, partition.replicas)) record.replicas = [...targets.replicas];
  if (!listsEqual(targets.removing, partition.removingReplicas)) record.removingReplicas = [...targets.removing];
  if (!listsEqual(targets.adding, partition.addingReplicas)) record.addingReplicas = [...targets.adding];
}

function directoryOf(intent: PartitionChangeIntent, replica: BrokerId): string {
  const target = intent.targetDirectories?.get(replica);
  if (target !== undefined) return target;
  const before = intent.partition.directories[intent.partition.replicas.indexOf(replica)];
  return before ?? intent.defaultDirectory(replica);
}
