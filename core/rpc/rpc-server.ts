/**
 * Requests from any number of connections. On each, one request is handled at a time and in order, as in Kafka, which mutes a
 * channel until its response is sent: pipelined requests wait.
 */
import type { ClientEnvironment } from '../environment.ts';
import type { Connection, ConnectionHandlers, Listener } from '../../ports/network.ts';
import { invariant, InvariantViolation } from '../../ports/invariant.ts';
import type { Timer } from '../../ports/time.ts';
import {
  DecodeError,
  type DecodedRequest,
  decodeRequest,
  decodeRequestHeader,
  EncodeError,
  encodeResponse,
  UnsupportedVersionError,
} from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { FrameReader } from '../protocol/framing.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { takeFirst } from '../queues.ts';
import { ANONYMOUS, type KafkaPrincipal } from '../security/principal.ts';
import { ConnectionAuthentication, type ServerSecurity } from './connection-authentication.ts';
import type { ConnectionQuotas } from './connection-quotas.ts';

export type { ServerSecurity } from './connection-authentication.ts';

/** A request and the way to answer it: exactly one of `respond`, `noResponse` and `closeConnection` must be called, now or later. */
export interface IncomingRequest<A extends ApiName = ApiName> {
  readonly api: A;
  readonly version: number;
  readonly clientId: string | null;
  readonly body: RequestTypes[A];
  /** Unique within the server. */
  readonly connectionId: string;
  readonly clientHost: string;
  readonly listener: string;
  /** Who sent it. */
  readonly principal: KafkaPrincipal;
  /** It came in an envelope from a broker, which has looked at it. */
  readonly isForwarded?: boolean;
  /** Does nothing if the connection has ended. */
  respond(body: Draft<ResponseTypes[A]>): void;
  noResponse(): void;
  /** Ends the connection without an answer, the only sign of failure to a client that expects none (acks=0). */
  closeConnection(): void;
}

export interface RpcServerOptions {
  readonly port: number;
  readonly listener: string;
  /** What is served, with its versions. Anything else closes the connection. */
  readonly apis: ReadonlyMap<ApiName, readonly [min: number, max: number]>;
  readonly maxRequestBytes: number;
  /** Negative: never. */
  readonly connectionsMaxIdleMs: number;
  /** Whose requests come from a connection on which nobody authenticates. Default: ANONYMOUS. */
  readonly principal?: KafkaPrincipal;
  /** Absent: PLAINTEXT. */
  readonly security?: ServerSecurity;
  /** Absent: any number of connections. */
  readonly quotas?: ConnectionQuotas;
  /** The answer to a request whose handler failed; null or absent: the connection is closed. */
  readonly errorAnswer?: (request: IncomingRequest) => Draft<ResponseTypes[ApiName]> | null;
}

const API_VERSIONS_KEY = 18;

/** Bytes of pipelined requests that wait before no more are read from the connection. */
const MAX_WAITING_BYTES = 1 << 20;
/** What a waiting request takes besides its bytes. */
const FRAME_OVERHEAD_BYTES = 256;

/** As long as a request or an answer may wait for a thread. */
const LATE_MS = 5;

export class RpcServer {
  readonly env: ClientEnvironment;
  readonly options: RpcServerOptions;
  readonly handle: (request: IncomingRequest) => void;
  readonly #connections = new Set<ServerConnection>();
  /** Connections that wait for a slot. */
  readonly #waiting = new Set<ServerConnection>();
  readonly #socket: Listener;
  #accepted = 0;

  /** Begins to listen at once; throws if the port is taken. */
  constructor(env: ClientEnvironment, options: RpcServerOptions, handle: (request: IncomingRequest) => void) {
    this.env = env;
    this.options = options;
    this.handle = handle;
    const accept = (connection: Connection): ServerConnection => {
      const id = `${options.listener}-${connection.remoteHost}:${connection.remotePort}-${this.#accepted++}`;
      const accepted = new ServerConnection(this, connection, id);
      this.#waiting.add(accepted);
      this.admitWaiting();
      if (this.#waiting.has(accepted)) accepted.wait();
      return accepted;
    };
    const tls = options.security?.tls ?? null;
    this.#socket = tls === null ? env.network.listen(options.port, accept) : env.network.listen(options.port, accept, tls);
  }

  /** Lets in the connections that there is room for. */
  admitWaiting(): void {
    const { quotas } = this.options;
    for (const accepted of this.#waiting) {
      if (quotas !== undefined && !quotas.hasSlot) return;
      this.#waiting.delete(accepted);
      if (quotas === undefined || quotas.admit(accepted.connection.remoteHost)) {
        this.#connections.add(accepted);
        accepted.begin();
      } else {
        accepted.close();
      }
    }
  }

  /** Stops listening and closes all connections; requests still in hand can no longer be answered. */
  close(): void {
    this.#socket.close();
    for (const connection of this.#waiting) connection.close();
    for (const connection of this.#connections) connection.close();
  }

  forget(ended: ServerConnection): void {
    this.#waiting.delete(ended);
    if (!this.#connections.delete(ended)) return;
    this.options.quotas?.release(ended.connection.remoteHost);
    this.admitWaiting();
  }
}

class ServerConnection implements ConnectionHandlers {
  readonly server: RpcServer;
  readonly connection: Connection;
  readonly id: string;
  /** Null: nobody has to say who they are. */
  readonly #authentication: ConnectionAuthentication | null;
  readonly #frames: FrameReader;
  readonly #enqueue: (payload: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Too much is waiting: nothing more is read. */
  #held = false;
  /** There is room for this connection. */
  #admitted = false;
  /** A request is being handled. */
  #busy = false;
  /** The peer sends nothing more. */
  #peerEnded = false;
  /** The send buffer is full. */
  #blocked = false;
  #handling = false;
  #closed = false;
  #lastUsedMs: number;
  #idleTimer: Timer | null = null;

  constructor(server: RpcServer, connection: Connection, id: string) {
    this.server = server;
    this.connection = connection;
    this.id = id;
    const { maxRequestBytes, security, apis } = server.options;
    this.#authentication =
      security === undefined ? null : new ConnectionAuthentication(server.env, security, apis.get('ApiVersions') ?? [0, 0], id);
    this.#frames = new FrameReader(Math.min(maxRequestBytes, security?.sasl?.maxReceiveBytes ?? maxRequestBytes));
    this.#enqueue = (payload) => {
      this.#waiting.push(payload);
      this.#waitingBytes += payload.length + FRAME_OVERHEAD_BYTES;
    };
    this.#lastUsedMs = server.env.clock.monotonicMs();
  }

  /** There is no room yet. */
  wait(): void {
    this.#held = true;
    this.connection.hold?.(true);
  }

  /** There is room: requests are read and handled from now on. */
  begin(): void {
    this.#admitted = true;
    this.#lastUsedMs = this.server.env.clock.monotonicMs();
    if (this.#authentication?.open(this.connection) === false) {
      this.close();
      return;
    }
    this.#watchIdle();
    if (this.#held) this.server.env.timers.after(0, () => this.#handleWaiting());
  }

  /** Who the other side is; changes when it authenticates. */
  get principal(): KafkaPrincipal {
    return this.#authentication?.principal ?? this.server.options.principal ?? ANONYMOUS;
  }

  onData(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#lastUsedMs = this.server.env.clock.monotonicMs();
    try {
      this.#frames.push(chunk, this.#enqueue);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.close();
      return;
    }
    this.#handleWaiting();
  }

  onDrain(): void {
    this.#blocked = false;
    this.#lastUsedMs = this.server.env.clock.monotonicMs();
    this.#handleWaiting();
  }

  /** As in Kafka, which sees the end of a stream behind the requests before it: those are still answered. */
  onPeerEnd(): void {
    this.#peerEnded = true;
    this.#handleWaiting();
  }

  onClose(): void {
    this.#end();
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    this.connection.close();
  }

  #end(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#idleTimer?.cancel();
    this.server.forget(this);
  }

  /** A loop and not a recursion, for handlers that answer at once. */
  #handleWaiting(): void {
    if (this.#handling || !this.#admitted) return;
    this.#handling = true;
    while (!this.#busy && !this.#blocked && !this.#closed) {
      const payload = takeFirst(this.#waiting);
      if (payload === undefined) break;
      this.#waitingBytes -= payload.length + FRAME_OVERHEAD_BYTES;
      this.#handleFrame(payload);
    }
    this.#handling = false;
    if (this.#peerEnded && !this.#busy && !this.#blocked && this.#waiting.length === 0) this.close();
    else this.#holdOrResume();
  }

  /** Kafka mutes a channel while a request is handled; reading on a little keeps the pipeline full. */
  #holdOrResume(): void {
    if (this.#closed) return;
    const tooMuch = this.#waitingBytes > MAX_WAITING_BYTES || (this.#blocked && this.#waitingBytes > 0);
    if (tooMuch === this.#held) return;
    this.#held = tooMuch;
    this.connection.hold?.(tooMuch);
  }

  #handleFrame(payload: Uint8Array): void {
    this.#lastUsedMs = this.server.env.clock.monotonicMs();
    if (this.#authentication !== null && !this.#admit(this.#authentication, payload)) return;
    const request = this.#decode(payload);
    if (request === null) return;
    invariant(!this.#busy, () => `${this.id}: ${request.api} is begun before the request before it is answered`);
    this.#busy = true;
    const call = new Call(this, request);
    if (this.server.env.random.sometimes('rpc/late-request', 16))
      this.server.env.timers.after(LATE_MS, () => {
        if (!this.#closed) this.#handle(call);
      });
    else this.#handle(call);
  }

  #handle(call: Call): void {
    try {
      this.server.handle(call);
    } catch (error) {
      this.fail(call, error);
    }
  }

  /** A request could not be handled, or its answer could not be written: told, and answered if that is possible. */
  fail(call: Call, error: unknown): void {
    const { onRequestError } = this.server.env;
    if (onRequestError === undefined || error instanceof InvariantViolation) throw error;
    onRequestError(call.api, error);
    const answer = call.isAnswered ? null : (this.server.options.errorAnswer?.(call) ?? null);
    if (answer === null) this.close();
    else call.respond(answer);
  }

  /** False: the frame belonged to the authentication, or was refused. */
  #admit(authentication: ConnectionAuthentication, payload: Uint8Array): boolean {
    const admission = authentication.admit(payload);
    if (admission.kind === 'admitted') return true;
    if (admission.kind === 'answered') {
      if (authentication.isKnown) this.#frames.limit(this.server.options.maxRequestBytes);
      this.#write(admission.frame);
      return false;
    }
    // Nothing more is handled until the connection ends.
    this.#busy = true;
    const { frame, delayMs } = admission;
    this.server.env.timers.after(delayMs, () => {
      if (this.#closed) return;
      if (frame !== null) this.#write(frame);
      this.close();
    });
    return false;
  }

  /** Null if the request was answered here or closed the connection. */
  #decode(payload: Uint8Array): DecodedRequest | null {
    try {
      const request = decodeRequest(payload);
      if (this.#supports(request.api, request.version)) return request;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      if (!(error instanceof UnsupportedVersionError)) {
        this.close();
        return null;
      }
    }
    this.#refuseVersion(payload);
    return null;
  }

  #supports(api: ApiName, version: number): boolean {
    const range = this.server.options.apis.get(api);
    return range !== undefined && version >= range[0] && version <= range[1];
  }

  /** An unknown version of ApiVersions is answered with version 0, so that the client can find a common one (KIP-511). */
  #refuseVersion(payload: Uint8Array): void {
    const correlationId = apiVersionsCorrelationId(payload);
    const range = this.server.options.apis.get('ApiVersions');
    if (correlationId === null || range === undefined) {
      this.close();
      return;
    }
    const errorCode = ErrorCode.UNSUPPORTED_VERSION;
    const apiKeys = [{ apiKey: API_VERSIONS_KEY, minVersion: range[0], maxVersion: range[1] }];
    this.#write(encodeResponse('ApiVersions', 0, correlationId, { errorCode, apiKeys }));
  }

  #write(frame: Uint8Array): void {
    if (!this.connection.send(frame)) this.#blocked = true;
  }

  /** The request in hand is over; `frame` null: without an answer. */
  finish(request: DecodedRequest, body: Draft<ResponseTypes[ApiName]> | null): void {
    if (this.#closed) return;
    const frame = body === null ? null : encodeResponse(request.api, request.version, request.correlationId, body);
    if (this.server.env.random.sometimes('rpc/late-answer', 16)) this.server.env.timers.after(LATE_MS, () => this.#finish(frame));
    else this.#finish(frame);
  }

  #finish(frame: Uint8Array | null): void {
    if (this.#closed) return;
    invariant(this.#busy, () => `${this.id}: an answer, and no request is in hand`);
    this.#lastUsedMs = this.server.env.clock.monotonicMs();
    if (frame !== null) this.#write(frame);
    this.#busy = false;
    if (this.server.env.random.sometimes('rpc/closed-after-answer', 256)) {
      this.close();
      return;
    }
    // A handler that answers later is in the middle of something: the next request must not begin inside its step.
    if (!this.#handling && (this.#waiting.length > 0 || this.#peerEnded))
      this.server.env.timers.after(0, () => this.#handleWaiting());
  }

  #watchIdle(): void {
    const { connectionsMaxIdleMs } = this.server.options;
    if (connectionsMaxIdleMs < 0) return;
    const { clock, timers } = this.server.env;
    const waitMs = Math.max(0, this.#lastUsedMs + connectionsMaxIdleMs - clock.monotonicMs());
    this.#idleTimer = timers.after(waitMs, () => {
      if (this.#closed) return;
      const now = clock.monotonicMs();
      if (this.#busy) this.#lastUsedMs = now;
      if (now - this.#lastUsedMs >= connectionsMaxIdleMs) this.close();
      else this.#watchIdle();
    });
  }
}

/** Null unless it is an ApiVersions request with a readable header. */
function apiVersionsCorrelationId(payload: Uint8Array): number | null {
  try {
    const header = decodeRequestHeader(payload);
    return header.api === 'ApiVersions' ? header.correlationId : null;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return null;
  }
}

class Call implements IncomingRequest {
  readonly api: ApiName;
  readonly version: number;
  readonly clientId: string | null;
  readonly body: RequestTypes[ApiName];
  readonly connectionId: string;
  readonly clientHost: string;
  readonly listener: string;
  readonly principal: KafkaPrincipal;
  readonly #connection: ServerConnection;
  readonly #request: DecodedRequest;
  #answered = false;
  /** Its answer could not be encoded: an error is tried once. */
  #failed = false;

  constructor(connection: ServerConnection, request: DecodedRequest) {
    this.api = request.api;
    this.version = request.version;
    this.clientId = request.clientId;
    this.body = request.body;
    this.connectionId = connection.id;
    this.clientHost = connection.connection.remoteHost;
    this.listener = connection.server.options.listener;
    this.principal = connection.principal;
    this.#connection = connection;
    this.#request = request;
  }

  respond(body: Draft<ResponseTypes[ApiName]>): void {
    this.#answer(body);
  }

  noResponse(): void {
    this.#answer(null);
  }

  closeConnection(): void {
    this.#connection.close();
  }

  get isAnswered(): boolean {
    return this.#answered;
  }

  #answer(body: Draft<ResponseTypes[ApiName]> | null): void {
    invariant(!this.#answered, () => `${this.api} from ${this.connectionId} was answered twice`);
    this.#answered = true;
    try {
      this.#connection.finish(this.#request, body);
    } catch (error) {
      // Nothing was sent if the answer could not be encoded.
      if (!(error instanceof EncodeError)) throw error;
      this.#answered = this.#failed;
      this.#failed = true;
      this.#connection.fail(this, error);
    }
  }
}
