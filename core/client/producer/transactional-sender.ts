/** Sends what a transaction manager wants to be sent to coordinators: one request at a time, and nothing else meanwhile. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { Endpoint } from '../../rpc/rpc-client.ts';
import { KafkaError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { TransactionManager } from './transaction-manager.ts';
import type { TransactionalRequest, Unanswered } from './transactional-request.ts';

export class TransactionalSender {
  readonly #session: Session;
  readonly #manager: TransactionManager;
  readonly #wake: () => void;
  /** A request waits for its time, or for its answer. */
  #isBusy = false;
  #closed = false;

  /** `wake`: something has changed, so the sender should look again. */
  constructor(session: Session, manager: TransactionManager, wake: () => void) {
    this.#session = session;
    this.#manager = manager;
    this.#wake = wake;
  }

  close(): void {
    this.#closed = true;
  }

  /** Sends the next request, if there is one and none is under way. True: one is under way, and no records may be sent. */
  run(hasIncomplete: boolean): boolean {
    if (this.#isBusy) return true;
    const request = this.#manager.nextRequest(hasIncomplete);
    if (request === null) return false;
    const { coordinator } = request;
    const to = coordinator === null ? this.#session.metadata.anyNode() : this.#manager.coordinator(coordinator.type);
    if (to === null) {
      this.#manager.unanswered(request);
      this.#wake();
      return true;
    }
    this.#isBusy = true;
    const { timers } = this.#session.env;
    if (request.isRetry) timers.after(request.retryBackoffMs, () => this.#send(request, to));
    else this.#send(request, to);
    return true;
  }

  #send(request: TransactionalRequest, to: Endpoint): void {
    if (this.#closed) return;
    if (this.#manager.state.isFatal) {
      this.#ended();
      return;
    }
    const { rpc, metadata } = this.#session;
    const answered = (handle: () => void) => {
      metadata.report(to, true);
      if (request.coordinator?.type === 'transaction') this.#manager.coordinatorAnswered();
      // What ended the producer meanwhile has failed the request.
      if (!this.#manager.state.isFatal) handle();
      this.#ended();
    };
    const unanswered = (failure: Unanswered) => {
      metadata.report(to, false);
      if (!this.#manager.state.isFatal) this.#unanswered(request, failure);
      this.#ended();
    };
    request.send(rpc, to, answered, unanswered);
  }

  #unanswered(request: TransactionalRequest, { reason, detail = reason }: Unanswered): void {
    const fatal = { fatal: true, definite: !this.#manager.mayBeCommitted };
    const message = `${request.api} cannot be sent: ${detail}`;
    if (reason === 'unsupported-version')
      this.#manager.fatal(request, new KafkaError(ErrorCode.UNSUPPORTED_VERSION, message, fatal));
    else if (reason === 'authentication-failed')
      this.#manager.fatal(request, new KafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, message, fatal));
    else this.#manager.unanswered(request);
  }

  #ended(): void {
    this.#isBusy = false;
    this.#wake();
  }
}
