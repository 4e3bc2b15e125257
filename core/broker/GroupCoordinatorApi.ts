/**
 * What the broker asks of the group coordinator (core/group), and what it tells it. Requests come decoded; the answer goes
 * to `done`, at once or later, exactly once. Errors are in the answer, never thrown.
 */
import type { MetadataDelta } from '../metadata/delta.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';

/** Who asks. Some answers differ by the version of the request. */
export interface GroupRequestContext {
  readonly version: number;
  readonly clientId: string | null;
  readonly clientHost: string;
}

export type GroupApiName =
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'DescribeGroups'
  | 'ListGroups'
  | 'DeleteGroups'
  | 'OffsetDelete';

/** One handler per API. */
export type GroupHandlers = {
  readonly [A in GroupApiName]: (
    context: GroupRequestContext,
    request: RequestTypes[A],
    done: (response: Draft<ResponseTypes[A]>) => void,
  ) => void;
};

/** A group as an operator would see it. */
export interface GroupSummary {
  readonly group: string;
  readonly state: string;
  readonly generation: number;
  readonly members: readonly string[];
  readonly offsets: readonly { readonly partition: string; readonly offset: number }[];
}

export interface GroupCoordinator extends GroupHandlers {
  /** Called once, when the broker's logs are loaded. `offsetsPartitions`: how many partitions `__consumer_offsets` has, or would get. */
  startup(offsetsPartitions: () => number): void;
  /** The `__consumer_offsets` partition that holds a group. */
  partitionFor(group: string): number;
  /** This broker leads a partition of `__consumer_offsets` from now on: load it, then answer for its groups. */
  onElection(offsetsPartition: number, leaderEpoch: number): void;
  /** This broker no longer leads it. The epoch is null when the replica was removed. */
  onResignation(offsetsPartition: number, leaderEpoch: number | null): void;
  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void;
  /** Interned `topic-partition` keys whose offsets are to be forgotten. */
  onPartitionsDeleted(partitions: readonly string[]): void;
  groups(): readonly GroupSummary[];
  /** Answers what waits with COORDINATOR_NOT_AVAILABLE and stops. */
  shutdown(): void;
}
