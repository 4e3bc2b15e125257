/** What held at a time: look-ups in the tracks of a run. */
import type { FaultSpan, GroupTrack, PartitionTrack, ProcessTrack, ReplicaTrack, RunRecord } from '../../record/run-record.ts';
import { ROLE } from '../../record/run-record.ts';

/** Index of the last of ascending times that is not after `us`; -1: all are. */
export function lastAt(times: ArrayLike<number>, us: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= us) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The last of a list in the order of time that is not after `us`. */
function latest<T extends { readonly us: number }>(list: readonly T[], us: number): T | null {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as T).us <= us) low = middle + 1;
    else high = middle;
  }
  return list[low - 1] ?? null;
}

export interface ReplicaNow {
  readonly process: number;
  readonly start: number;
  readonly end: number;
  readonly highWatermark: number;
  readonly lastStable: number;
  readonly role: number;
  readonly leaderEpoch: number;
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
}

/** Null: there was no such replica yet. */
export function replicaAt(track: ReplicaTrack, us: number): ReplicaNow | null {
  const row = lastAt(track.us, us);
  if (row === -1) return null;
  return {
    process: track.process,
    start: track.start[row] as number,
    end: track.end[row] as number,
    highWatermark: track.highWatermark[row] as number,
    lastStable: track.lastStable[row] as number,
    role: track.role[row] as number,
    leaderEpoch: track.leaderEpoch[row] as number,
    epochs: track.epochLists[track.epochs[row] as number] ?? [],
  };
}

export function stateAt({ states }: ProcessTrack, us: number): ProcessTrack['states'][number] {
  return latest(states, us) ?? { us: 0, state: 'down', why: 'not started yet' };
}

export function quorumAt({ quorum }: ProcessTrack, us: number): ProcessTrack['quorum'][number] | null {
  return latest(quorum, us);
}

export function registrationAt({ registrations }: PartitionTrack, us: number): PartitionTrack['registrations'][number] | null {
  return latest(registrations, us);
}

/** Faults under way; what was over at once counts for a little while. */
export function faultsAt(faults: readonly FaultSpan[], us: number): readonly FaultSpan[] {
  return faults.filter(({ fromUs, toUs, isRefused }) => !isRefused && fromUs <= us && us < Math.max(toUs, fromUs + 50_000));
}

/** Partitions that a process leads, as it believes itself. */
export function ledBy(record: RunRecord, process: number, us: number): readonly string[] {
  return record.partitions.flatMap(({ name, replicas }) => {
    const track = replicas.find((replica) => replica.process === process);
    const now = track === undefined ? null : replicaAt(track, us);
    return now?.role === ROLE.leader ? [name] : [];
  });
}

/** When a replica was leader: from, to, epoch. */
export function leaderSpans(
  track: ReplicaTrack,
  endUs: number,
): readonly { readonly fromUs: number; readonly toUs: number; readonly epoch: number }[] {
  const spans: { fromUs: number; toUs: number; epoch: number }[] = [];
  for (let row = 0; row < track.us.length; row++) {
    if (track.role[row] !== ROLE.leader) continue;
    const fromUs = track.us[row] as number;
    const toUs = track.us[row + 1] ?? endUs;
    const epoch = track.leaderEpoch[row] as number;
    const last = spans.at(-1);
    if (last !== undefined && last.toUs === fromUs && last.epoch === epoch) last.toUs = toUs;
    else spans.push({ fromUs, toUs, epoch });
  }
  return spans;
}

export function committedAt({ commits }: GroupTrack, partition: string, us: number): number | null {
  return commits.findLast((commit) => commit.partition === partition && commit.us <= us)?.offset ?? null;
}

/** `32.005522 s` */
export function timeText(us: number): string {
  return `${(us / 1e6).toFixed(6)} s`;
}

/** As short as it can be said: `8.1 s`, `12 ms`, `340 µs`. */
export function spanText(us: number): string {
  if (us >= 1_000_000) return `${(us / 1e6).toFixed(us >= 1e7 ? 0 : 1)} s`;
  return us >= 1_000 ? `${(us / 1_000).toFixed(us >= 10_000 ? 0 : 1)} ms` : `${Math.round(us)} µs`;
}
