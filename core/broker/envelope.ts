/**
 * A client's request on its way from the broker it came to, to the active controller: whole, in the version it has, and with whose
 * it is, since the controller is the one to decide what they may do (KIP-590).
 */
import {
  DecodeError,
  type DecodedRequest,
  decodeRequest,
  decodeResponse,
  decodeVersionedMessage,
  encodeRequest,
  encodeResponse,
  encodeVersionedMessage,
} from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, EnvelopeRequest, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { ApiRanges } from '../rpc/api-versions.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import { encodeAddress, formatAddress } from '../security/address.ts';
import type { Requester } from '../security/authorizer.ts';
import type { KafkaPrincipal } from '../security/principal.ts';
import { saysNotController } from './node-to-controller-channel.ts';

/** Whose request it is. */
export interface Sender extends Requester {
  readonly clientId: string | null;
}

/** The answer comes alone in its envelope: no number is needed to tell it from others. */
const CORRELATION_ID = 0;
const LENGTH_BYTES = 4;
const PRINCIPAL_VERSION = 0;

export function envelopeOf<A extends ApiName>(
  sender: Sender,
  api: A,
  version: number,
  body: Draft<RequestTypes[A]>,
): EnvelopeRequest {
  const { type, name } = sender.principal;
  return {
    requestData: encodeRequest(api, version, CORRELATION_ID, sender.clientId, body).subarray(LENGTH_BYTES),
    requestPrincipal: encodeVersionedMessage('DefaultPrincipalData', PRINCIPAL_VERSION, {
      type,
      name,
      tokenAuthenticated: false,
    }),
    clientHostAddress: encodeAddress(sender.clientHost),
  };
}

/** The answer in an envelope; null if it is not one to this request. */
export function answerIn<A extends ApiName>(api: A, version: number, bytes: Uint8Array | null): ResponseTypes[A] | null {
  if (bytes === null) return null;
  try {
    return decodeResponse(api, version, bytes).body;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/**
 * The request in an envelope; its answer goes back in one. A number: the error code of an envelope that cannot be opened. `forwarded`:
 * what may be in it.
 */
export function openEnvelope(envelope: IncomingRequest<'Envelope'>, forwarded: ApiRanges): IncomingRequest | number {
  const { requestData, requestPrincipal, clientHostAddress } = envelope.body;
  const principal = decoded(() => (requestPrincipal === null ? null : principalIn(requestPrincipal)));
  if (principal === null) return ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE;
  const clientHost = decoded(() => formatAddress(clientHostAddress));
  if (clientHost === null) return ErrorCode.INVALID_REQUEST;
  const request = decoded(() => decodeRequest(requestData));
  if (request === null) return ErrorCode.UNSUPPORTED_VERSION;
  const range = forwarded.get(request.api);
  if (range === undefined) return ErrorCode.INVALID_REQUEST;
  if (request.version < range[0] || request.version > range[1]) return ErrorCode.UNSUPPORTED_VERSION;
  return new EnvelopedRequest(envelope, request, principal, clientHost);
}

function principalIn(bytes: Uint8Array): KafkaPrincipal {
  const { type, name } = decodeVersionedMessage('DefaultPrincipalData', bytes).data;
  return { type, name };
}

/** Null if the bytes are malformed. */
function decoded<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

class EnvelopedRequest implements IncomingRequest {
  readonly api: ApiName;
  readonly version: number;
  readonly clientId: string | null;
  readonly body: RequestTypes[ApiName];
  readonly connectionId: string;
  readonly clientHost: string;
  readonly listener: string;
  readonly principal: KafkaPrincipal;
  readonly isForwarded = true;
  readonly #envelope: IncomingRequest<'Envelope'>;
  readonly #correlationId: number;

  constructor(envelope: IncomingRequest<'Envelope'>, request: DecodedRequest, principal: KafkaPrincipal, clientHost: string) {
    this.api = request.api;
    this.version = request.version;
    this.clientId = request.clientId;
    this.body = request.body;
    this.connectionId = envelope.connectionId;
    this.clientHost = clientHost;
    this.listener = envelope.listener;
    this.principal = principal;
    this.#envelope = envelope;
    this.#correlationId = request.correlationId;
  }

  /** NOT_CONTROLLER is told outside, to the broker, which then looks for the active controller. */
  respond(body: Draft<ResponseTypes[ApiName]>): void {
    if (saysNotController(body)) {
      this.#envelope.respond({ errorCode: ErrorCode.NOT_CONTROLLER, responseData: null });
      return;
    }
    const responseData = encodeResponse(this.api, this.version, this.#correlationId, body).subarray(LENGTH_BYTES);
    this.#envelope.respond({ errorCode: ErrorCode.NONE, responseData });
  }

  noResponse(): void {
    this.#envelope.noResponse();
  }

  closeConnection(): void {
    this.#envelope.closeConnection();
  }
}
