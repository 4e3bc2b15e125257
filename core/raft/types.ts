/** The shapes that the quorum's users see. */
import type { BrokerId, LeaderEpoch, Offset } from '../protocol/numbers.ts';

/** A position in the metadata log: the first `offset` entries, the last of which was appended in `epoch`. */
export interface OffsetAndEpoch {
  readonly offset: Offset;
  readonly epoch: LeaderEpoch;
}

/** Orders log positions as elections do: by epoch, then by offset. */
export function comparePositions(a: OffsetAndEpoch, b: OffsetAndEpoch): number {
  return a.epoch !== b.epoch ? a.epoch - b.epoch : a.offset - b.offset;
}

/** A voter, and where it listens. */
export interface Voter {
  readonly id: BrokerId;
  readonly host: string;
  readonly port: number;
}

/** One data batch below the high watermark. */
export interface CommittedBatch {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: LeaderEpoch;
  readonly appendTimestamp: number;
  /** The record values, in order; not to be written to. */
  readonly records: Uint8Array[];
}

/** A snapshot's content: the whole state up to `endOffset` (exclusive). */
export interface LoadedSnapshot {
  readonly endOffset: Offset;
  readonly epoch: LeaderEpoch;
  readonly lastContainedTimestamp: number;
  readonly batches: readonly CommittedBatch[];
}

/** The leader and its epoch; `leaderId` is -1 while there is none. */
export interface LeaderAndEpoch {
  readonly leaderId: BrokerId;
  readonly epoch: LeaderEpoch;
}

/**
 * The replicated state machine. Called synchronously, in log order, each batch once; never from inside a call that it
 * makes to the RaftClient. It must not throw.
 */
export interface RaftListener {
  handleCommit(batches: readonly CommittedBatch[]): void;
  /** Replace all state: the log below the snapshot's end is gone. */
  handleLoadSnapshot(snapshot: LoadedSnapshot): void;
  /** A node's own id comes only after every batch below the start of its epoch was given to handleCommit. */
  handleLeaderChange(leader: LeaderAndEpoch): void;
}

/** The quorum's settings, by Kafka's names. */
export interface RaftConfig {
  readonly 'controller.quorum.election.timeout.ms': number;
  readonly 'controller.quorum.fetch.timeout.ms': number;
  readonly 'controller.quorum.election.backoff.max.ms': number;
  readonly 'controller.quorum.request.timeout.ms': number;
  readonly 'controller.quorum.retry.backoff.ms': number;
  readonly 'controller.quorum.append.linger.ms': number;
  readonly 'controller.quorum.fetch.max.bytes': number;
  readonly 'controller.quorum.fetch.snapshot.max.bytes': number;
}

/** The node doesn't lead in the epoch that the caller believes in. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}
