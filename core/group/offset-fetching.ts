/** OffsetFetch in all its versions: committed offsets of one group, or of several, as far as who asks may know them. */
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { GroupRequestContext } from './api.ts';
import { fetchError } from './consumer/commit-checks.ts';
import type { GroupShard } from './groups.ts';
import type { AskedTopic, Offsets } from './offsets.ts';
import type { RefusedRequests } from './refused-requests.ts';

type Done = (response: Draft<ResponseTypes['OffsetFetch']>) => void;

type AskedTopics = readonly AskedTopic[] | null;

interface AskedGroup {
  readonly groupId: string;
  readonly topics: AskedTopics;
  readonly memberId: string | null;
  readonly memberEpoch: number;
}

interface FetchedGroup {
  readonly groupId: string;
  readonly topics: ReturnType<Offsets['fetch']>;
  readonly errorCode: number;
}

export class OffsetFetching {
  readonly #shardOf: (group: string) => GroupShard | number;
  readonly #offsets: Offsets;
  readonly #refused: RefusedRequests;

  /** `shardOf`: the loaded shard of a group, or the error to answer with. */
  constructor(shardOf: (group: string) => GroupShard | number, offsets: Offsets, refused: RefusedRequests) {
    this.#shardOf = shardOf;
    this.#offsets = offsets;
    this.#refused = refused;
  }

  fetch({ version }: GroupRequestContext, request: RequestTypes['OffsetFetch'], done: Done): void {
    const asked =
      version >= 8 ? request.groups : [{ groupId: request.groupId, topics: request.topics, memberId: null, memberEpoch: -1 }];
    const answers: FetchedGroup[] = [];
    let waiting = asked.length;
    if (waiting === 0) done({ groups: [] });
    asked.forEach((each, index) => {
      const { groupId, topics } = each;
      this.#fetchGroup(each, request.requireStable, (answer) => {
        this.#refused.tell('OffsetFetch', { groupId }, answer.errorCode);
        answers[index] = answer;
        if (--waiting > 0) return;
        if (version >= 8) done({ groups: answers });
        else done(singleGroupAnswer(version, answers[0] as FetchedGroup, topics));
      });
    });
  }

  /**
   * With `requireStable` the answer holds what is being written now, by whichever group of the shard: it waits for that, and it does not
   * tell of what an open transaction may change. Whoever is not the leader any more and has writes under way learns so before it answers.
   */
  #fetchGroup(
    { groupId, topics, memberId, memberEpoch }: AskedGroup,
    requireStable: boolean,
    done: (answer: FetchedGroup) => void,
  ): void {
    const shard = this.#shardOf(groupId);
    if (typeof shard === 'number') {
      done({ groupId, topics: [], errorCode: shard });
      return;
    }
    const answer = (error: number): void => {
      // Clients that know requireStable don't all know COORDINATOR_NOT_AVAILABLE here.
      if (error !== ErrorCode.NONE) done({ groupId, topics: [], errorCode: ErrorCode.NOT_COORDINATOR });
      else {
        const group = shard.state.get(groupId);
        const refusal =
          group?.kind === 'consumer'
            ? fetchError(requireStable ? group.state : group.committed, memberId, memberEpoch)
            : ErrorCode.NONE;
        if (refusal !== ErrorCode.NONE) {
          done({ groupId, topics: [], errorCode: refusal });
          return;
        }
        const answered = this.#offsets.fetch(group, groupId, topics, requireStable);
        done({ groupId, topics: answered, errorCode: ErrorCode.NONE });
      }
    };
    if (requireStable) shard.whenSettled(answer);
    else answer(ErrorCode.NONE);
  }
}

/** The form before version 8. Before version 2 there is no error for the whole: every partition has it. */
function singleGroupAnswer(
  version: number,
  { topics, errorCode }: FetchedGroup,
  asked: AskedTopics,
): Draft<ResponseTypes['OffsetFetch']> {
  if (version >= 2 || errorCode === ErrorCode.NONE) return { errorCode, topics };
  const refused = (partitionIndex: number) => ({ partitionIndex, committedOffset: -1, metadata: '', errorCode });
  return {
    topics: (asked ?? []).map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes.map(refused) })),
  };
}
