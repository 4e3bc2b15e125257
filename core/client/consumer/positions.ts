/** Finds the positions of assigned partitions: committed ones first, then by reset; and has those of an older leader validated. */
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { deferred } from '../deferred.ts';
import { illegalState, KafkaError } from '../errors.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { keyOf } from '../metadata.ts';
import type { Session } from '../session.ts';
import type { CommittedOffsets } from './committed-offsets.ts';
import type { OffsetResolver } from './offset-resolver.ts';
import type { AssignedPartition, SubscriptionState } from './subscription-state.ts';
import { positionOf } from './subscription-state.ts';

export interface PositionsOptions {
  /** The group's offsets; null: there is no group. */
  readonly committed: CommittedOffsets | null;
  readonly requestTimeoutMs: number;
  /** Called when positions may have been found. */
  readonly changed: () => void;
  /** Takes an error that the application must hear of. */
  readonly failed: (error: unknown) => void;
}

export class Positions {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #subscriptions: SubscriptionState;
  readonly #resolver: OffsetResolver;
  readonly #options: PositionsOptions;
  #fetchingCommitted = false;
  #closed = false;

  constructor(session: Session, subscriptions: SubscriptionState, resolver: OffsetResolver, options: PositionsOptions) {
    this.#env = session.env;
    this.#session = session;
    this.#subscriptions = subscriptions;
    this.#resolver = resolver;
    this.#options = options;
  }

  close(): void {
    this.#closed = true;
  }

  /** Asks for what is not known yet. */
  update(): void {
    const initializing: AssignedPartition[] = [];
    for (const partition of this.#subscriptions.partitions())
      if (partition.state.kind === 'initializing') initializing.push(partition);
    if (initializing.length > 0) this.#initialize(initializing);
    this.#resolver.resolvePositions();
  }

  /** The next offset to be read; waits up to `timeoutMs` until it is known. Rejects if the partition is not assigned. */
  wait(partition: TopicPartition, timeoutMs: number): Promise<number> {
    const end = deferred<number>();
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    const look = () => {
      const held = this.#subscriptions.get(keyOf(partition));
      const known = held === undefined ? null : positionOf(held);
      if (held === undefined) end.reject(illegalState(`${keyOf(partition)} is not assigned`));
      else if (known !== null) end.resolve(known.offset);
      else if (this.#closed || this.#env.clock.monotonicMs() >= deadlineMs)
        end.reject(new KafkaError(ErrorCode.REQUEST_TIMED_OUT, `no position of ${held.key} within ${timeoutMs} ms`));
      else {
        this.update();
        this.#env.timers.after(this.#session.backoff.delayMs(1), look);
      }
    };
    look();
    return end.promise;
  }

  #initialize(partitions: readonly AssignedPartition[]): void {
    const { committed: store, requestTimeoutMs } = this.#options;
    if (store === null) {
      for (const partition of partitions) this.#resetOrFail(partition);
      return;
    }
    if (this.#fetchingCommitted) return;
    this.#fetchingCommitted = true;
    store.fetch(partitions, requestTimeoutMs, (error, committed) => {
      this.#fetchingCommitted = false;
      if (error === null) {
        const found = new Map<string, (typeof committed)[number]>(committed.map((each) => [keyOf(each), each]));
        for (const partition of partitions) {
          const stillInitializing =
            partition.state.kind === 'initializing' && this.#subscriptions.get(partition.key) === partition;
          if (!stillInitializing) continue;
          const offset = found.get(partition.key);
          const epoch = offset?.leaderEpoch == null ? null : LeaderEpoch(offset.leaderEpoch);
          if (offset !== undefined && epoch !== null)
            this.#session.metadata.learnEpoch(partition.topic, offset.topicId, partition.partition, epoch);
          const current = this.#session.metadata.currentLeader(partition.topic, partition.partition);
          if (offset === undefined) this.#resetOrFail(partition);
          else this.#subscriptions.seek(partition, Offset(offset.offset), epoch, current);
        }
      } else if (!error.retriable) this.#options.failed(error);
      this.#options.changed();
    });
  }

  #resetOrFail(partition: AssignedPartition): void {
    if (this.#subscriptions.requestReset(partition, 'no-committed-offset')) return;
    this.#options.failed(
      new KafkaError(-1, `${partition.key} has no committed offset and there is no reset policy`, {
        errorName: 'NO_OFFSET_FOR_PARTITION',
      }),
    );
  }
}
