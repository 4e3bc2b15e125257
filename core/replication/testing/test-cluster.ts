/**
 * Three brokers with one partition, a network that delays and loses, and a scripted controller that honours AlterPartition's
 * compare-and-swap: replication alone, in the simulated world but for its network, as a TCP connection loses no single message.
 */
import { micros } from '../../../ports/time.ts';
import type { Environment } from '../../environment.ts';
import type { Incarnation, Process } from '../../../world/process.ts';
import { BrokerEpoch, LeaderEpoch, NONE, PartitionEpoch } from '../../protocol/numbers.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { AlterPartitionRequest } from '../../protocol/messages/alter-partition-request.ts';
import type { FetchRequest } from '../../protocol/messages/fetch-request.ts';
import type { ListOffsetsRequest } from '../../protocol/messages/list-offsets-request.ts';
import { encodeBatch } from '../../protocol/records.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { TraceEvent } from '../../trace.ts';
import { FetchHandler } from '../fetch-handler.ts';
import type { BrokerView, ClusterView, PartitionView, ReplicationConfig, TopicsDelta } from '../ports.ts';
import { ReplicaManager } from '../replica-manager.ts';
import { BROKERS } from './brokers.ts';
import { Checker } from './checker.ts';
import { BrokerLogs } from './broker-logs.ts';

export const TOPIC = 'orders';
export const TOPIC_ID = 'TTTTTTTTTTTTTTTTTTTTTA';
/** After which a request's sender stops waiting for the answer. */
const TIMEOUT_MS = 500;
const KEY = topicPartitionKey(TOPIC, 0);
export const MIN_ISR = 2;

const CONFIG: ReplicationConfig = {
  'replica.lag.time.max.ms': 300,
  'replica.fetch.backoff.ms': 20,
  'replica.fetch.wait.max.ms': 50,
  'replica.fetch.min.bytes': 1,
  'replica.fetch.max.bytes': 1000,
  'replica.fetch.response.max.bytes': 1000,
  'fetch.max.bytes': 100_000,
  'max.incremental.fetch.session.cache.slots': 10,
  'request.timeout.ms': TIMEOUT_MS,
  'transaction.partition.verification.enable': true,
  'add.partitions.to.txn.retry.backoff.ms': 20,
  'add.partitions.to.txn.retry.backoff.max.ms': 100,
};

class Broker {
  readonly id: number;
  readonly logs = new BrokerLogs();
  replicas: ReplicaManager | null = null;
  fetches: FetchHandler | null = null;
  readonly process: Process;
  epoch: BrokerEpoch = NONE;
  appliedImage: Image | null = null;
  constructor(id: number, process: Process) {
    this.id = id;
    this.process = process;
  }
  get incarnation(): Incarnation | null {
    return this.process.incarnation;
  }
}

interface Image extends ClusterView {
  readonly version: number;
  readonly partition: PartitionView;
}

export interface TestClusterOptions {
  /** Messages are lost and delayed, answers too. Default true. */
  readonly isFaulty?: boolean;
  readonly onEvent?: (broker: number, event: TraceEvent) => void;
}

export class TestCluster extends TestWorld {
  readonly chance = this.stream('cluster');
  readonly checker = new Checker(this);
  readonly brokers = BROKERS.map((id) => new Broker(id, this.process(`b${id}`)));
  isFaulty: boolean;
  /** Who cannot talk to whom, `from-to`: brokers by their ids, and `controller`. */
  readonly cut = new Set<string>();
  /** Replicas that began to lead only when their name was free. */
  readonly lateLeaders: string[] = [];
  acked = 0;
  #nextBrokerEpoch = 1;
  #payload = 0;
  #image: Image;
  readonly #registered = new Map<number, { epoch: BrokerEpoch; fenced: boolean }>();

  constructor(seed: number, options: TestClusterOptions = {}) {
    super({ seed });
    this.isFaulty = options.isFaulty ?? true;
    this.world.observe({
      onEvent: (node, _incarnation, _timeUs, event) => {
        options.onEvent?.(Number(node.slice(1)), event as TraceEvent);
        this.checker.onEvent(Number(node.slice(1)), event as TraceEvent);
      },
    });
    for (const id of BROKERS) this.#registered.set(id, { epoch: BrokerEpoch(this.#nextBrokerEpoch++), fenced: false });
    const partition = {
      replicas: BROKERS,
      directories: BROKERS.map(() => 'd'),
      isr: [...BROKERS],
      addingReplicas: [],
      removingReplicas: [],
      leader: 0,
      leaderEpoch: LeaderEpoch(0),
      partitionEpoch: PartitionEpoch(0),
    };
    this.#image = this.#imageOf(0, partition);
    for (const broker of this.brokers) this.#start(broker);
  }

  /** What the controller has committed. */
  get committed(): PartitionView {
    return this.#image.partition;
  }

  override runTo(atMs: number): void {
    while (this.world.kernel.step(micros(atMs))) this.checker.afterStep();
  }

  // --- acts ---

  produce(): void {
    const leader = this.brokers[this.committed.leader];
    const broker =
      leader !== undefined && this.chance.chance(3, 4, 'at the leader') ? leader : this.chance.pick(this.brokers, 'broker');
    if (broker.replicas === null) return;
    this.append(broker.id, `v${this.#payload++}`, this.chance.chance(1, 4, 'acks=1') ? 1 : -1);
  }

  /** A producer sends a record to a broker that is up. */
  append(id: number, value: string, requiredAcks: 1 | -1): void {
    const records = encodeBatch([{ key: null, value: new TextEncoder().encode(value), timestamp: 0 }]);
    this.brokers[id]?.replicas?.append({
      timeoutMs: 200,
      requiredAcks,
      origin: 'client',
      entries: [{ topic: TOPIC, partition: 0, records }],
      done: () => {},
    });
  }

  crash(id: number, isCheckpointed = this.chance.chance(1, 2, 'checkpointed')): void {
    const broker = this.brokers[id] as Broker;
    if (broker.replicas === null) return;
    if (isCheckpointed) broker.logs.checkpointHighWatermarks();
    broker.replicas.close();
    broker.replicas = null;
    broker.fetches = null;
    broker.process.kill();
    broker.logs.crash();
    this.checker.onCrash(id);
  }

  /** Starts and registers anew: the controller fences the old incarnation, and unfences the new one at once. */
  restart(id: number): void {
    const broker = this.brokers[id] as Broker;
    if (broker.replicas !== null) return;
    this.fence(id);
    this.#registered.set(id, { epoch: BrokerEpoch(this.#nextBrokerEpoch++), fenced: false });
    this.#start(broker);
    this.#electIfNeeded();
    this.#publish();
  }

  /** The broker's session ends: out of the ISR, unless it is the last, and off the lead. */
  fence(id: number): void {
    const registered = this.#registered.get(id) as { epoch: BrokerEpoch; fenced: boolean };
    this.#registered.set(id, { ...registered, fenced: true });
    const { partition } = this.#image;
    const isr = partition.isr.length > 1 ? partition.isr.filter((member) => member !== id) : partition.isr;
    const wasLeader = partition.leader === id;
    if (isr.length !== partition.isr.length || wasLeader) {
      this.#image = this.#imageOf(this.#image.version + 1, {
        ...partition,
        isr,
        leader: wasLeader ? -1 : partition.leader,
        leaderEpoch: wasLeader ? LeaderEpoch(partition.leaderEpoch + 1) : partition.leaderEpoch,
        partitionEpoch: PartitionEpoch(partition.partitionEpoch + 1),
      });
    }
    this.#electIfNeeded();
    this.#publish();
  }

  unfence(id: number): void {
    const registered = this.#registered.get(id) as { epoch: BrokerEpoch; fenced: boolean };
    this.#registered.set(id, { ...registered, fenced: false });
    this.#electIfNeeded();
    this.#publish();
  }

  /** Another member of the ISR takes the lead. */
  moveLeader(): void {
    const { partition } = this.#image;
    const candidates = partition.isr.filter((id) => id !== partition.leader && !this.#registered.get(id)?.fenced);
    if (candidates.length > 0) this.#lead(this.chance.pick(candidates, 'leader'));
    this.#publish();
  }

  /** The controller makes this broker the leader. */
  elect(id: number): void {
    this.#lead(id);
    this.#publish();
  }

  heal(): void {
    this.isFaulty = false;
    for (const broker of this.brokers) {
      if (broker.replicas === null) this.restart(broker.id);
      else if (this.#registered.get(broker.id)?.fenced) this.unfence(broker.id);
    }
  }

  // --- the controller ---

  #lead(leader: number): void {
    const { partition } = this.#image;
    this.#image = this.#imageOf(this.#image.version + 1, {
      ...partition,
      leader,
      leaderEpoch: LeaderEpoch(partition.leaderEpoch + 1),
      partitionEpoch: PartitionEpoch(partition.partitionEpoch + 1),
    });
  }

  #electIfNeeded(): void {
    const { partition } = this.#image;
    if (partition.leader !== -1) return;
    const electable = partition.isr.find((id) => !this.#registered.get(id)?.fenced);
    if (electable !== undefined) this.#lead(electable);
  }

  #imageOf(version: number, partition: PartitionView): Image {
    const brokers = new Map<number, BrokerView>();
    for (const [id, { epoch, fenced }] of this.#registered) {
      const endpoints = new Map([['PLAINTEXT', { host: `b${id}`, port: 9092 }]]);
      brokers.set(id, { id, epoch, endpoints, rack: null, fenced, inControlledShutdown: false });
    }
    const topic = { name: TOPIC, id: TOPIC_ID, partitions: new Map([[0, partition]]) };
    const [topicsById, topicIds] = [new Map([[TOPIC_ID, topic]]), new Map([[TOPIC, TOPIC_ID]])];
    return { version, partition, brokers, topicsById, topicIds, features: new Map() };
  }

  /** Every broker learns of the newest image after a while; one that is slow sees several changes as one. */
  #publish(): void {
    this.#image = this.#imageOf(this.#image.version + 1, this.#image.partition);
    for (const broker of this.brokers) this.#deliver(broker);
  }

  #deliver(broker: Broker): void {
    const { incarnation } = broker;
    const image = this.#image;
    this.after(this.isFaulty ? this.chance.between(1, 120, 'image') : 2, () => {
      if (broker.replicas === null || incarnation?.alive !== true || this.cut.has(`controller-${broker.id}`)) return;
      if (broker.appliedImage !== null && broker.appliedImage.version >= image.version) return;
      this.#apply(broker, image);
    });
  }

  #apply(broker: Broker, image: Image): void {
    const hasChanged = broker.appliedImage?.partition !== image.partition;
    broker.appliedImage = image;
    const changed = { name: TOPIC, changedPartitions: new Map([[0, image.partition]]), removedPartitions: new Set<number>() };
    const delta: TopicsDelta = { changedTopics: new Map(hasChanged ? [[TOPIC_ID, changed]] : []), deletedTopicIds: new Set() };
    broker.replicas?.applyDelta(delta, image);
  }

  #alterPartition(from: Broker, request: AlterPartitionRequest): unknown {
    const asked = request.topics[0]?.partitions[0];
    if (asked === undefined) return null;
    const { partition } = this.#image;
    const answer = (errorCode: number) => ({
      errorCode: 0,
      topics: [{ topicId: TOPIC_ID, partitions: [{ partitionIndex: 0, errorCode, ...this.#answerFields() }] }],
    });
    if (this.#registered.get(from.id)?.epoch !== request.brokerEpoch)
      return { errorCode: ErrorCode.STALE_BROKER_EPOCH, topics: [] };
    if (partition.leader !== from.id) return answer(ErrorCode.INVALID_REQUEST);
    if (asked.leaderEpoch !== partition.leaderEpoch) return answer(ErrorCode.FENCED_LEADER_EPOCH);
    if (asked.partitionEpoch !== partition.partitionEpoch) return answer(ErrorCode.INVALID_UPDATE_VERSION);
    const isIneligible = asked.newIsrWithEpochs.some(({ brokerId, brokerEpoch }) => {
      const registered = this.#registered.get(brokerId);
      return registered === undefined || registered.fenced || (brokerEpoch !== -1 && brokerEpoch !== registered.epoch);
    });
    if (isIneligible) return answer(ErrorCode.INELIGIBLE_REPLICA);
    const isr = asked.newIsrWithEpochs.map(({ brokerId }) => brokerId);
    this.#image = this.#imageOf(this.#image.version + 1, {
      ...partition,
      isr,
      partitionEpoch: PartitionEpoch(partition.partitionEpoch + 1),
    });
    this.#publish();
    return answer(ErrorCode.NONE);
  }

  #answerFields() {
    const { leader, leaderEpoch, isr, partitionEpoch } = this.#image.partition;
    return { leaderId: leader, leaderEpoch, isr: [...isr], leaderRecoveryState: 0, partitionEpoch };
  }

  // --- the network ---

  #isLost(): boolean {
    return this.isFaulty && this.chance.chance(1, 40, 'lost');
  }

  #delayMs(): number {
    if (!this.isFaulty) return 1;
    // Some are so late that their sender has given them up and gone on.
    if (this.chance.chance(1, 60, 'late')) return this.chance.between(TIMEOUT_MS, 4 * TIMEOUT_MS, 'late by');
    return this.chance.chance(1, 15, 'slow') ? this.chance.between(50, 400, 'slow by') : this.chance.between(1, 8, 'delay');
  }

  /** One request with its answer; either may be lost, which the sender learns after a time-out. */
  #exchange(
    from: Broker,
    to: string,
    handle: (answer: (response: unknown) => void) => void,
    done: (result: never) => void,
  ): void {
    const { incarnation } = from;
    let isOver = false;
    const finish = (result: unknown) => {
      if (isOver || incarnation?.alive !== true) return;
      isOver = true;
      (done as (result: unknown) => void)(result);
    };
    this.after(TIMEOUT_MS, () => finish({ ok: false, reason: 'timed-out', sent: true }));
    if (this.#isLost() || this.cut.has(`${from.id}-${to}`)) return;
    this.after(this.#delayMs(), () => {
      handle((response) => {
        if (this.#isLost() || this.cut.has(`${to}-${from.id}`)) return;
        this.after(this.#delayMs(), () => finish({ ok: true, response, version: 17 }));
      });
    });
  }

  #handle(target: Broker, api: string, request: unknown, answer: (response: unknown) => void): void {
    const { replicas, fetches } = target;
    if (replicas === null || fetches === null) return;
    if (api === 'Fetch') {
      fetches.handle(complete(request as FetchRequest), 17, 'PLAINTEXT', null, (response) => answer(completeResponse(response)));
      return;
    }
    const { replicaId, topics } = request as ListOffsetsRequest;
    const asked = topics[0]?.partitions[0];
    if (asked === undefined || replicaId < 0) throw new Error('unexpected ListOffsets');
    const { error, offset, timestamp, leaderEpoch } = replicas.listOffsets(
      TOPIC,
      0,
      asked.timestamp,
      LeaderEpoch(asked.currentLeaderEpoch),
      'replica',
    );
    answer({ topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, errorCode: error, offset, timestamp, leaderEpoch }] }] });
  }

  #start(broker: Broker): void {
    broker.epoch = (this.#registered.get(broker.id) as { epoch: BrokerEpoch }).epoch;
    broker.appliedImage = null;
    const env = this.#environment(broker);
    broker.logs.start(env);
    const { incarnation } = broker;
    const image = this.#imageOf(this.#image.version, this.#image.partition);
    broker.replicas = new ReplicaManager(env, {
      brokerId: broker.id,
      brokerEpoch: () => broker.epoch,
      config: CONFIG,
      logs: broker.logs.asLogManager(),
      image: () => image,
      rpc: {
        send: (to, api, request, _, done) => {
          const target = this.brokers[Number(to.id)] as Broker;
          this.#exchange(broker, to.id, (answer) => this.#handle(target, api, request, answer), done as (result: never) => void);
        },
      },
      interBrokerListener: 'PLAINTEXT',
      onDirectoryUnknown: () => {},
      onLateLeader: (topic, partition, leaderEpoch) =>
        void this.lateLeaders.push(`${topic}-${partition} in epoch ${leaderEpoch}`),
      toController: {
        send: (_, request, done) => {
          this.#exchange(
            broker,
            'controller',
            (answer) => answer(this.#alterPartition(broker, request as unknown as AlterPartitionRequest)),
            (result: object) => done({ ...result, unanswered: 0 } as never),
          );
        },
      },
      topicSettings: () => ({ 'min.insync.replicas': MIN_ISR }),
    });
    broker.fetches = new FetchHandler(env, broker.replicas, CONFIG);
    if (incarnation?.alive !== true) throw new Error('a broker died while it was being built');
    this.#apply(broker, image);
  }

  #environment(broker: Broker): Environment {
    const env = this.environment(broker.process.name);
    const sometimes = () => this.isFaulty && this.chance.chance(1, 10, 'sometimes');
    const halt = (reason: string) => {
      throw new Error(reason);
    };
    return { ...env, random: { ...env.random, sometimes }, halt };
  }

  logOf(id: number) {
    return (this.brokers[id] as Broker).logs.logs.get(KEY);
  }

  partitionOf(id: number) {
    return (this.brokers[id] as Broker).replicas?.partition(KEY);
  }
}

/** What the codec does: absent fields get their defaults. */
function complete(request: FetchRequest): FetchRequest {
  return { ...request, isolationLevel: 0, rackId: '', replicaId: -1 };
}

function completeResponse(response: unknown): unknown {
  const { responses, ...rest } = response as { responses: { partitions: object[] }[] };
  const withDefaults = { divergingEpoch: { epoch: -1, endOffset: -1 }, topicId: ZERO_UUID };
  return {
    ...rest,
    responses: responses.map((topic) => ({ ...topic, partitions: topic.partitions.map((p) => ({ ...withDefaults, ...p })) })),
  };
}
