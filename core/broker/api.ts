/**
 * An API is one record: which versions are answered, on which listeners, who may ask, how the whole request is answered with an error,
 * and the handler. The router, ApiVersions, the checks of permissions, forwarding and error answers are folds over the records
 * (`apis/index.ts`); there is no other list of APIs.
 */
import type { ControllerRequest, Deciding, Decision } from '../controller/decision.ts';
import type { ApiName, RequestTypes } from '../protocol/messages/index.ts';
import type { VersionRange } from '../rpc/api-versions.ts';
import type { FailedAnswer } from '../rpc/failure.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { Allowed, ClusterPermission, NamedPermission, Permission, Permissions } from '../security/permissions.ts';
import type { BrokerContext } from './broker-context.ts';
import type { ControllerContext } from './controller-context.ts';

type NoPermissions = Readonly<Record<never, Permission>>;

/**
 * Who may ask. `request`: without this permission the whole request is refused before it is handled; `of` says on which resource.
 * `items`: what the handler asks for itself, of the things that a request names.
 */
export type Authorization<A extends ApiName, P extends Permissions> =
  | 'anyone'
  | { readonly request: ClusterPermission; readonly items?: P }
  | { readonly request: NamedPermission; readonly of: (body: RequestTypes[A]) => string; readonly items?: P }
  | { readonly items: P };

/** Answered by the node that is asked. */
export interface Handler<Context, A extends ApiName, P extends Permissions> {
  readonly authorization: Authorization<A, P>;
  /** Answers one request, at once or later. Throws ApiError to refuse it as a whole. */
  readonly handle: (node: Context, request: IncomingRequest<A>, may: Allowed<P>) => void;
}

/** Handed on to the active controller, which is the one to decide what the sender may do. */
interface Forwarded<A extends ApiName> {
  readonly forward: (broker: BrokerContext, request: IncomingRequest<A>, failed: FailedAnswer<A>) => void;
}

/** Decided by the active controller, and answered when the decision is committed. */
export interface ControllerDecision<A extends ApiName, P extends Permissions> {
  readonly authorization: Authorization<A, P>;
  /** Decides on the state as it is now. Throws ApiError to refuse the whole request at once. */
  readonly decide: (deciding: Deciding, request: ControllerRequest<A>, may: Allowed<P>) => Decision<A>;
}

interface Offered {
  /** Offered only in a world with cryptography. */
  readonly needsCrypto?: true;
}

/** On brokers' listeners. What they forward is offered by controllers. */
type BrokerHandler<A extends ApiName, P extends Permissions> = Handler<BrokerContext, A, P> & Offered;
type BrokerForward<A extends ApiName> = Forwarded<A> & Offered;

/** On controllers' listeners: answered by any of them, or by the active one. */
type ControllerSide<A extends ApiName, P extends Permissions> = Handler<ControllerContext, A, P> | ControllerDecision<A, P>;

/** Null: not offered there. */
type Listeners<A extends ApiName, B extends Permissions, C extends Permissions> =
  | { readonly broker: BrokerHandler<A, B>; readonly controller: ControllerSide<A, C> | null }
  | { readonly broker: BrokerForward<A> | null; readonly controller: ControllerSide<A, C> };

interface Facts<A extends ApiName> {
  readonly name: A;
  /** The versions that are answered, both ends included. */
  readonly versions: VersionRange;
  /** What ApiVersions says is the lowest version, where it says another. */
  readonly advertisedFrom?: number;
  /** How the whole request is answered with an error. */
  readonly failed: FailedAnswer<A>;
}

type ApiDefinition<A extends ApiName, B extends Permissions, C extends Permissions> = Facts<A> & Listeners<A, B, C>;

/** The record of any API, as the folds see it. */
export type Api = ApiDefinition<ApiName, Permissions, Permissions>;

/** The types of request, answer and permissions follow from `name` and `authorization`. */
export function defineApi<const A extends ApiName, B extends Permissions = NoPermissions, C extends Permissions = NoPermissions>(
  api: ApiDefinition<A, B, C>,
): Api {
  return api as unknown as Api;
}
