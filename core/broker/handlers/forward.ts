/** Requests that only the active controller can answer: handed on in an Envelope, and the answer handed back. */
import { failedResponse } from '../../controller/failures.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import type { FORWARDED_APIS } from '../api-versions.ts';
import type { BrokerContext } from '../broker-context.ts';
import { answerIn, envelopeOf } from '../envelope.ts';

export type ForwardedApi = (typeof FORWARDED_APIS)[number];

/** Hands a request on and its answer back; `part` is what is handed on of it, if not all is. */
export function forward<A extends ForwardedApi>(
  broker: BrokerContext,
  request: IncomingRequest<A>,
  part?: { readonly body: RequestTypes[A]; readonly answered: (answer: Draft<ResponseTypes[A]>) => void },
): void {
  const { api, version } = request;
  const body = part?.body ?? (request.body as RequestTypes[A]);
  const answered = part?.answered ?? ((answer: Draft<ResponseTypes[A]>): void => request.respond(answer));
  const fail = (errorCode: number, message: string): void => answered(failedResponse(api, body, errorCode, message));
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
