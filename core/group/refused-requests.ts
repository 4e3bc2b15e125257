/** Refused requests of groups and their members, as trace events. */
import type { Clock } from '../../ports/time.ts';
import type { Tracer } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import { Refusals } from '../refusals.ts';

/** How a member is asked to give itself an id, or to join again: steps of every rebalance. */
const STEPS: ReadonlySet<number> = new Set([ErrorCode.NONE, ErrorCode.MEMBER_ID_REQUIRED, ErrorCode.REBALANCE_IN_PROGRESS]);

interface Asking {
  readonly groupId: string;
  readonly memberId?: string;
  readonly generationId?: number;
}

export class RefusedRequests {
  readonly #tracer: Tracer;
  readonly #refusals: Refusals;

  constructor({ clock, tracer }: { readonly clock: Clock; readonly tracer: Tracer }) {
    this.#tracer = tracer;
    this.#refusals = new Refusals(clock);
  }

  /** Tells of the request if this is a refusal. */
  tell(api: string, { groupId: group, memberId: member = '', generationId: generation = -1 }: Asking, error: number): void {
    if (STEPS.has(error)) return;
    const times = this.#refusals.count(`${api}/${group}/${member}/${generation}/${error}`);
    if (times > 0) this.#tracer.emit({ type: 'group-request-rejected', api, group, member, generation, error, times });
  }

  /** Tells of the partitions that were refused. */
  tellCommit(
    request: RequestTypes['OffsetCommit'] | RequestTypes['TxnOffsetCommit'],
    response: Draft<ResponseTypes['OffsetCommit']>,
  ): void {
    const partitions: string[] = [];
    let error: number = ErrorCode.NONE;
    for (const { name = '', partitions: answers = [] } of response.topics ?? []) {
      for (const { partitionIndex = 0, errorCode = ErrorCode.NONE } of answers) {
        if (errorCode === ErrorCode.NONE) continue;
        partitions.push(topicPartitionKey(name, partitionIndex));
        error = errorCode;
      }
    }
    if (error === ErrorCode.NONE) return;
    const { groupId: group, memberId: member, generationIdOrMemberEpoch: generation } = request;
    const producerId = 'producerId' in request ? request.producerId : -1;
    const times = this.#refusals.count(`OffsetCommit/${group}/${member}/${generation}/${producerId}/${error}`);
    if (times === 0) return;
    this.#tracer.emit({ type: 'offset-commit-rejected', group, member, generation, producerId, partitions, error, times });
  }
}
