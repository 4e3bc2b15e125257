/**
 * The way from a node to the active controller (Kafka's NodeToControllerChannelManager): one request at a time, in order. A
 * request whose controller is gone, unknown or no longer active is sent again to the next one, until its time is over.
 */
import type { Environment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { RequestVersions } from '../rpc/api-versions.ts';
import type { Endpoint, RpcClient, RpcResult } from '../rpc/rpc-client.ts';

/** Wait before a request is sent again, and between looks for a controller. */
const RETRY_BACKOFF_MS = 50;
const NO_CONTROLLER_BACKOFF_MS = 100;

interface QueuedRequest {
  readonly api: ApiName;
  readonly request: Draft<RequestTypes[ApiName]>;
  readonly versions: RequestVersions;
  readonly deadlineMs: number;
  readonly done: (result: ControllerResult<ResponseTypes[ApiName]>) => void;
  unanswered: number;
}

export interface ControllerChannelOptions {
  readonly rpc: RpcClient;
  /** The active controller as far as this node knows, or null. */
  readonly activeController: () => Endpoint | null;
  /** How long one attempt may take. */
  readonly requestTimeoutMs: number;
  /** How long a request is tried in all. */
  readonly retryTimeoutMs: number;
}

/** How a request ended, however often it was sent. */
export type ControllerResult<T> = RpcResult<T> & {
  /** Attempts before the one that ended so which were sent and never answered: a controller may still receive them. */
  readonly unanswered: number;
};

/** Does an answer hold NOT_CONTROLLER, at its top or in one of its results? */
export function saysNotController(response: object): boolean {
  for (const value of Object.values(response)) {
    if (Array.isArray(value)) {
      for (const item of value) {
        if (typeof item !== 'object' || item === null || item instanceof Uint8Array) break;
        if (saysNotController(item)) return true;
      }
    }
  }
  return (response as { errorCode?: number }).errorCode === ErrorCode.NOT_CONTROLLER;
}

export class NodeToControllerChannel {
  readonly #env: Environment;
  readonly #options: ControllerChannelOptions;
  readonly #queue: QueuedRequest[] = [];
  #inFlight = false;
  #retryTimer: Timer | null = null;
  #closed = false;

  constructor(env: Environment, options: ControllerChannelOptions) {
    this.#env = env;
    this.#options = options;
  }

  /** Requests that wait or are on their way. */
  get pending(): number {
    return this.#queue.length + (this.#inFlight ? 1 : 0);
  }

  send<A extends ApiName>(
    api: A,
    request: Draft<RequestTypes[A]>,
    done: (result: ControllerResult<ResponseTypes[A]>) => void,
    versions: RequestVersions = {},
  ): void {
    if (this.#closed) return;
    this.#queue.push({
      api,
      request: request as QueuedRequest['request'],
      versions,
      deadlineMs: this.#env.clock.monotonicMs() + this.#options.retryTimeoutMs,
      done: done as unknown as QueuedRequest['done'],
      unanswered: 0,
    });
    this.#pump();
  }

  /** The version in which the active controller can be sent a request, as far as is known; null: it does not have the API. */
  versionFor(api: ApiName): number | null {
    return this.#options.rpc.versionFor(this.#options.activeController(), api);
  }

  /** Stops; no callback is called any more. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#retryTimer?.cancel();
    this.#options.rpc.close();
  }

  #pump(): void {
    if (this.#closed || this.#inFlight || this.#retryTimer !== null) return;
    this.#expire();
    const head = this.#queue[0];
    if (head === undefined) return;
    const controller = this.#options.activeController();
    if (controller === null) {
      this.#retryAfter(NO_CONTROLLER_BACKOFF_MS);
      return;
    }
    this.#queue.shift();
    this.#inFlight = true;
    if (head.unanswered > 0) this.#env.tracer.emit({ type: 'mark', name: 'broker/request-to-a-controller-sent-twice' });
    if (this.#env.random.sometimes('broker/controller-reconnect', 16)) this.#options.rpc.disconnect(controller);
    const timeoutMs = this.#options.requestTimeoutMs;
    this.#options.rpc.send(controller, head.api, head.request, { ...head.versions, timeoutMs }, (result) =>
      this.#onResult(head, controller, result),
    );
  }

  #onResult(head: QueuedRequest, controller: Endpoint, result: RpcResult<ResponseTypes[ApiName]>): void {
    if (this.#closed) return;
    this.#inFlight = false;
    if (result.ok ? saysNotController(result.response) : result.reason !== 'unsupported-version') {
      if (result.ok) this.#options.rpc.disconnect(controller);
      else if (result.sent) head.unanswered++;
      this.#queue.unshift(head);
      this.#retryAfter(RETRY_BACKOFF_MS);
      return;
    }
    head.done({ ...result, unanswered: head.unanswered });
    this.#pump();
  }

  /** Answers requests whose time is over, in order. */
  #expire(): void {
    const now = this.#env.clock.monotonicMs();
    while (this.#queue.length > 0 && (this.#queue[0] as QueuedRequest).deadlineMs <= now) {
      const { done, unanswered } = this.#queue.shift() as QueuedRequest;
      done({ ok: false, reason: 'timed-out', sent: unanswered > 0, unanswered });
      if (this.#closed) return;
    }
  }

  #retryAfter(delayMs: number): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#env.timers.after(delayMs, () => {
      this.#retryTimer = null;
      this.#pump();
    });
  }
}
