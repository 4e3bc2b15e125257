/** What the API handlers of a controller work with, whether it is the active one or not. */
import type { QuorumController } from '../controller/quorum-controller.ts';
import type { ApiVersionsResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { RaftClient } from '../raft/raft-client.ts';
import type { ApiRanges } from '../rpc/api-versions.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { AuthHelper } from '../security/auth-helper.ts';

export interface ControllerContext {
  readonly clusterId: string;
  /** The listener by which controllers are registered. */
  readonly controllerListenerName: string;
  readonly auth: AuthHelper;
  readonly raft: RaftClient;
  readonly controller: QuorumController;
  /** What this listener offers, to a request of a version. */
  readonly apiVersions: (version: number) => Draft<ApiVersionsResponse>;
  /** What may come in an Envelope. */
  readonly forwarded: ApiRanges;
  /** Takes a request that came in one. */
  readonly handle: (request: IncomingRequest) => void;
}
