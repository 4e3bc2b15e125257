/** Finds a group's coordinator and sends requests to it. */
import { ErrorCode, isRetriable } from '../../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { Endpoint, RpcResult } from '../../rpc/RpcClient.ts';
import { KafkaError } from '../errors.ts';
import type { Session } from '../session.ts';

export class CoordinatorLink {
  readonly #session: Session;
  readonly #groupId: string;
  readonly #onChange: () => void;
  #coordinator: Endpoint | null = null;
  #finding = false;
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
    if (this.#coordinator !== null || this.#finding || this.#closed) return;
    this.#finding = true;
    const node = this.#session.metadata.anyNode();
    const request = { key: this.#groupId, keyType: 0, coordinatorKeys: [this.#groupId] };
    this.#session.rpc.send(node, 'FindCoordinator', request, {}, (result) => {
      if (this.#closed) return;
      this.#session.metadata.report(node, result.ok);
      // Until version 3 the answer is in the response itself.
      const answer = result.ok ? (result.response.coordinators[0] ?? result.response) : null;
      if (answer !== null && answer.errorCode === ErrorCode.NONE) {
        this.#finding = false;
        this.#failures = 0;
        // A connection of its own, so that heartbeats do not wait behind a long fetch.
        this.#coordinator = { id: `coordinator-${answer.nodeId}`, host: answer.host, port: answer.port };
        this.#onChange();
        return;
      }
      if (answer !== null && !isRetriable(answer.errorCode))
        this.#error = new KafkaError(answer.errorCode, `no coordinator for group ${this.#groupId}`);
      this.#session.env.timers.after(this.#session.backoff.delayMs(++this.#failures), () => {
        this.#finding = false;
        if (!this.#closed) this.#onChange();
      });
    });
  }

  /** Sends to the coordinator; `done` gets null if none is known or it could not be reached. */
  send<A extends ApiName>(
    api: A,
    request: Draft<RequestTypes[A]>,
    options: { readonly timeoutMs?: number },
    done: (response: ResponseTypes[A] | null, sent: boolean) => void,
  ): void {
    const coordinator = this.#coordinator;
    if (coordinator === null) {
      this.#session.env.timers.after(0, () => {
        if (!this.#closed) done(null, false);
      });
      return;
    }
    this.#session.rpc.send(coordinator, api, request, options, (result: RpcResult<ResponseTypes[A]>) => {
      if (this.#closed) return;
      if (result.ok) done(result.response, true);
      else {
        if (this.#coordinator === coordinator) this.lost();
        done(null, result.sent);
      }
    });
  }
}

/** Answers that mean that another broker coordinates the group. */
export function isCoordinatorMoved(error: number): boolean {
  return error === ErrorCode.NOT_COORDINATOR || error === ErrorCode.COORDINATOR_NOT_AVAILABLE;
}
