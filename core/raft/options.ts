/** What a RaftClient is made from. */
import type { LogConfig } from '../log/log.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { ReplicatedLog } from './metadata-log.ts';
import type { RaftConfig } from './types.ts';
import type { VoterSet } from './voter-set.ts';

/** The requests that the quorum makes; an RpcClient does it. */
export type RaftTransport = Pick<RpcClient, 'send'>;

/** A request as the quorum sees it. */
export type RaftRequest<A extends ApiName = ApiName> = Pick<IncomingRequest<A>, 'body' | 'respond' | 'closeConnection'>;

export interface RaftOptions {
  readonly nodeId: BrokerId;
  readonly clusterId: string;
  /** The metadata log's directory, `.../__cluster_metadata-0`. */
  readonly directory: string;
  /** Uuid of the log directory, from meta.properties. */
  readonly directoryId: string;
  /** Who decides; a node that is not among them is an observer. */
  readonly voters: VoterSet;
  readonly config: RaftConfig;
  readonly rpc: RaftTransport;
  /** `metadata.log.segment.bytes` and the like; never a retention: only snapshots delete. */
  readonly logConfig?: Partial<LogConfig>;
  /** Opens the log; by default core/log's in `directory`. */
  readonly openLog?: (onStorageFailure: (error: Error) => void) => ReplicatedLog;
}
