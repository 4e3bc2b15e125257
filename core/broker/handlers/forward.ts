/**
 * Requests that only the active controller can answer: handed on over the forwarding channel in the version they came in, and
 * the answer handed back. (Kafka wraps them in an Envelope to carry the client's identity; there is none here.)
 */
import { type ControllerApi, failures } from '../../controller/failures.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/RpcServer.ts';
import type { FORWARDED_APIS } from '../apiVersions.ts';
import type { BrokerContext } from '../BrokerContext.ts';

export type ForwardedApi = (typeof FORWARDED_APIS)[number];

/** Hands a request on and its answer back. */
export function forward<A extends ForwardedApi>(broker: BrokerContext, request: IncomingRequest<A>): void {
  const body = request.body as RequestTypes[A];
  broker.forwarding.forward(request.api, request.version, body as Draft<RequestTypes[A]>, (result) => {
    if (result.ok) request.respond(result.response as Draft<ResponseTypes[A]>);
    else request.respond(timedOut(request.api, body) as Draft<ResponseTypes[A]>);
  });
}

function timedOut(api: ForwardedApi, body: RequestTypes[ForwardedApi]): Draft<ResponseTypes[ForwardedApi]> {
  if (api === 'DescribeQuorum') return { errorCode: ErrorCode.REQUEST_TIMED_OUT };
  const fail = failures[api] as unknown as (
    body: RequestTypes[ControllerApi],
    error: number,
    message: string,
  ) => Draft<ResponseTypes[ControllerApi]>;
  return fail(body as RequestTypes[ControllerApi], ErrorCode.REQUEST_TIMED_OUT, 'No controller answered in time.') as Draft<
    ResponseTypes[ForwardedApi]
  >;
}
