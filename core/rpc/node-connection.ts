/**
 * The connection to one node, with what waits for it: Kafka's ClusterConnectionStates and InFlightRequests for one node.
 *
 *     idle -> connecting -> authenticating -> negotiating -> ready        (authenticating only with SASL; between nodes of one
 *      ^          |               |               |           |            cluster without negotiating)
 *      +-- backing-off <----------+---------------+-----------+            any failure; requests that waited or were in flight fail
 *
 * A session that must not grow older (KIP-368) goes back from ready to authenticating, when all that is in flight is answered.
 *
 * Requests are written in order and answered in order. One that is not answered in time closes the connection, because a later
 * answer could not be told from the others' any more.
 */
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import type { CloseReason, Connection, ConnectionHandlers } from '../../ports/network.ts';
import type { RandomStream } from '../../ports/random.ts';
import type { Timer } from '../../ports/time.ts';
import { DecodeError, decodeResponse, encodeRequest } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { FrameReader } from '../protocol/framing.ts';
import type { ApiName, ResponseTypes } from '../protocol/messages/index.ts';
import { takeFirst } from '../queues.ts';
import type { SaslClient } from '../security/sasl-server.ts';
import { type ApiRanges, negotiate, rangesOf } from './api-versions.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import type { FinalizedFeatures } from './finalized-features.ts';
import { Pending, type RpcFailure } from './pending.ts';
import type { Endpoint, RpcClientOptions } from './rpc-client.ts';
import { type HandshakeStep, SaslHandshake } from './sasl-handshake.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'backing-off'; readonly untilMs: number }
  | { readonly kind: 'connecting'; readonly connection: Connection; readonly setupTimer: Timer }
  | {
      readonly kind: 'authenticating';
      readonly connection: Connection;
      readonly handshake: SaslHandshake;
      readonly ranges: ApiRanges | null;
    }
  | { readonly kind: 'negotiating'; readonly connection: Connection }
  | { readonly kind: 'ready'; readonly connection: Connection; readonly ranges: ApiRanges | null };

const IDLE: State = { kind: 'idle' };
const MAX_RESPONSE_BYTES = 0x7fffffff;
/** Version 1: tokens in SaslAuthenticate requests; version 0 has bare ones. Versions are not negotiated before the client is known. */
const HANDSHAKE_VERSION = 1;
/** Version 1 tells of the session's lifetime; version 2 is the same in another encoding. */
const AUTHENTICATE_VERSION = 1;

export class NodeConnection {
  readonly #env: ClientEnvironment;
  readonly #options: Required<RpcClientOptions>;
  readonly #random: RandomStream;
  readonly #features: FinalizedFeatures;
  #endpoint: Endpoint;
  #state: State = IDLE;
  readonly #queue: Pending[] = [];
  readonly #written: Pending[] = [];
  #frames = new FrameReader(MAX_RESPONSE_BYTES);
  /** Answers that were read and are handled next. */
  readonly #arrived: Uint8Array[] = [];
  readonly #enqueue = (payload: Uint8Array): void => {
    this.#arrived.push(payload);
  };
  #blocked = false;
  #failures = 0;
  #connectFailures = 0;
  #nextCorrelationId = 0;
  #lastUsedMs = 0;
  #deadlineTimer: Timer | null = null;
  #deadlineAtMs = 0;
  #backoffTimer: Timer | null = null;
  #idleTimer: Timer | null = null;
  /** Ends with every connection: handlers of an old one do nothing. */
  #generation = 0;
  #closed = false;
  /** When the session must be authenticated again; infinite: never. */
  #reauthenticateAtMs = Number.POSITIVE_INFINITY;

  constructor(
    env: ClientEnvironment,
    options: Required<RpcClientOptions>,
    random: RandomStream,
    features: FinalizedFeatures,
    endpoint: Endpoint,
  ) {
    this.#env = env;
    this.#options = options;
    this.#random = random;
    this.#features = features;
    this.#endpoint = endpoint;
  }

  /** Requests that wait or are unanswered. */
  get inFlight(): number {
    return this.#queue.length + this.#written.length;
  }

  /** What the node speaks; null while that is not known, and if it is taken to be of the same release. */
  get ranges(): ApiRanges | null {
    return this.#state.kind === 'ready' ? this.#state.ranges : null;
  }

  send(endpoint: Endpoint, pending: Pending): void {
    this.#endpoint = endpoint;
    this.#queue.push(pending);
    this.#watchDeadline(pending.deadlineMs);
    if (this.#state.kind === 'ready') this.#writeQueued();
    else if (this.#state.kind === 'idle') this.#connect();
    else if (this.#state.kind === 'backing-off') this.#connectAfterBackoff(this.#state.untilMs);
  }

  /** Ends the connection; what was under way fails as disconnected, in an event of its own. */
  disconnect(): void {
    if (this.#state.kind === 'idle' || this.#state.kind === 'backing-off') return;
    const failed = this.#dropConnection();
    this.#env.timers.after(0, () => this.#failAll(failed, 'disconnected'));
  }

  close(): void {
    this.#closed = true;
    this.#dropConnection();
    this.#backoffTimer?.cancel();
    this.#deadlineTimer?.cancel();
  }

  // --- connecting ---

  #connectAfterBackoff(untilMs: number): void {
    if (this.#backoffTimer !== null) return;
    const waitMs = Math.max(0, untilMs - this.#env.clock.monotonicMs());
    this.#backoffTimer = this.#env.timers.after(waitMs, () => {
      this.#backoffTimer = null;
      if (this.#closed || this.#state.kind !== 'backing-off') return;
      if (this.#queue.length > 0) this.#connect();
      else this.#state = IDLE;
    });
  }

  #connect(): void {
    this.#frames = new FrameReader(MAX_RESPONSE_BYTES);
    this.#blocked = false;
    const { connectionSetupTimeoutMs, connectionSetupTimeoutMaxMs } = this.#options;
    const setupMs = exponentialBackoff(
      connectionSetupTimeoutMs,
      connectionSetupTimeoutMaxMs,
      this.#connectFailures,
      this.#random,
      'connection-setup-timeout',
    );
    const setupTimer = this.#env.timers.after(setupMs, () => {
      if (this.#state.kind === 'connecting' && this.#state.setupTimer === setupTimer) this.#lost('disconnected');
    });
    const generation = ++this.#generation;
    const handlers: ConnectionHandlers = {
      onOpen: () => generation === this.#generation && this.#onOpen(),
      onData: (chunk) => generation === this.#generation && this.#onData(chunk),
      onClose: (reason, detail) => generation === this.#generation && this.#onClose(reason, detail),
      onDrain: () => generation === this.#generation && this.#onDrain(),
    };
    const { host, port } = this.#endpoint;
    const tls = this.#options.security?.tls ?? null;
    const { network } = this.#env;
    const connection = tls === null ? network.connect(host, port, handlers) : network.connect(host, port, handlers, tls);
    this.#state = { kind: 'connecting', connection, setupTimer };
  }

  #onOpen(): void {
    if (this.#state.kind !== 'connecting') return;
    const { connection, setupTimer } = this.#state;
    setupTimer.cancel();
    this.#connectFailures = 0;
    this.#lastUsedMs = this.#env.clock.monotonicMs();
    this.#watchIdle();
    this.#reauthenticateAtMs = Number.POSITIVE_INFINITY;
    const newExchange = this.#options.security?.newExchange ?? null;
    if (newExchange === null) this.#negotiate(connection);
    else this.#authenticate(connection, newExchange(), null);
  }

  #negotiate(connection: Connection): void {
    if (this.#options.versions === 'latest') {
      this.#becomeReady(connection, null);
      return;
    }
    this.#state = { kind: 'negotiating', connection };
    this.#askApiVersions(connection, this.#options.apis.get('ApiVersions')?.[1] ?? 0);
  }

  // --- authenticating ---

  /** `ranges`: of the session that is authenticated again. */
  #authenticate(connection: Connection, exchange: SaslClient, ranges: ApiRanges | null): void {
    const handshake = new SaslHandshake(exchange);
    this.#state = { kind: 'authenticating', connection, handshake, ranges };
    this.#takeStep(connection, handshake.begin(), ranges);
  }

  #takeStep(connection: Connection, step: HandshakeStep, ranges: ApiRanges | null): void {
    switch (step.kind) {
      case 'send': {
        const now = this.#env.clock.monotonicMs();
        const version = step.api === 'SaslHandshake' ? HANDSHAKE_VERSION : AUTHENTICATE_VERSION;
        const pending = new Pending(step.api, step.body, { version }, this.#options.requestTimeoutMs, now, (result) => {
          // A failure has already ended the connection.
          if (!result.ok || this.#state.kind !== 'authenticating' || this.#state.connection !== connection) return;
          const { handshake } = this.#state;
          const next =
            step.api === 'SaslHandshake'
              ? handshake.onHandshake(result.response as ResponseTypes['SaslHandshake'])
              : handshake.onAuthenticate(result.response as ResponseTypes['SaslAuthenticate']);
          this.#takeStep(connection, next, ranges);
        });
        this.#write(connection, pending, version);
        return;
      }
      case 'failed':
        this.#notTrusted('sasl', step.message);
        return;
      case 'done': {
        const { sessionLifetimeMs } = step;
        if (sessionLifetimeMs > 0)
          this.#reauthenticateAtMs = this.#env.clock.monotonicMs() + this.#reauthenticationDelayMs(sessionLifetimeMs);
        else this.#reauthenticateAtMs = Number.POSITIVE_INFINITY;
        if (ranges === null) this.#negotiate(connection);
        else this.#becomeReady(connection, ranges);
      }
    }
  }

  /** Between 85 % and 95 % of the session, so that not all clients come at once. */
  #reauthenticationDelayMs(sessionLifetimeMs: number): number {
    return Math.floor((sessionLifetimeMs * this.#random.between(850, 950, 'reauthentication')) / 1000);
  }

  /** True: the session is too old for another request. */
  #mustReauthenticate(): boolean {
    return this.#env.clock.monotonicMs() >= this.#reauthenticateAtMs;
  }

  #reauthenticate(connection: Connection, ranges: ApiRanges | null): void {
    const newExchange = this.#options.security?.newExchange ?? null;
    if (newExchange !== null && this.#written.length === 0) this.#authenticate(connection, newExchange(), ranges);
  }

  #askApiVersions(connection: Connection, version: number): void {
    const clusterId = this.#options.clusterId();
    const { nodeId } = this.#endpoint;
    const software = { clientSoftwareName: 'kafka-trial', clientSoftwareVersion: '1' };
    const body = clusterId === null || nodeId === undefined ? software : { ...software, clusterId, nodeId };
    const now = this.#env.clock.monotonicMs();
    const pending = new Pending('ApiVersions', body, { version }, this.#options.requestTimeoutMs, now, (result) => {
      // A failure has already ended the connection.
      if (!result.ok || this.#state.kind !== 'negotiating' || this.#state.connection !== connection) return;
      const answer = result.response as ResponseTypes['ApiVersions'];
      const { errorCode } = answer;
      const ranges = rangesOf(answer.apiKeys);
      if (errorCode === ErrorCode.NONE) {
        this.#features.learn(answer);
        this.#becomeReady(connection, ranges);
      } else if (errorCode === ErrorCode.UNSUPPORTED_VERSION && version > 0) {
        // KIP-511: the answer says which versions of ApiVersions it knows; without that only version 0 is certain.
        const theirs = ranges.get('ApiVersions');
        this.#askApiVersions(connection, theirs === undefined ? 0 : Math.min(theirs[1], version - 1));
      } else {
        this.#lost('disconnected');
        if (errorCode === ErrorCode.REBOOTSTRAP_REQUIRED && !this.#closed) this.#options.onRebootstrapRequired();
      }
    });
    this.#write(connection, pending, version);
  }

  #becomeReady(connection: Connection, ranges: ApiRanges | null): void {
    this.#state = { kind: 'ready', connection, ranges };
    this.#failures = 0;
    this.#writeQueued();
  }

  // --- writing ---

  #writeQueued(): void {
    while (this.#state.kind === 'ready' && !this.#blocked && this.#queue.length > 0) {
      if (this.#mustReauthenticate()) {
        this.#reauthenticate(this.#state.connection, this.#state.ranges);
        return;
      }
      const pending = takeFirst(this.#queue) as Pending;
      const version = negotiate(pending.api, this.#options.apis, this.#state.ranges, pending.versions);
      if (version === null) {
        this.#env.timers.after(0, () => this.#failAll([pending], 'unsupported-version'));
        continue;
      }
      this.#write(this.#state.connection, pending, version);
    }
  }

  #write(connection: Connection, pending: Pending, version: number): void {
    invariant(!pending.sent, () => `${pending.api} ${pending.correlationId} is sent a second time`);
    const now = this.#env.clock.monotonicMs();
    this.#nextCorrelationId = (this.#nextCorrelationId + 1) & 0x7fffffff;
    pending.correlationId = this.#nextCorrelationId;
    pending.version = version;
    const frame = encodeRequest(pending.api, version, pending.correlationId, this.#options.clientId, pending.body);
    pending.sent = true;
    this.#lastUsedMs = now;
    if (!connection.send(frame)) this.#blocked = true;
    if (pending.noResponse) {
      pending.done({ ok: true, response: undefined as unknown as ResponseTypes[ApiName], version });
      return;
    }
    pending.deadlineMs = now + pending.timeoutMs;
    this.#written.push(pending);
    this.#watchDeadline(pending.deadlineMs);
  }

  #onDrain(): void {
    this.#blocked = false;
    this.#writeQueued();
  }

  // --- reading ---

  #onData(chunk: Uint8Array): void {
    const generation = this.#generation;
    try {
      this.#frames.push(chunk, this.#enqueue);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#lost('disconnected');
    }
    for (let payload = takeFirst(this.#arrived); payload !== undefined; payload = takeFirst(this.#arrived))
      if (generation === this.#generation) this.#onFrame(payload);
  }

  #onFrame(payload: Uint8Array): void {
    const pending = this.#written[0];
    const body = pending === undefined ? null : decodeAnswer(pending, payload);
    if (pending === undefined || body === null) {
      this.#lost('disconnected');
      return;
    }
    takeFirst(this.#written);
    invariant(pending.sent, () => `an answer to ${pending.api} ${pending.correlationId}, which was not sent`);
    this.#lastUsedMs = this.#env.clock.monotonicMs();
    pending.done({ ok: true, response: body, version: pending.version });
    // What waits for the session to be renewed.
    if (this.#state.kind !== 'ready') return;
    if (this.#queue.length > 0 && this.#mustReauthenticate()) this.#writeQueued();
    else if (this.inFlight === 0 && this.#env.random.sometimes('rpc/closed-when-idle', 64)) this.#lost('disconnected');
  }

  // --- ending ---

  #onClose(reason: CloseReason, detail?: string): void {
    if (reason === 'untrusted') this.#notTrusted('tls', detail ?? 'TLS was not agreed on');
    else this.#lost('disconnected');
  }

  #notTrusted(by: 'tls' | 'sasl', message: string): void {
    this.#lost('authentication-failed', message);
    if (!this.#closed) this.#options.onAuthenticationFailed({ by, message });
  }

  /** The connection failed: everything that waited for it fails with it. */
  #lost(reason: RpcFailure, detail?: string): void {
    this.#failAll(this.#dropConnection(), reason, detail);
  }

  #failAll(failed: readonly Pending[], reason: RpcFailure, detail?: string): void {
    for (const pending of failed) if (!this.#closed) pending.fail(reason, detail);
  }

  /** Closes the connection and begins the back-off; returns what must fail. */
  #dropConnection(): Pending[] {
    const state = this.#state;
    this.#generation++;
    const failed = [...this.#written, ...this.#queue];
    this.#written.length = 0;
    this.#queue.length = 0;
    this.#idleTimer?.cancel();
    this.#idleTimer = null;
    if (state.kind === 'idle' || state.kind === 'backing-off') return failed;
    if (state.kind === 'connecting') {
      state.setupTimer.cancel();
      this.#connectFailures++;
    }
    state.connection.close();
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options;
    const waitMs = exponentialBackoff(
      reconnectBackoffMs,
      reconnectBackoffMaxMs,
      this.#failures,
      this.#random,
      'reconnect-backoff',
    );
    this.#failures++;
    this.#state = { kind: 'backing-off', untilMs: this.#env.clock.monotonicMs() + waitMs };
    return failed;
  }

  // --- time ---

  /** One timer watches the earliest deadline; it is left to run when its request has been answered. */
  #watchDeadline(deadlineMs: number): void {
    if (this.#deadlineTimer !== null) {
      if (this.#deadlineAtMs <= deadlineMs) return;
      this.#deadlineTimer.cancel();
    }
    this.#deadlineAtMs = deadlineMs;
    const waitMs = Math.max(0, deadlineMs - this.#env.clock.monotonicMs());
    this.#deadlineTimer = this.#env.timers.after(waitMs, () => {
      this.#deadlineTimer = null;
      if (!this.#closed) this.#expire();
    });
  }

  #expire(): void {
    const now = this.#env.clock.monotonicMs();
    const late = this.#written.find((pending) => pending.deadlineMs <= now);
    if (late !== undefined) {
      const failed = this.#dropConnection();
      for (const pending of failed) if (!this.#closed) pending.fail(isLate(pending, now) ? 'timed-out' : 'disconnected');
    }
    const expired = this.#queue.filter((pending) => pending.deadlineMs <= now);
    for (const pending of expired) this.#queue.splice(this.#queue.indexOf(pending), 1);
    this.#failAll(expired, 'timed-out');
    if (this.#closed) return;
    let next = Number.POSITIVE_INFINITY;
    for (const pending of this.#written) next = Math.min(next, pending.deadlineMs);
    for (const pending of this.#queue) next = Math.min(next, pending.deadlineMs);
    if (next !== Number.POSITIVE_INFINITY) this.#watchDeadline(next);
  }

  #watchIdle(): void {
    const { connectionsMaxIdleMs } = this.#options;
    if (connectionsMaxIdleMs < 0) return;
    const waitMs = Math.max(0, this.#lastUsedMs + connectionsMaxIdleMs - this.#env.clock.monotonicMs());
    this.#idleTimer = this.#env.timers.after(waitMs, () => {
      this.#idleTimer = null;
      if (this.#closed) return;
      const idleMs = this.#env.clock.monotonicMs() - this.#lastUsedMs;
      if (this.inFlight > 0) this.#lastUsedMs = this.#env.clock.monotonicMs();
      else if (idleMs >= connectionsMaxIdleMs) return this.#lost('disconnected');
      this.#watchIdle();
    });
  }
}

function isLate(pending: Pending, nowMs: number): boolean {
  return pending.deadlineMs <= nowMs;
}

/** KIP-511: a node that does not know our version of ApiVersions answers in version 0; its error code comes first. */
function isUnsupportedApiVersions(pending: Pending, payload: Uint8Array): boolean {
  return pending.api === 'ApiVersions' && payload.length >= 6 && payload[4] === 0 && payload[5] === ErrorCode.UNSUPPORTED_VERSION;
}

/** The response to this request; null if the bytes are malformed or answer another. */
function decodeAnswer(pending: Pending, payload: Uint8Array): ResponseTypes[ApiName] | null {
  const version = isUnsupportedApiVersions(pending, payload) ? 0 : pending.version;
  try {
    const { correlationId, body } = decodeResponse(pending.api, version, payload);
    return correlationId === pending.correlationId ? body : null;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return null;
  }
}
