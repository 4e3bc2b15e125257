/** Requests that only the active controller can answer: handed on in an Envelope, and the answer handed back. */
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { FailedAnswer } from '../rpc/failure.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { BrokerContext } from './broker-context.ts';
import { answerIn, envelopeOf } from './envelope.ts';

/** Hands a request on and its answer back, unchanged. */
export function forward<A extends ApiName>(broker: BrokerContext, request: IncomingRequest<A>, failed: FailedAnswer<A>): void {
  forwardPart(broker, request, failed, request.body, (answer) => request.respond(answer));
}

/** Hands on `body`, a part of the request; what the controller says to it, or could not say, goes to `answered`. */
export function forwardPart<A extends ApiName>(
  broker: BrokerContext,
  request: IncomingRequest<A>,
  failed: FailedAnswer<A>,
  body: RequestTypes[A],
  answered: (answer: Draft<ResponseTypes[A]>) => void,
): void {
  const { api, version } = request;
  const fail = (errorCode: number, errorMessage: string): void => {
    const answer = failed({ body, version, errorCode, errorMessage });
    if (answer === null) request.closeConnection();
    else answered(answer);
  };
  broker.forwarding.send('Envelope', envelopeOf(request, api, version, body as Draft<RequestTypes[A]>), (result) => {
    if (!result.ok) {
      fail(ErrorCode.REQUEST_TIMED_OUT, 'No controller answered in time.');
      return;
    }
    const { errorCode, responseData } = result.response;
    const answer = errorCode === ErrorCode.NONE ? answerIn(api, version, responseData) : null;
    if (answer !== null) answered(answer as Draft<ResponseTypes[A]>);
    // The controller does not know the version: the client is to ask anew which ones there are.
    else if (errorCode === ErrorCode.UNSUPPORTED_VERSION) request.closeConnection();
    // What is wrong between broker and controller is not the client's affair.
    else fail(ErrorCode.UNKNOWN_SERVER_ERROR, 'The controller did not take the request from this broker.');
  });
}
