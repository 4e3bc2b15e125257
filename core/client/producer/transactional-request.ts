/** A request of a transactional producer to a coordinator: what is sent, to whom, and who hears the answer. */
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { RequestVersions } from '../../rpc/api-versions.ts';
import type { Endpoint, RpcClient, RpcResult } from '../../rpc/rpc-client.ts';
import type { CoordinatorType } from '../coordinator-type.ts';
import type { TransactionalResult } from './transactional-result.ts';

export interface Coordinator {
  readonly type: keyof typeof CoordinatorType;
  readonly key: string;
}

/** In which order requests go that wait: the end of a transaction after all else, but before the epoch is raised. */
export const Priority = {
  findCoordinator: 0,
  initProducerId: 1,
  addPartitionsOrOffsets: 2,
  endTransaction: 3,
  epochBump: 4,
} as const;

/** How an attempt ended without an answer. */
export type Unanswered = Extract<RpcResult<unknown>, { ok: false }>;

export interface TransactionalRequest {
  readonly api: ApiName;
  readonly priority: number;
  /** Null: any broker is asked. */
  readonly coordinator: Coordinator | null;
  /** Null: nobody waits for it. */
  readonly result: TransactionalResult | null;
  /** It goes to its coordinator only after a while: an earlier attempt failed. */
  isRetry: boolean;
  retryBackoffMs: number;
  /** Exactly one of the two is called, unless the client is closed before. */
  send(rpc: RpcClient, to: Endpoint, answered: (handle: () => void) => void, unanswered: (failure: Unanswered) => void): void;
}

interface Specification<A extends ApiName> {
  readonly api: A;
  readonly priority: number;
  readonly coordinator: Coordinator | null;
  readonly result?: TransactionalResult;
  readonly body: Draft<RequestTypes[A]>;
  readonly versions?: RequestVersions;
  readonly retryBackoffMs: number;
  readonly onAnswer: (response: ResponseTypes[A], request: TransactionalRequest) => void;
  /** It may have been acted on, and no answer will tell. */
  readonly onLost?: () => void;
  /** It is on its way. `sendAgain` sends it to the same broker once more, and nobody hears the answer. */
  readonly onSent?: (sendAgain: () => void) => void;
}

export function transactionalRequest<A extends ApiName>(specification: Specification<A>): TransactionalRequest {
  const { api, body, versions = {}, onAnswer, onLost, onSent, result = null, ...rest } = specification;
  const request: TransactionalRequest = {
    ...rest,
    api,
    result,
    isRetry: false,
    send: (rpc, to, answered, unanswered) => {
      rpc.send(to, api, body, versions, (outcome) => {
        if (outcome.ok) answered(() => onAnswer(outcome.response, request));
        else {
          if (outcome.sent) onLost?.();
          unanswered(outcome);
        }
      });
      onSent?.(() => rpc.send(to, api, body, versions, () => undefined));
    },
  };
  return request;
}
