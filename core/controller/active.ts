/**
 * The controller while it leads the quorum. A write is decided on the speculative image (committed state and all that is
 * scheduled), appended, applied to the speculative image at once, and answered when committed. When leadership ends the
 * object is dropped, and with it every uncommitted thought.
 */
import type { BrokerConfig } from '../config/index.ts';
import type { Environment } from '../environment.ts';
import { invariant } from '../../ports/invariant.ts';
import type { RandomStream } from '../../ports/random.ts';
import type { Timer } from '../../ports/time.ts';
import { type MetadataImage, ResourceType } from '../metadata/image.ts';
import { isElrEnabled } from '../metadata/eligible-leader-replicas.ts';
import { metadataVersionOf } from '../metadata/features.ts';
import { METADATA_VERSION, supportsMetadataTransactions } from '../metadata/metadata-version.ts';
import { encodeRecord, type MetadataRecord } from '../metadata/records.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type BrokerId, type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { NotLeaderError } from '../raft/types.ts';
import { Changes } from './changes.ts';
import { electPreferredLeaders, electUncleanLeaders } from './elections.ts';
import { BrokerHeartbeats } from './heartbeats.ts';
import { fenceBroker } from './partition-updates.ts';
import type { TopicContext } from './topics.ts';

/** What the active controller asks of the quorum's client. */
export interface ActiveRaft {
  readonly logEndOffset: Offset;
  /** Appends one atomic batch; returns its last offset. Throws NotLeaderError. */
  scheduleAppend(epoch: LeaderEpoch, records: readonly Uint8Array[]): Offset;
}

export interface ActiveOptions {
  readonly epoch: LeaderEpoch;
  readonly clusterId: string;
  readonly nodeId: BrokerId;
  readonly config: BrokerConfig;
  readonly raft: ActiveRaft;
  /** The committed image, which holds everything before this epoch. */
  readonly committed: MetadataImage;
  /** The quorum's client says that this node leads no more. */
  readonly onNotLeader: () => void;
}

/** What happens to the one who asked for a write. */
export interface Completion {
  /** Committed. */
  succeed(): void;
  /** `code`: Kafka's error code. The write may or may not be committed later. */
  fail(code: number): void;
}

interface WaitingWrite {
  readonly operation: string;
  /** Everything up to here must be committed: the write's own records, and the state it was decided on. */
  readonly offset: Offset;
  readonly completion: Completion;
}

/** As long as an event queue that has other things to do may be behind. */
const LATE_MS = 100;

/** What a controller finds when it begins to lead. */
export interface Beginning {
  /** A transaction of another controller was not ended: what it wrote is in no image. */
  readonly isTransactionOpen: boolean;
  /** What the metadata of a new cluster begins with. */
  readonly bootstrap: () => readonly MetadataRecord[];
}

const NOBODY_WAITS: Completion = { succeed() {}, fail() {} };

export class ActiveController {
  readonly epoch: LeaderEpoch;
  readonly clusterId: string;
  readonly nodeId: BrokerId;
  readonly config: BrokerConfig;
  readonly heartbeats: BrokerHeartbeats;
  readonly topicContext: TopicContext;
  /** Where the ids of new access control entries come from. */
  readonly aclIds: RandomStream;
  /** The offset that the first record of this leadership has. */
  readonly claimOffset: Offset;
  readonly #env: Environment;
  readonly #raft: ActiveRaft;
  readonly #onNotLeader: () => void;
  readonly #waiting: WaitingWrite[] = [];
  readonly #timers = new Set<Timer>();
  #image: MetadataImage;
  #nextWriteOffset: Offset;
  #committedOffset: Offset;
  #fenceTimer: Timer | null = null;
  #closed = false;

  constructor(env: Environment, options: ActiveOptions) {
    this.#env = env;
    this.epoch = options.epoch;
    this.clusterId = options.clusterId;
    this.nodeId = options.nodeId;
    this.config = options.config;
    this.#raft = options.raft;
    this.#onNotLeader = options.onNotLeader;
    this.#image = options.committed;
    this.#committedOffset = options.committed.provenance.offset;
    this.claimOffset = options.raft.logEndOffset;
    this.#nextWriteOffset = this.claimOffset;
    // A stream for each leadership: one that began again with the process would give the ids it gave before.
    const chance = env.random.stream(`controller/topics/n${options.nodeId}-e${options.epoch}`);
    this.topicContext = { config: options.config, chance };
    this.aclIds = env.random.stream(`controller/acls/n${options.nodeId}-e${options.epoch}`);
    this.heartbeats = new BrokerHeartbeats(options.config['broker.session.timeout.ms']);
  }

  /** Committed state with everything scheduled on top. */
  get image(): MetadataImage {
    return this.#image;
  }

  /**
   * The first acts: sessions of the brokers there are begin now; an empty log gets its bootstrap records. Something is always
   * written, so that nodes which start now see a record of this epoch and know that they have caught up.
   */
  activate({ isTransactionOpen, bootstrap }: Beginning): void {
    const nowMs = this.#env.clock.monotonicMs();
    for (const broker of this.#image.brokers.values()) this.heartbeats.register(broker.id, broker.fenced, nowMs);
    const first = this.begin();
    if (isTransactionOpen) first.add('AbortTransactionRecord', { reason: 'Controller failover' });
    if (!this.#image.features.has(METADATA_VERSION)) addBootstrap(first, bootstrap(), this.config);
    else if (!isTransactionOpen) first.add('NoOpRecord', {});
    this.write('activate', first, NOBODY_WAITS);
    this.watchSessions();
    const { config } = this;
    this.#every(config['metadata.max.idle.interval.ms'], () => {
      const changes = this.begin();
      changes.add('NoOpRecord', {});
      this.write('no-op', changes, NOBODY_WAITS);
    });
    if (config['auto.leader.rebalance.enable']) {
      this.#every(config['leader.imbalance.check.interval.seconds'] * 1000, () => {
        this.#writeIfAny('preferred-leader-election', electPreferredLeaders);
      });
    }
    this.#every(config['unclean.leader.election.interval.ms'], () => {
      this.#writeIfAny('unclean-leader-election', electUncleanLeaders);
    });
  }

  /** An empty batch on the state as it is now. */
  begin(): Changes {
    return new Changes(this.#image, this.#nextWriteOffset);
  }

  /** Appends what was decided, makes it the state to decide on, and completes when it is committed. */
  write(operation: string, changes: Changes, completion: Completion): void {
    if (this.#closed) {
      completion.fail(ErrorCode.NOT_CONTROLLER);
      return;
    }
    if (changes.records.length > 0) {
      invariant(changes.baseOffset === this.#nextWriteOffset, () => `${operation} was decided on a state that has changed`);
      // Built first: what cannot be replayed here must not get into the log.
      const { image } = changes;
      const level = metadataVersionOf(image.features);
      let lastOffset: Offset;
      try {
        lastOffset = this.#raft.scheduleAppend(
          this.epoch,
          changes.records.map((record) => encodeRecord(record, level)),
        );
      } catch (error) {
        if (!(error instanceof NotLeaderError)) throw error;
        completion.fail(ErrorCode.NOT_CONTROLLER);
        this.#onNotLeader();
        return;
      }
      const expected = changes.lastOffset;
      invariant(lastOffset === expected, () => `${operation} was appended up to ${lastOffset}, decided up to ${expected}`);
      this.#nextWriteOffset = Offset(lastOffset + 1);
      const { lastContainedTimestamp } = image.provenance;
      this.#image = { ...image, provenance: { offset: lastOffset, epoch: this.epoch, lastContainedTimestamp } };
    }
    const waiting = { operation, offset: this.#image.provenance.offset, completion };
    // Nothing is answered before the state that it tells of is committed.
    if (waiting.offset > this.#committedOffset) this.#waiting.push(waiting);
    else this.#succeed(waiting);
  }

  /** The last offset scheduled so far. */
  get lastOffset(): Offset {
    return this.#image.provenance.offset;
  }

  /** The committed image moved on. */
  handleCommitted(committed: MetadataImage): void {
    this.#committedOffset = committed.provenance.offset;
    if (this.#committedOffset === this.#image.provenance.offset) this.#image = committed;
    let done = 0;
    for (const waiting of this.#waiting) {
      if (waiting.offset > this.#committedOffset) break;
      done++;
    }
    for (const waiting of this.#waiting.splice(0, done)) this.#succeed(waiting);
  }

  /** Arms the timer for the next session that may expire. */
  watchSessions(): void {
    if (this.#closed || this.#fenceTimer !== null) return;
    const expiryMs = this.heartbeats.nextExpiryMs();
    if (expiryMs === null) return;
    const lateMs = this.#env.random.sometimes('controller/late-fencing') ? LATE_MS : 0;
    const delayMs = Math.max(0, expiryMs - this.#env.clock.monotonicMs()) + lateMs;
    this.#fenceTimer = this.#env.timers.after(delayMs, () => {
      this.#fenceTimer = null;
      this.#fenceStaleBrokers();
      this.watchSessions();
    });
  }

  /** Leadership is over: timers stop, and who waits learns that this is not the controller. */
  close(): void {
    this.#closed = true;
    this.#fenceTimer?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const waiting of this.#waiting.splice(0)) waiting.completion.fail(ErrorCode.NOT_CONTROLLER);
  }

  #succeed({ operation, offset, completion }: WaitingWrite): void {
    this.#env.tracer.emit({
      type: 'controller-write-completed',
      operation,
      epoch: this.epoch,
      offset,
      committedOffset: this.#committedOffset,
    });
    completion.succeed();
  }

  /** One broker at a time, each on the state that the fence before left. */
  #fenceStaleBrokers(): void {
    while (!this.#closed) {
      const brokerId = this.heartbeats.findStaleBroker(this.#env.clock.monotonicMs());
      if (brokerId === null) return;
      const changes = this.begin();
      const broker = changes.image.brokers.get(brokerId);
      invariant(broker !== undefined, () => `the session of broker ${brokerId} expired, which is not registered`);
      fenceBroker(changes, this.config, broker);
      this.heartbeats.fence(brokerId);
      this.#env.tracer.emit({ type: 'broker-session-expired', brokerId, brokerEpoch: broker.epoch });
      this.write('fence-stale-broker', changes, NOBODY_WAITS);
    }
  }

  #writeIfAny(operation: string, elect: (changes: Changes, config: BrokerConfig, most?: number) => void): void {
    const changes = this.begin();
    elect(changes, this.config, this.#env.random.sometimes('controller/few-elections') ? 1 : undefined);
    if (changes.records.length > 0) this.write(operation, changes, NOBODY_WAITS);
  }

  #every(intervalMs: number, task: () => void): void {
    if (intervalMs <= 0) return;
    const arm = (): void => {
      const isEarly = this.#env.random.sometimes('controller/early-task');
      const timer = this.#env.timers.after(isEarly ? Math.ceil(intervalMs / 10) : intervalMs, () => {
        this.#timers.delete(timer);
        task();
        if (!this.#closed) arm();
      });
      this.#timers.add(timer);
    };
    arm();
  }
}

/**
 * The first records of all. From 3.6-IV1 on they are a transaction (KIP-868). With eligible leader replicas the cluster has one
 * min.insync.replicas, which is that of the first controller's properties and from then on the metadata log's (KIP-966).
 */
function addBootstrap(changes: Changes, records: readonly MetadataRecord[], config: BrokerConfig): void {
  const level = records.find(({ type, data }) => type === 'FeatureLevelRecord' && data.name === METADATA_VERSION);
  const isTransaction = level?.type === 'FeatureLevelRecord' && supportsMetadataTransactions(level.data.featureLevel);
  if (isTransaction) changes.add('BeginTransactionRecord', { name: 'Bootstrap records' });
  changes.records.push(...records);
  if (isElrEnabled(changes.image)) {
    const value = String(config['min.insync.replicas']);
    changes.add('ConfigRecord', { resourceType: ResourceType.BROKER, resourceName: '', name: 'min.insync.replicas', value });
  }
  if (isTransaction) changes.add('EndTransactionRecord', {});
}
