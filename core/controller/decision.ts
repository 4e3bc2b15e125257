/** What the active controller decides for a request: records to write, and the answer when they are committed. */
import type { Environment } from '../environment.ts';
import type { ApiName, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { FailedAnswer } from '../rpc/failure.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { ActiveController } from './active.ts';
import type { Changes } from './changes.ts';

/** An answer that waits for its commit. */
export interface Decision<A extends ApiName> {
  readonly changes: Changes;
  readonly body: Draft<ResponseTypes[A]>;
  /** Told in the step of the answer. */
  readonly onAnswer?: () => void;
}

/** What decisions are made with. */
export interface Deciding {
  readonly env: Environment;
  readonly active: ActiveController;
  /** Without one everything is allowed, and there are no ACLs. */
  readonly hasAuthorizer: boolean;
}

/** A request as the controller sees it. */
export type ControllerRequest<A extends ApiName = ApiName> = Pick<
  IncomingRequest<A>,
  'api' | 'version' | 'body' | 'principal' | 'clientHost' | 'isForwarded' | 'respond' | 'closeConnection'
>;

/** An API that the active controller decides. */
export interface DecidedApi {
  /** Decides on the state as it is now; throws ApiError to refuse the whole request at once. */
  readonly decide: (deciding: Deciding, request: ControllerRequest) => Decision<ApiName>;
  readonly failed: FailedAnswer;
}
