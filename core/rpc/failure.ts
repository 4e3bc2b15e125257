/** A request that fails as a whole, and the answer that its API has for that. */
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { IncomingRequest } from './rpc-server.ts';

interface Failure<A extends ApiName = ApiName> {
  readonly body: RequestTypes[A];
  readonly version: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** The error where Kafka puts it; null if the client expects no answer: its connection is to be closed. */
export type FailedAnswer<A extends ApiName = ApiName> = (failure: Failure<A>) => Draft<ResponseTypes[A]> | null;

/** Answers a request with an error, in the way of its API. */
export function refuse<A extends ApiName>(
  request: Pick<IncomingRequest<A>, 'body' | 'version' | 'respond' | 'closeConnection'>,
  failed: FailedAnswer<A>,
  errorCode: number,
  errorMessage: string | null,
): void {
  const { body, version } = request;
  const answer = failed({ body, version, errorCode, errorMessage });
  if (answer === null) request.closeConnection();
  else request.respond(answer);
}
