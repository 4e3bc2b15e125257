/** Finds a group's coordinator and sends requests to it. */
import { ErrorCode, isRetriable } from '../../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { RequestVersions } from '../../rpc/api-versions.ts';
import type { Endpoint, RpcResult } from '../../rpc/rpc-client.ts';
import { KafkaError } from '../errors.ts';
import type { Session } from '../session.ts';

export class CoordinatorLink {
  readonly #session: Session;
  readonly #groupId: string;
  readonly #onChange: () => void;
  #coordinator: Endpoint | null = null;
  /** A look-up is under way, or the next one waits for its back-off. */
  #finding = false;
  #asking = false;
  #waiting: ((found: boolean) => void)[] = [];
  #failures = 0;
  #error: KafkaError | null = null;
  #closed = false;

  constructor(session: Session, groupId: string, onChange: () => void) {
    this.#session = session;
    this.#groupId = groupId;
    this.#onChange = onChange;
  }

  close(): void {
    this.#closed = true;
  }

  get isKnown(): boolean {
    return this.#coordinator !== null;
  }

  takeError(): KafkaError | null {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  /** The coordinator did not answer, or says that it is none. */
  lost(): void {
    this.#coordinator = null;
  }

  /** Looks for the coordinator unless it is known or being looked for. `onChange` follows. */
  find(): void {
    if (this.#coordinator === null && !this.#finding) this.#ask();
  }

  /** Once it is known, or at the end of a single look-up: the one under way, or one that begins at once. */
  whenFound(done: (found: boolean) => void): void {
    if (this.#coordinator !== null) {
      done(true);
      return;
    }
    this.#waiting.push(done);
    this.#ask();
  }

  #ask(): void {
    if (this.#asking || this.#closed) return;
    this.#finding = true;
    this.#asking = true;
    const node = this.#session.metadata.anyNode();
    const request = { key: this.#groupId, keyType: 0, coordinatorKeys: [this.#groupId] };
    this.#session.rpc.send(node, 'FindCoordinator', request, {}, (result) => {
      if (this.#closed) return;
      this.#asking = false;
      this.#session.metadata.report(node, result.ok);
      // Until version 3 the answer is in the response itself.
      const answer = result.ok ? (result.response.coordinators[0] ?? result.response) : null;
      if (answer !== null && answer.errorCode === ErrorCode.NONE) this.#found(answer);
      else this.#notFound(answer?.errorCode ?? null);
    });
  }

  #found({ nodeId, host, port }: { readonly nodeId: number; readonly host: string; readonly port: number }): void {
    this.#finding = false;
    this.#failures = 0;
    // A connection of its own, so that heartbeats do not wait behind a long fetch.
    this.#coordinator = { id: `coordinator-${nodeId}`, host, port, nodeId };
    this.#answerWaiting(true);
    this.#onChange();
  }

  #notFound(error: number | null): void {
    if (error !== null && !isRetriable(error)) this.#error = new KafkaError(error, `no coordinator for group ${this.#groupId}`);
    this.#answerWaiting(false);
    this.#session.env.timers.after(this.#session.backoff.delayMs(++this.#failures), () => {
      if (this.#asking) return;
      this.#finding = false;
      if (!this.#closed) this.#onChange();
    });
  }

  #answerWaiting(found: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(found);
  }

  /** Sends to the coordinator; `done` gets null if none is known, it could not be reached, or it speaks no version that will do. */
  send<A extends ApiName>(
    api: A,
    request: Draft<RequestTypes[A]>,
    options: RequestVersions & { readonly timeoutMs?: number },
    done: (response: ResponseTypes[A] | null, sent: boolean, isUnsupported: boolean) => void,
  ): void {
    const coordinator = this.#coordinator;
    if (coordinator === null) {
      this.#session.env.timers.after(0, () => {
        if (!this.#closed) done(null, false, false);
      });
      return;
    }
    this.#session.rpc.send(coordinator, api, request, options, (result: RpcResult<ResponseTypes[A]>) => {
      if (this.#closed) return;
      if (result.ok) {
        done(result.response, true, false);
        return;
      }
      const isUnsupported = result.reason === 'unsupported-version';
      if (this.#coordinator === coordinator && !isUnsupported) this.lost();
      done(null, result.sent, isUnsupported);
    });
  }
}

/** Answers that mean that another broker coordinates the group. */
export function isCoordinatorMoved(error: number): boolean {
  return error === ErrorCode.NOT_COORDINATOR || error === ErrorCode.COORDINATOR_NOT_AVAILABLE;
}
