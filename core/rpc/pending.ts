import { invariant } from '../../ports/invariant.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { RequestVersions } from './api-versions.ts';

/**
 * How a request ended. `sent: false`: it certainly never left this process; true: the other side may have acted on it.
 */
export type RpcResult<T> =
  | { readonly ok: true; readonly response: T; readonly version: number }
  | { readonly ok: false; readonly reason: RpcFailure; readonly sent: boolean; readonly detail?: string };

/** `authentication-failed`: the sides do not trust each other, and trying again will not help; the result's `detail` says why. */
export type RpcFailure = 'disconnected' | 'timed-out' | 'unsupported-version' | 'closed' | 'authentication-failed';

/** A request that waits for its connection or for its response. */
export class Pending {
  readonly api: ApiName;
  readonly body: Draft<RequestTypes[ApiName]>;
  readonly versions: RequestVersions;
  readonly noResponse: boolean;
  readonly timeoutMs: number;
  /** Monotonic time by which it must have left the queue; once written, by which the response must be there. */
  deadlineMs: number;
  correlationId = -1;
  version = -1;
  sent = false;
  readonly #done: (result: RpcResult<ResponseTypes[ApiName]>) => void;
  #isDone = false;

  constructor(
    api: ApiName,
    body: Draft<RequestTypes[ApiName]>,
    options: RequestVersions & { readonly noResponse?: boolean },
    timeoutMs: number,
    nowMs: number,
    done: (result: RpcResult<ResponseTypes[ApiName]>) => void,
  ) {
    this.api = api;
    this.body = body;
    this.versions = options;
    this.noResponse = options.noResponse === true;
    this.timeoutMs = timeoutMs;
    this.deadlineMs = nowMs + timeoutMs;
    this.#done = done;
  }

  /** Tells how it ended, once. */
  done(result: RpcResult<ResponseTypes[ApiName]>): void {
    invariant(!this.#isDone, () => `${this.api} ${this.correlationId} ended twice`);
    this.#isDone = true;
    this.#done(result);
  }

  fail(reason: RpcFailure, detail?: string): void {
    this.done({ ok: false, reason, sent: this.sent, ...(detail === undefined ? {} : { detail }) });
  }
}
