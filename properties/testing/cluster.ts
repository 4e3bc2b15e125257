/** A scripted cluster for tests of the inner checkers: short words for the events of one partition, `orders-0`. */
import type { TraceEventOf } from '../../core/trace.ts';
import type { BrokerRegistrationSummary, PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import type { PropertyDefinition } from '../../sim/observe.ts';
import { type TestBatch, testBatch } from './batch.ts';
import { FakeContext, fakePlan } from './fake-context.ts';
import { metadataApplied, registered } from './registration.ts';

export const PARTITION = 'orders-0';
export const TOPIC_ID = 'topic-id-of-orders-aaa';

export class ScriptedCluster {
  readonly context: FakeContext;
  #offset = 0;
  #state: PartitionRegistrationSummary = registered('orders', 0, { topicId: TOPIC_ID });

  constructor(definitions: readonly PropertyDefinition[] = [], plan = fakePlan()) {
    this.context = new FakeContext(plan);
    for (const definition of definitions) this.context.check(definition);
    for (const node of [1, 2, 3]) this.load(node, []);
  }

  /** Ids of what was violated, each once, sorted. */
  get violated(): string[] {
    return this.context.violatedProperties;
  }

  load(node: number, batches: readonly TestBatch[], extra: Partial<TraceEventOf<'log-loaded'>> = {}): void {
    const summaries = batches.map(({ base, epoch, crc, count = 1 }) => ({
      baseOffset: base,
      lastOffset: base + count - 1,
      leaderEpoch: epoch,
      crc,
    }));
    const epochs: { epoch: number; startOffset: number }[] = [];
    for (const { leaderEpoch, baseOffset } of summaries) {
      if (epochs.at(-1)?.epoch !== leaderEpoch) epochs.push({ epoch: leaderEpoch, startOffset: baseOffset });
    }
    const end = (summaries.at(-1)?.lastOffset ?? -1) + 1;
    this.context.emit(node, {
      type: 'log-loaded',
      partition: PARTITION,
      topicId: TOPIC_ID,
      logStartOffset: 0,
      logEndOffset: end,
      recoveryPoint: 0,
      clean: false,
      batches: summaries,
      epochs,
      ...extra,
    });
  }

  append(node: number, role: 'leader' | 'follower', batch: TestBatch): void {
    const { base, epoch, count = 1 } = batch;
    this.context.emit(node, {
      type: 'log-appended',
      partition: PARTITION,
      role,
      baseOffset: base,
      lastOffset: base + count - 1,
      leaderEpoch: epoch,
      batch: testBatch(batch),
    });
  }

  truncate(node: number, from: number, to: number, reason = 'diverging-epoch'): void {
    this.context.emit(node, { type: 'log-truncated', partition: PARTITION, from, to, reason });
  }

  highWatermark(node: number, from: number, to: number, extra: Partial<TraceEventOf<'high-watermark-advanced'>> = {}): void {
    const { isr, leader, leaderEpoch } = this.#state;
    this.context.emit(node, {
      type: 'high-watermark-advanced',
      partition: PARTITION,
      role: node === leader ? 'leader' : 'follower',
      leaderEpoch,
      from,
      to,
      isr,
      maximalIsr: isr,
      ...extra,
    });
  }

  ack(node: number, offset: number, extra: Partial<TraceEventOf<'produce-acked'>> = {}): void {
    this.context.emit(node, {
      type: 'produce-acked',
      partition: PARTITION,
      acks: -1,
      leaderEpoch: this.#state.leaderEpoch,
      appendEpoch: -1,
      baseOffset: offset,
      lastOffset: offset,
      highWatermark: offset + 1,
      maximalIsrSize: this.#state.isr.length,
      minIsr: 2,
      ...extra,
    });
  }

  lead(node: number, epoch: number, logEndOffset: number, highWatermark = 0): void {
    const { isr, replicas, partitionEpoch } = this.#state;
    this.context.emit(node, {
      type: 'became-leader',
      partition: PARTITION,
      topicId: TOPIC_ID,
      leaderEpoch: epoch,
      partitionEpoch,
      isr,
      replicas,
      logStartOffset: 0,
      logEndOffset,
      highWatermark,
    });
  }

  follow(node: number, leader: number, epoch: number, logEndOffset = 0): void {
    this.context.emit(node, {
      type: 'became-follower',
      partition: PARTITION,
      topicId: TOPIC_ID,
      leaderEpoch: epoch,
      leader,
      logEndOffset,
      highWatermark: 0,
    });
  }

  /** The controller commits a state of the partition; node 1001 publishes it. */
  commit(
    change: Partial<PartitionRegistrationSummary>,
    brokers: readonly BrokerRegistrationSummary[] = [],
    configs: TraceEventOf<'metadata-applied'>['configs'] = [],
  ): void {
    const isFirst = this.#offset === 0;
    this.#state = { ...this.#state, partitionEpoch: this.#state.partitionEpoch + (isFirst ? 0 : 1), ...change };
    this.applied(1001, { partitions: [this.#state], brokers, configs });
  }

  /** The last one that a node has published. */
  get metadataOffset(): number {
    return this.#offset;
  }

  /** A node publishes the next metadata offset. */
  applied(node: number, extra: Partial<TraceEventOf<'metadata-applied'>>): void {
    this.#offset += 1;
    const role = node > 1000 ? 'controller' : 'broker';
    this.context.emit(node, metadataApplied(this.#offset, { role, ...extra }));
  }

  /** All three brokers registered and unfenced, node 1 leads epoch 0, the others follow. */
  boot(): void {
    const broker = (brokerId: number) => ({
      brokerId,
      brokerEpoch: 1,
      incarnationId: `i${brokerId}`,
      fenced: true,
      inControlledShutdown: false,
    });
    this.applied(1001, { brokers: [broker(1), broker(2), broker(3)] });
    for (const id of [1, 2, 3])
      this.context.emit(id, metadataApplied(1, { role: 'broker', brokers: [broker(1), broker(2), broker(3)] }));
    const unfenced = [1, 2, 3].map((id) => ({ ...broker(id), fenced: false }));
    this.commit({ partitionEpoch: 0 }, unfenced);
    for (const id of [1, 2, 3])
      this.context.emit(id, metadataApplied(2, { role: 'broker', partitions: [this.#state], brokers: unfenced }));
    this.lead(1, 0, 0);
    this.follow(2, 1, 0);
    this.follow(3, 1, 0);
  }

  /** A batch written by leader 1 and copied to these followers. */
  replicate(batch: TestBatch, leader: number, ...followers: readonly number[]): void {
    this.append(leader, 'leader', batch);
    for (const follower of followers) this.append(follower, 'follower', batch);
  }
}
