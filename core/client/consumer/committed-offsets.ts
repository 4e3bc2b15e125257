/** Commits offsets to the group's coordinator and asks for the committed ones. */
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import { KafkaError, timeoutError } from '../errors.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { RequestVersions } from '../../rpc/api-versions.ts';
import { type ClusterMetadata, mapByTopic } from '../metadata.ts';
import { OFFSETS_BY_NAME } from '../offset-versions.ts';
import type { Session } from '../session.ts';
import type { CoordinatorLink } from './coordinator-link.ts';
import { isCoordinatorMoved } from './coordinator-link.ts';
import { type Generation, type Membership, NO_GENERATION } from './membership.ts';

export interface OffsetAndMetadata extends TopicPartition {
  readonly offset: number;
  /** Leader epoch of the last record consumed; null: unknown. */
  readonly leaderEpoch?: number | null;
  readonly metadata?: string;
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number | null;
  readonly metadata: string;
}

export interface FetchedOffset extends CommittedOffset {
  /** Of the topic that was asked about; null where the coordinator knows only names. */
  readonly topicId: string | null;
}

export class CommittedOffsets {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #link: CoordinatorLink;
  readonly #membership: Membership;
  readonly #groupId: string;
  readonly #instanceId: string | null;
  /** Is this a member of the group (by subscription), or does it only use the group's offsets? */
  readonly #isMember: () => boolean;
  #closed = false;

  constructor(
    session: Session,
    link: CoordinatorLink,
    membership: Membership,
    options: { readonly groupId: string; readonly instanceId: string | null; readonly isMember: () => boolean },
  ) {
    this.#env = session.env;
    this.#session = session;
    this.#link = link;
    this.#membership = membership;
    this.#groupId = options.groupId;
    this.#instanceId = options.instanceId;
    this.#isMember = options.isMember;
  }

  close(): void {
    this.#closed = true;
  }

  /**
   * Commits, trying again for up to `timeoutMs`. Every attempt is made as the member of the generation that the
   * offsets are of: the next generation may have given the partitions to somebody else.
   */
  commit(offsets: readonly OffsetAndMetadata[], timeoutMs: number, done: (error: KafkaError | null) => void): void {
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    const sender = this.#sender();
    let ambiguous = false;
    this.#untilKnown(
      timeoutMs,
      (again) =>
        this.#attempt(offsets, sender, (error) => {
          if (error !== null && !error.definite) ambiguous = true;
          if (error?.retriable === true && this.#env.clock.monotonicMs() < deadlineMs) again();
          else done(error === null ? null : withDefinite(error, !ambiguous));
        }),
      () => done(timeoutError(`no commit within ${timeoutMs} ms`, !ambiguous)),
    );
  }

  /**
   * Commits in one attempt, for which the coordinator is looked up once if it is not known: repetitions might arrive out of order
   * (ConsumerCoordinator.commitOffsetsAsync).
   */
  commitAsync(offsets: readonly OffsetAndMetadata[], done: (error: KafkaError | null) => void): void {
    if (offsets.length === 0) {
      this.#env.timers.after(0, () => {
        if (!this.#closed) done(null);
      });
      return;
    }
    const sender = this.#sender();
    this.#link.whenFound((found) => {
      if (this.#closed) return;
      if (found) this.#attempt(offsets, sender, done);
      else
        done(
          new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'the coordinator of a commit was not found', { definite: true }),
        );
    });
  }

  /** On behalf of whom: null if a subscriber is no member at present. */
  #sender(): Generation | null {
    if (!this.#isMember()) return NO_GENERATION;
    const { generation } = this.#membership;
    return generation.generationId < 0 ? null : generation;
  }

  /** `done` hears whether this attempt may have been applied, by the error's `definite`. */
  #attempt(offsets: readonly OffsetAndMetadata[], sender: Generation | null, done: (error: KafkaError | null) => void): void {
    if (sender !== NO_GENERATION && this.#membership.isRebalancing) {
      const message = 'the group is rebalancing; the next polls complete that';
      done(new KafkaError(ErrorCode.REBALANCE_IN_PROGRESS, message, { definite: true, retriable: false }));
      return;
    }
    if (sender === null || (sender !== NO_GENERATION && !this.#membership.covers(sender))) {
      const message = 'not a member of this generation of the group any more';
      done(new KafkaError(-1, message, { definite: true, errorName: 'COMMIT_FAILED' }));
      return;
    }
    this.#commitOnce(offsets, sender, (error, ambiguous) => {
      if (error !== null && ambiguous) this.#unanswered(offsets);
      done(error === null ? null : withDefinite(error, !ambiguous));
    });
  }

  #unanswered(offsets: readonly OffsetAndMetadata[]): void {
    this.#env.tracer.emit({
      type: 'consumer-commit-unanswered',
      group: this.#groupId,
      offsets: offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    });
  }

  /** The committed offsets; partitions without one are left out. */
  fetch(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
    done: (error: KafkaError | null, offsets: FetchedOffset[]) => void,
  ): void {
    this.#untilKnown(
      timeoutMs,
      (again) => {
        this.#fetchOnce(partitions, (error, offsets) => {
          if (error === null || !error.retriable) done(error, offsets);
          else again();
        });
      },
      () => done(timeoutError(`no committed offsets within ${timeoutMs} ms`, true), []),
    );
  }

  /** Runs `attempt` once the coordinator is known; `again` waits for the back-off. */
  #untilKnown(timeoutMs: number, attempt: (again: () => void) => void, timedOut: () => void): void {
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    let failures = 0;
    const run = () => {
      if (this.#closed) return;
      const leftMs = deadlineMs - this.#env.clock.monotonicMs();
      if (this.#link.isKnown) attempt(again);
      else if (leftMs <= 0) timedOut();
      else {
        this.#link.find();
        again();
      }
    };
    const again = () => {
      const leftMs = Math.max(0, deadlineMs - this.#env.clock.monotonicMs());
      if (leftMs === 0 && failures > 0) timedOut();
      else this.#env.timers.after(Math.min(leftMs, this.#session.backoff.delayMs(++failures)), run);
    };
    run();
  }

  #commitOnce(
    offsets: readonly OffsetAndMetadata[],
    sender: Generation,
    done: (error: KafkaError | null, ambiguous: boolean) => void,
  ): void {
    const ids = new TopicIds(this.#session.metadata, offsets);
    const request = {
      groupId: this.#groupId,
      generationIdOrMemberEpoch: sender.generationId,
      memberId: sender.memberId,
      groupInstanceId: sender === NO_GENERATION ? null : this.#instanceId,
      topics: mapByTopic(offsets, (name, ofTopic) => ({
        name,
        topicId: ids.of(name),
        partitions: ofTopic.map((each) => ({
          partitionIndex: each.partition,
          committedOffset: each.offset,
          committedLeaderEpoch: each.leaderEpoch ?? -1,
          committedMetadata: each.metadata ?? '',
        })),
      })),
    };
    this.#link.send('OffsetCommit', request, ids.versions, (response, wasSent) => {
      if (response === null) {
        done(new KafkaError(ErrorCode.NETWORK_EXCEPTION, 'the coordinator did not answer a commit'), wasSent);
        return;
      }
      let first: number = ErrorCode.NONE;
      for (const topic of response.topics)
        for (const { errorCode } of topic.partitions)
          if (errorCode !== ErrorCode.NONE && first === ErrorCode.NONE) first = errorCode;
      if (first === ErrorCode.NONE) done(null, false);
      else this.#refused(first, sender, done);
    });
  }

  #refused(error: number, sent: Generation, done: (error: KafkaError, ambiguous: boolean) => void): void {
    if (isCoordinatorMoved(error) || error === ErrorCode.REQUEST_TIMED_OUT) this.#link.lost();
    if (error === ErrorCode.REBALANCE_IN_PROGRESS) this.#membership.requestRejoin();
    const isFencing =
      error === ErrorCode.UNKNOWN_MEMBER_ID || error === ErrorCode.ILLEGAL_GENERATION || error === ErrorCode.FENCED_INSTANCE_ID;
    if (isFencing) this.#membership.fenced(sent, error);
    // A time-out or a lost coordinator may come after the append of the commit.
    const ambiguous =
      isRetriable(error) && error !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && error !== ErrorCode.REBALANCE_IN_PROGRESS;
    // The topic was deleted, and another may have the name.
    if (error === ErrorCode.UNKNOWN_TOPIC_ID) this.#session.metadata.requestUpdate();
    // The generation is over: the same commit cannot succeed later.
    const retriable = isRetriable(error) && error !== ErrorCode.REBALANCE_IN_PROGRESS;
    done(new KafkaError(error, `commit refused: ${errorName(error)}`, { retriable }), ambiguous);
  }

  #fetchOnce(partitions: readonly TopicPartition[], done: (error: KafkaError | null, offsets: FetchedOffset[]) => void): void {
    const { metadata } = this.#session;
    const ids = new TopicIds(metadata, partitions);
    const topics = mapByTopic(partitions, (name, ofTopic) => ({
      name,
      topicId: ids.of(name),
      partitionIndexes: ofTopic.map((each) => each.partition),
    }));
    const groups = [{ groupId: this.#groupId, memberId: null, memberEpoch: -1, topics }];
    const request = { groupId: this.#groupId, topics, groups, requireStable: true };
    this.#link.send('OffsetFetch', request, ids.versions, (response) => {
      if (response === null) {
        done(new KafkaError(ErrorCode.NETWORK_EXCEPTION, 'the coordinator did not answer'), []);
        return;
      }
      // Until version 7 there is one group, in the response itself.
      const [group] = response.groups;
      let error = (group ?? response).errorCode;
      const offsets: FetchedOffset[] = [];
      const answered = group?.topics ?? response.topics.map((topic) => ({ ...topic, topicId: ZERO_UUID }));
      for (const { name, topicId: id, partitions: ofTopic } of answered) {
        const topicId = id === ZERO_UUID ? null : id;
        const topic = topicId === null ? name : (ids.nameOf(topicId) ?? name);
        // What was asked about is not the topic of this name any more: nothing of the answer is of use.
        if (metadata.isAnotherTopic(topic, topicId)) error = ErrorCode.UNKNOWN_TOPIC_ID;
        for (const each of ofTopic) {
          if (each.errorCode !== ErrorCode.NONE) error = each.errorCode;
          else if (each.committedOffset >= 0)
            offsets.push({
              topic,
              topicId,
              partition: each.partitionIndex,
              offset: each.committedOffset,
              leaderEpoch: each.committedLeaderEpoch >= 0 ? each.committedLeaderEpoch : null,
              metadata: each.metadata ?? '',
            });
        }
      }
      if (isCoordinatorMoved(error)) this.#link.lost();
      if (error === ErrorCode.UNKNOWN_TOPIC_ID) metadata.requestUpdate();
      if (error === ErrorCode.NONE) done(null, offsets);
      else done(new KafkaError(error, `committed offsets of ${this.#groupId}: ${errorName(error)}`), []);
    });
  }
}

/**
 * The ids that topics have now, by which offsets are committed and asked for where all are known: nobody else's offset is meant
 * then. Each attempt looks anew, as Kafka's client of version 4.1 does (CommitRequestManager).
 */
class TopicIds {
  readonly #ids = new Map<string, string>();
  readonly versions: RequestVersions;

  constructor(metadata: ClusterMetadata, partitions: readonly TopicPartition[]) {
    for (const { topic } of partitions) if (!this.#ids.has(topic)) this.#ids.set(topic, metadata.topicId(topic) ?? ZERO_UUID);
    const areKnown = [...this.#ids.values()].every((id) => id !== ZERO_UUID);
    this.versions = areKnown ? {} : OFFSETS_BY_NAME;
  }

  of(topic: string): string {
    return this.#ids.get(topic) ?? ZERO_UUID;
  }

  nameOf(id: string): string | undefined {
    for (const [topic, known] of this.#ids) if (known === id) return topic;
    return undefined;
  }
}

function withDefinite({ code, message, retriable, errorName }: KafkaError, definite: boolean): KafkaError {
  return new KafkaError(code, message, { definite, retriable, errorName });
}
