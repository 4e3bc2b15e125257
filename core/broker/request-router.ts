/** From a request on a listener to the handler of its API: the records of the APIs, prepared once for a broker or a controller. */
import { invariant, InvariantViolation } from '../../ports/invariant.ts';
import { ApiError } from '../controller/api-error.ts';
import type { DecidedApi } from '../controller/decision.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { type FailedAnswer, refuse } from '../rpc/failure.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import { CLUSTER_NAME } from '../security/acl.ts';
import type { AuthHelper } from '../security/auth-helper.ts';
import { allowedBy, type Permissions, refusal } from '../security/permissions.ts';
import type { Api, Authorization, ControllerDecision, Handler } from './api.ts';
import type { BrokerContext } from './broker-context.ts';
import type { ControllerContext } from './controller-context.ts';

export type Handle = (request: IncomingRequest) => void;

interface Route {
  readonly handle: Handle;
  readonly failed: FailedAnswer;
}

/** The function that a broker's RpcServer calls. */
export function brokerRouter(broker: BrokerContext, offered: readonly Api[]): Handle {
  return router(
    offered.map((api) => {
      const side = api.broker;
      invariant(side !== null, () => `${api.name} is not for brokers`);
      const { failed } = api;
      // Whether the sender may is decided by the controller.
      if ('forward' in side) return [api.name, { failed, handle: (request) => side.forward(broker, request, failed) }];
      return [api.name, { failed, handle: checked(broker.auth, side.authorization, failed, answers(broker, side)) }];
    }),
  );
}

/** The function that a controller's RpcServer calls. */
export function controllerRouter(controller: ControllerContext, offered: readonly Api[]): Handle {
  return router(
    offered.map((api) => {
      const side = api.controller;
      invariant(side !== null, () => `${api.name} is not for controllers`);
      const { failed } = api;
      const handle = 'decide' in side ? decides(controller, side, failed) : answers(controller, side);
      return [api.name, { failed, handle: checked(controller.auth, side.authorization, failed, handle) }];
    }),
  );
}

function answers<C extends { readonly auth: AuthHelper }>(
  context: C,
  { authorization, handle }: Handler<C, ApiName, Permissions>,
): Handle {
  const allowedTo = allowedBy(context.auth, itemsOf(authorization));
  return (request) => handle(context, request, allowedTo(request));
}

function decides(
  { auth, controller }: ControllerContext,
  side: ControllerDecision<ApiName, Permissions>,
  failed: FailedAnswer,
): Handle {
  const decided = decidedApi(auth, side, failed);
  return (request) => controller.handle(request, decided);
}

/** What the active controller needs of an API that it decides. */
export function decidedApi(
  auth: AuthHelper,
  { authorization, decide }: ControllerDecision<ApiName, Permissions>,
  failed: FailedAnswer,
): DecidedApi {
  const allowedTo = allowedBy(auth, itemsOf(authorization));
  return { decide: (deciding, request) => decide(deciding, request, allowedTo(request)), failed };
}

function router(entries: readonly (readonly [ApiName, Route])[]): Handle {
  const routes = new Map(entries);
  return (request) => {
    const route = routes.get(request.api);
    if (route === undefined) throw new InvariantViolation(`${request.api} is not offered here`);
    try {
      route.handle(request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refuse(request, route.failed, error.code, error.message);
    }
  };
}

const NOTHING: Permissions = {};

function itemsOf(authorization: Authorization<ApiName, Permissions>): Permissions {
  return authorization === 'anyone' ? NOTHING : (authorization.items ?? NOTHING);
}

/** `handle`, for those who have the permission that the request as a whole needs. */
function checked(
  auth: AuthHelper,
  authorization: Authorization<ApiName, Permissions>,
  failed: FailedAnswer,
  handle: Handle,
): Handle {
  if (authorization === 'anyone' || !('request' in authorization) || auth.authorizer === null) return handle;
  const { operation, resourceType } = authorization.request;
  const nameIn = 'of' in authorization ? authorization.of : () => CLUSTER_NAME;
  return (request) => {
    if (auth.authorize(request, operation, resourceType, nameIn(request.body))) {
      handle(request);
      return;
    }
    const { errorCode, errorMessage } = refusal(resourceType);
    refuse(request, failed, errorCode, errorMessage);
  };
}

/** The answers to requests whose handler failed, by the records of the APIs offered. Null: the connection is to be closed. */
export function errorAnswers(
  offered: readonly Api[],
): (request: Pick<IncomingRequest, 'api' | 'body' | 'version'>) => Draft<ResponseTypes[ApiName]> | null {
  const answers = new Map(offered.map(({ name, failed }) => [name, failed]));
  return ({ api, body, version }) => {
    const errorCode = ErrorCode.UNKNOWN_SERVER_ERROR;
    const errorMessage = 'The server could not handle the request; its log says why.';
    return answers.get(api)?.({ body, version, errorCode, errorMessage }) ?? null;
  };
}
