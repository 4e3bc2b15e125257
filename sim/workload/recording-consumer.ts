/** A consumer whose operations, and what its application was given, are written to the history. */
import type { ApiRanges } from '../../core/rpc/api-versions.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import { Consumer, type ConsumerRecord, type GroupMetadata } from '../../core/client/consumer/consumer.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { type ClientConfigName, CONSUMER_CONFIG, numberGiven, type GivenConfigs } from '../../core/config/index.ts';
import { utf8 } from '../../core/client/serializers.ts';
import type { Completion, Invocation, PartitionOffset, ReadRecord, Session } from '../history.ts';
import type { Recorder } from './recorder.ts';
import { nameOf } from './tombstone.ts';

export interface Partition {
  readonly topic: string;
  readonly partition: number;
}

export type Record_ = ConsumerRecord<string | null, string | null>;

/** What an application does before it polls again after an error. */
const FAILED_POLL_MS = 100;

export class RecordingConsumer {
  readonly #recorder: Recorder;
  readonly #consumer: Consumer<string | null, string | null>;
  readonly session: Session;
  readonly #env: ClientEnvironment;
  readonly #maxPollIntervalMs: number;
  /** Topics of the current subscription. */
  subscription: readonly string[] = [];
  #closed = false;
  #pollError: string | null = null;
  #isClosing = false;
  #assignedAs: GroupMetadata | null = null;
  #commitsUnderWay = 0;
  #pollsUnderWay = 0;
  #callsUnderWay = 0;
  /** When it was last polled, later by all the time that the application has waited for other calls since. */
  #polledAtMs: number;

  constructor(
    env: ClientEnvironment,
    recorder: Recorder,
    incarnation: number,
    properties: GivenConfigs<ClientConfigName>,
    apis?: ApiRanges,
  ) {
    this.#recorder = recorder;
    this.#env = env;
    this.#maxPollIntervalMs = numberGiven(CONSUMER_CONFIG, properties, 'max.poll.interval.ms');
    this.#polledAtMs = env.clock.monotonicMs();
    this.#consumer = new Consumer(
      env,
      { ...properties },
      { keyDeserializer: utf8.deserialize, valueDeserializer: utf8.deserialize, apis },
    );
    this.session = recorder.open(env.nodeName, incarnation, 'consumer', properties);
  }

  /**
   * As whom it was last given an assignment: a generation that the coordinator has written down (one that members have merely
   * joined may be gone with the coordinator, and the one before it be valid again).
   */
  get assignedAs(): GroupMetadata | null {
    return this.#assignedAs;
  }

  /** Who it is in its group now: what a transaction commits offsets as (KIP-447). */
  groupMetadata(): GroupMetadata {
    return this.#consumer.groupMetadata();
  }

  /** What it reads now, assigned by hand or by its group. */
  get assignment(): readonly Partition[] {
    return this.#consumer.assignment;
  }

  /** Where the next poll goes on in a partition that it reads; null: not known yet. */
  position(topic: string, partition: number): number | null {
    const found = this.#consumer.positions().find((each) => each.topic === topic && each.partition === partition);
    return found?.offset ?? null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How long ago the application last polled it, or made it, leaving out the time in which it waited for other calls; 0 during a poll. */
  get polledMsAgo(): number {
    return this.#pollsUnderWay > 0 ? 0 : this.#env.clock.monotonicMs() - this.#polledAtMs;
  }

  /** What the last poll that has ended failed with, by Kafka's name; null: it did not. */
  get pollError(): string | null {
    return this.#pollError;
  }

  /** The application waits for the end of `close`, which may commit and leave a group for as long as its time-out allows. */
  get isClosing(): boolean {
    return this.#isClosing && !this.#closed;
  }

  /** The application has given it up: it has not polled for so long that a group counts a member as gone (max.poll.interval.ms). */
  get isIdle(): boolean {
    return !this.isClosing && this.#callsUnderWay === 0 && this.polledMsAgo > this.#maxPollIntervalMs;
  }

  subscribe(topics: readonly string[]): void {
    this.subscription = topics;
    const call: Invocation = { f: 'subscribe', topics };
    const op = this.#recorder.invoke(this.session, call);
    this.#consumer.subscribe([...topics], {
      onPartitionsAssigned: (partitions) => {
        this.#assignedAs = this.#consumer.groupMetadata();
        this.#recorder.membership(this.session, 'assigned', partitions, this.#generation());
      },
      onPartitionsRevoked: (partitions) => this.#recorder.membership(this.session, 'revoked', partitions, this.#generation()),
      onPartitionsLost: (partitions) => this.#recorder.membership(this.session, 'lost', partitions, this.#generation()),
    });
    this.#recorder.ok(this.session, op, call, { f: 'subscribe' });
  }

  /** Not in the history: what it changes is told by the listener. */
  enforceRebalance(): void {
    this.#consumer.enforceRebalance();
  }

  assign(partitions: readonly Partition[]): void {
    const call: Invocation = { f: 'assign', partitions };
    const op = this.#recorder.invoke(this.session, call);
    this.#consumer.assign([...partitions]);
    this.#recorder.ok(this.session, op, call, { f: 'assign' });
  }

  /**
   * Records of one poll; an error of the poll is recorded and gives an empty list, after a while: one that comes again at once (a batch
   * with a wrong checksum) would leave an application that polls on at one instant for ever.
   */
  async poll(timeoutMs: number): Promise<readonly Record_[]> {
    const call: Invocation = { f: 'poll' };
    const op = this.#recorder.invoke(this.session, call);
    this.#pollsUnderWay++;
    try {
      const records = await this.#consumer.poll(timeoutMs);
      this.#recorder.ok(this.session, op, call, {
        f: 'poll',
        records: records.map(readRecord),
        positions: this.#consumer.positions(),
      });
      this.#pollError = null;
      return records;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#recorder.fail(this.session, op, call, false, error.errorName);
      this.#pollError = error.errorName;
      await new Promise<void>((resolve) => {
        this.#env.timers.after(FAILED_POLL_MS, resolve);
      });
      return [];
    } finally {
      this.#pollsUnderWay--;
      this.#polledAtMs = this.#env.clock.monotonicMs();
    }
  }

  /** The application is done with these records, in this order. */
  processed(records: readonly Record_[]): void {
    if (records.length > 0) this.#recorder.processed(this.session, records.map(readRecord));
  }

  /** Commits the given offsets, or what was polled. True if the group coordinator said yes. */
  async commitSync(offsets?: readonly PartitionOffset[]): Promise<boolean> {
    return this.#run(this.#commit('sync', offsets), async () => {
      const committed = await this.#consumer.commitSync(offsets);
      return { f: 'commit', offsets: committed };
    });
  }

  /** Asynchronous commits that are not answered yet. */
  get commitsUnderWay(): number {
    return this.#commitsUnderWay;
  }

  commitAsync(offsets?: readonly PartitionOffset[]): void {
    const call = this.#commit('async', offsets);
    const op = this.#recorder.invoke(this.session, call);
    this.#commitsUnderWay++;
    this.#consumer.commitAsync(offsets, (committed, error) => {
      this.#commitsUnderWay--;
      if (error === null) this.#recorder.ok(this.session, op, call, { f: 'commit', offsets: committed });
      else this.#recorder.fail(this.session, op, call, error.definite, error.errorName);
    });
  }

  #commit(mode: 'sync' | 'async', offsets: readonly PartitionOffset[] | undefined): Invocation {
    if (offsets !== undefined) return { f: 'commit', mode, offsets };
    return { f: 'commit', mode, offsets: null, positions: this.#consumer.positions() };
  }

  seek(topic: string, partition: number, offset: number): void {
    const call: Invocation = { f: 'seek', topic, partition, offset };
    const op = this.#recorder.invoke(this.session, call);
    this.#consumer.seek({ topic, partition }, offset);
    this.#recorder.ok(this.session, op, call, { f: 'seek' });
  }

  async committed(partitions: readonly Partition[]): Promise<readonly PartitionOffset[] | null> {
    let answer: readonly PartitionOffset[] | null = null;
    await this.#run({ f: 'committed', partitions }, async () => {
      answer = await this.#consumer.committed([...partitions]);
      return { f: 'committed', offsets: answer };
    });
    return answer;
  }

  async endOffset(topic: string, partition: number): Promise<number | null> {
    let answer: number | null = null;
    await this.#run({ f: 'list-offsets', topic, partition, at: 'latest' }, async () => {
      const found = (await this.#consumer.endOffsets([{ topic, partition }]))[0];
      answer = found?.offset ?? null;
      return { f: 'list-offsets', offset: found?.offset ?? -1, leaderEpoch: found?.leaderEpoch ?? -1 };
    });
    return answer;
  }

  async beginningOffset(topic: string, partition: number): Promise<number | null> {
    let answer: number | null = null;
    await this.#run({ f: 'list-offsets', topic, partition, at: 'earliest' }, async () => {
      const found = (await this.#consumer.beginningOffsets([{ topic, partition }]))[0];
      answer = found?.offset ?? null;
      return { f: 'list-offsets', offset: found?.offset ?? -1, leaderEpoch: found?.leaderEpoch ?? -1 };
    });
    return answer;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#consumer.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#recorder.end(this.session, 'closed');
  }

  #generation(): number {
    return this.#consumer.groupMetadata().generationId;
  }

  async #run(call: Invocation, act: () => Promise<Completion>): Promise<boolean> {
    const op = this.#recorder.invoke(this.session, call);
    const begunAtMs = this.#env.clock.monotonicMs();
    this.#callsUnderWay++;
    try {
      this.#recorder.ok(this.session, op, call, await act());
      return true;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#recorder.fail(this.session, op, call, error.definite, error.errorName);
      return false;
    } finally {
      this.#callsUnderWay--;
      this.#polledAtMs += this.#env.clock.monotonicMs() - begunAtMs;
    }
  }
}

function readRecord(record: Record_): ReadRecord {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    topicId: record.topicId,
    leaderEpoch: record.leaderEpoch,
    value: nameOf(record),
  };
}
