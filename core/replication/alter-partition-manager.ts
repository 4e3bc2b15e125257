/**
 * Asks the controller for ISR changes: one request in flight per broker, with all changes that wait. A change waits until
 * the controller has answered it for good, however often the request must be repeated.
 */
import type { Environment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AlterPartitionResponse } from '../protocol/messages/alter-partition-response.ts';
import { type BrokerEpoch, type BrokerId, LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import type { PendingIsr } from './isr-state.ts';
import type { ControllerChannel, ControllerResult } from './ports.ts';

const RETRY_BACKOFF_MS = 50;

/** Answers that say: as things are, the request is not applied. The second is what versions below 2 have for the first. */
const NOT_APPLIED: readonly number[] = [ErrorCode.INELIGIBLE_REPLICA, ErrorCode.OPERATION_NOT_ATTEMPTED];
/** The first version that names topics by id. */
const TOPIC_IDS_VERSION = 2;

export type AlterPartitionAnswer =
  | {
      readonly ok: true;
      readonly leaderEpoch: LeaderEpoch;
      readonly partitionEpoch: PartitionEpoch;
      readonly isr: readonly BrokerId[];
    }
  | { readonly ok: false; readonly error: number };

export interface AlterPartitionItem {
  /** `topic-partition`: by name, so that two topics of one name can't both wait. */
  readonly key: TopicPartitionKey;
  readonly topicId: string;
  readonly partition: number;
  readonly change: PendingIsr;
  /** Can the change never be applied any more, however late a request with it arrives? */
  readonly isVoid: () => boolean;
  readonly done: (answer: AlterPartitionAnswer) => void;
}

export class AlterPartitionManager {
  readonly #env: Environment;
  readonly #brokerId: BrokerId;
  readonly #brokerEpoch: () => BrokerEpoch;
  readonly #controller: ControllerChannel;
  readonly #unsent = new Map<TopicPartitionKey, AlterPartitionItem>();
  /** Those that were sent in a request which was never answered, and which may still arrive. */
  readonly #unanswered = new Set<AlterPartitionItem>();
  #inFlight = false;
  #retry: Timer | null = null;
  #closed = false;

  constructor(env: Environment, brokerId: BrokerId, brokerEpoch: () => BrokerEpoch, controller: ControllerChannel) {
    this.#env = env;
    this.#brokerId = brokerId;
    this.#brokerEpoch = brokerEpoch;
    this.#controller = controller;
  }

  /** Queues a change. False: an earlier change of this partition is still on its way, and this one was not attempted. */
  submit(item: AlterPartitionItem): boolean {
    if (this.#unsent.has(item.key)) return false;
    this.#unsent.set(item.key, item);
    this.#sendIfIdle();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#unsent.clear();
    this.#unanswered.clear();
  }

  #sendIfIdle(): void {
    if (this.#closed || this.#inFlight || this.#retry !== null || this.#unsent.size === 0) return;
    this.#inFlight = true;
    const items = [...this.#unsent.values()];
    const topics = new Map<string, AlterPartitionItem[]>();
    for (const item of items) {
      const ofTopic = topics.get(item.topicId);
      if (ofTopic === undefined) topics.set(item.topicId, [item]);
      else ofTopic.push(item);
    }
    this.#controller.send(
      'AlterPartition',
      {
        brokerId: this.#brokerId,
        brokerEpoch: this.#brokerEpoch(),
        topics: [...topics].map(([topicId, ofTopic]) => ({
          topicId,
          partitions: ofTopic.map(({ partition, change }) => ({
            partitionIndex: partition,
            leaderEpoch: change.leaderEpoch,
            newIsr: [...change.proposed],
            newIsrWithEpochs: change.proposedEpochs,
            partitionEpoch: change.partitionEpoch,
          })),
        })),
      },
      (result) => this.#onResult(items, result),
      { minVersion: TOPIC_IDS_VERSION },
    );
  }

  #onResult(items: readonly AlterPartitionItem[], result: ControllerResult<AlterPartitionResponse>): void {
    if (this.#closed) return;
    const isLost = !result.ok || this.#env.random.sometimes('replication/isr-change-asked-again');
    if (result.unanswered > 0 || (isLost && (result.ok || result.sent))) for (const item of items) this.#noteUnanswered(item);
    if (isLost || result.response.errorCode !== ErrorCode.NONE) {
      this.#inFlight = false;
      // No answer, or an error of the whole request: nobody knows whether it was done. The same changes are sent again.
      this.#sendAgainLater();
      return;
    }
    const answers = new Map<string, AlterPartitionAnswer>();
    for (const topic of result.response.topics) {
      for (const partition of topic.partitions) {
        const { errorCode, isr } = partition;
        const leaderEpoch = LeaderEpoch(partition.leaderEpoch);
        const partitionEpoch = PartitionEpoch(partition.partitionEpoch);
        answers.set(
          `${topic.topicId}:${partition.partitionIndex}`,
          errorCode === ErrorCode.NONE ? { ok: true, leaderEpoch, partitionEpoch, isr } : { ok: false, error: errorCode },
        );
      }
    }
    let mustWait = false;
    for (const item of items) {
      const answer = answers.get(`${item.topicId}:${item.partition}`);
      // One that was left out of the answer stays queued and is sent again.
      if (answer === undefined) continue;
      if (this.#isUndecided(item, answer)) {
        mustWait = true;
        continue;
      }
      this.#unsent.delete(item.key);
      this.#unanswered.delete(item);
      item.done(answer);
    }
    this.#inFlight = false;
    if (mustWait) this.#sendAgainLater();
    else this.#sendIfIdle();
  }

  /**
   * A controller that finds a member ineligible did not apply this request. One sent before and never answered may still come
   * to it when the member is eligible again, and is applied then, for the partition's epoch is the same: the change is asked for
   * until its fate is known. (Kafka's Partition.handleAlterPartitionError takes the answer to any attempt as the last word.)
   */
  #isUndecided(item: AlterPartitionItem, answer: AlterPartitionAnswer): boolean {
    if (answer.ok || !NOT_APPLIED.includes(answer.error)) return false;
    return this.#unanswered.has(item) && !item.isVoid();
  }

  #noteUnanswered(item: AlterPartitionItem): void {
    if (this.#unanswered.has(item)) return;
    this.#unanswered.add(item);
    const { leaderEpoch, partitionEpoch } = item.change;
    this.#env.tracer.emit({ type: 'isr-change-unanswered', partition: item.key, leaderEpoch, partitionEpoch });
  }

  #sendAgainLater(): void {
    this.#retry = this.#env.timers.after(RETRY_BACKOFF_MS, () => {
      this.#retry = null;
      this.#sendIfIdle();
    });
  }
}
