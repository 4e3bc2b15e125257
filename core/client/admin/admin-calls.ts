/** Sends an admin call where it belongs (any broker, a leader, a coordinator, a given broker) and repeats it while that can help. */
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { RequestVersions } from '../../rpc/api-versions.ts';
import type { Endpoint } from '../../rpc/rpc-client.ts';
import { CoordinatorType } from '../coordinator-type.ts';
import { deferred } from '../deferred.ts';
import { closedError, KafkaError, timeoutError } from '../errors.ts';
import type { Session } from '../session.ts';

/** Where a call goes. Brokers forward what only the controller does. */
export type Destination =
  | { readonly kind: 'any' }
  | { readonly kind: 'broker'; readonly nodeId: number }
  | { readonly kind: 'leader'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'coordinator'; readonly group: string }
  | { readonly kind: 'transaction-coordinator'; readonly transactionalId: string };

/** What an answer, or the part of it that was refused first, says of itself. */
export interface Answered {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

const DONE: Answered = { errorCode: ErrorCode.NONE };

export class AdminCalls {
  readonly #session: Session;
  readonly #timeoutMs: number;
  readonly #open = new Set<(error: KafkaError) => void>();
  #closed = false;

  constructor(session: Session, timeoutMs: number) {
    this.#session = session;
    this.#timeoutMs = timeoutMs;
    session.metadata.onUpdate(() => {
      const fatal = session.metadata.takeFatalError();
      if (fatal !== null) for (const reject of [...this.#open]) reject(fatal);
    });
  }

  close(): void {
    this.#closed = true;
    for (const reject of [...this.#open]) reject(closedError('the admin client'));
  }

  /**
   * `errorOf` finds the first error in an answer; a retriable one is tried again until default.api.timeout.ms. A rejection
   * is `definite` if no attempt can have taken effect. `answeredBy` hears which node gave the final answer. `versions` are those
   * that can say what is asked.
   */
  call<A extends ApiName>(
    to: Destination,
    api: A,
    request: Draft<RequestTypes[A]>,
    errorOf: (response: ResponseTypes[A]) => Answered,
    answeredBy: (node: Endpoint) => void = () => undefined,
    versions: RequestVersions = {},
  ): Promise<ResponseTypes[A]> {
    const end = deferred<ResponseTypes[A]>();
    const deadlineMs = this.#session.env.clock.monotonicMs() + this.#timeoutMs;
    let failures = 0;
    let ambiguous = false;
    let settled = false;
    const fail = (error: KafkaError) => {
      settled = true;
      this.#open.delete(fail);
      end.reject(error);
    };
    const later = (error: number) => {
      const leftMs = deadlineMs - this.#session.env.clock.monotonicMs();
      if (leftMs <= 0) fail(timeoutError(`${api} not done within ${this.#timeoutMs} ms (last: ${errorName(error)})`, !ambiguous));
      else this.#session.env.timers.after(Math.min(leftMs, this.#session.backoff.delayMs(++failures)), attempt);
    };
    const attempt = () => {
      if (settled) return;
      if (this.#session.env.random.sometimes('client/admin/early-metadata-refresh')) this.#session.metadata.requestUpdate(true);
      this.#find(to, (node, error) => {
        if (settled) return;
        if (node === null) {
          const what = coordinated(to);
          if (what !== null && !isRetriable(error))
            fail(new KafkaError(error, `no coordinator for ${what}: ${errorName(error)}`, { definite: !ambiguous }));
          else later(error);
          return;
        }
        this.#session.rpc.send(node, api, request, versions, (result) => {
          if (settled) return;
          this.#session.metadata.report(node, result.ok);
          if (!result.ok) {
            if (result.sent) ambiguous = true;
            if (result.reason === 'unsupported-version')
              fail(new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `${api} is not supported`, { definite: !ambiguous }));
            else later(ErrorCode.NETWORK_EXCEPTION);
            return;
          }
          const { errorCode: code, errorMessage } = errorOf(result.response);
          if (code === ErrorCode.NONE) {
            settled = true;
            this.#open.delete(fail);
            answeredBy(node);
            end.resolve(result.response);
          } else if (isTriedAgain(to, code)) {
            // A controller may time out, or step down, after it wrote.
            if (code === ErrorCode.REQUEST_TIMED_OUT || code === ErrorCode.NOT_CONTROLLER) ambiguous = true;
            this.#session.metadata.requestUpdate();
            later(code);
          } else
            fail(
              new KafkaError(code, `${api}: ${errorName(code)}`, {
                ...(errorMessage ? { reason: errorMessage } : {}),
                definite: !ambiguous && code !== ErrorCode.UNKNOWN_SERVER_ERROR && code !== ErrorCode.REQUEST_TIMED_OUT,
              }),
            );
        });
      });
    };
    if (this.#closed) end.reject(closedError('the admin client'));
    else {
      this.#open.add(fail);
      attempt();
    }
    return end.promise;
  }

  #find(to: Destination, found: (node: Endpoint | null, error: number) => void): void {
    const { metadata } = this.#session;
    switch (to.kind) {
      case 'any':
        found(metadata.anyNode(), ErrorCode.NONE);
        return;
      case 'broker': {
        const node = metadata.node(to.nodeId);
        if (node === undefined) metadata.requestUpdate();
        found(node ?? null, ErrorCode.BROKER_NOT_AVAILABLE);
        return;
      }
      case 'leader': {
        metadata.want(to.topic);
        const leader = metadata.leader(to.topic, to.partition);
        if (leader === undefined) metadata.requestUpdate();
        found(leader ?? null, ErrorCode.LEADER_NOT_AVAILABLE);
        return;
      }
      case 'coordinator':
        this.#findCoordinator(to.group, CoordinatorType.group, found);
        return;
      case 'transaction-coordinator':
        this.#findCoordinator(to.transactionalId, CoordinatorType.transaction, found);
    }
  }

  #findCoordinator(key: string, keyType: number, found: (node: Endpoint | null, error: number) => void): void {
    const { metadata } = this.#session;
    const asked = metadata.anyNode();
    this.#session.rpc.send(asked, 'FindCoordinator', { key, keyType, coordinatorKeys: [key] }, {}, (result) => {
      metadata.report(asked, result.ok);
      const answer = result.ok ? (result.response.coordinators[0] ?? result.response) : null;
      if (answer === null || answer.errorCode !== ErrorCode.NONE) found(null, answer?.errorCode ?? ErrorCode.NETWORK_EXCEPTION);
      else found({ id: String(answer.nodeId), host: answer.host, port: answer.port }, ErrorCode.NONE);
    });
  }
}

/** Of what a coordinator is looked for; null: none is. */
function coordinated(to: Destination): string | null {
  if (to.kind === 'coordinator') return `group ${to.group}`;
  return to.kind === 'transaction-coordinator' ? `transactional id ${to.transactionalId}` : null;
}

/**
 * Lookups of a leader, coordinator or broker go on while metadata may be stale. A call that any broker takes (it hands a change on to the
 * controller) is over with its answer, as in Kafka's client: a topic that does not exist is an answer.
 */
function isTriedAgain(to: Destination, code: number): boolean {
  // Who names a broker means no other, whoever leads.
  if (to.kind === 'broker' && code === ErrorCode.NOT_LEADER_OR_FOLLOWER) return false;
  if (to.kind !== 'any') return isRetriable(code);
  return code === ErrorCode.NOT_CONTROLLER || code === ErrorCode.THROTTLING_QUOTA_EXCEEDED;
}

/** The first part that was refused. */
export function firstError(parts: Iterable<Answered>): Answered {
  for (const part of parts) if (part.errorCode !== ErrorCode.NONE) return part;
  return DONE;
}
