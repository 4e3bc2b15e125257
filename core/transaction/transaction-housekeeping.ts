/** What the coordinator does by itself, now and then: transactions that are open for too long are aborted, ids that nobody uses forgotten. */
import type { Timer } from '../../ports/time.ts';
import type { TransactionServices } from './services.ts';
import type { TransactionEnding } from './transaction-ending.ts';
import type { TransactionMetadata } from './transaction-metadata.ts';
import { isIdle } from './transaction-state.ts';
import type { Transition } from './transaction-state-manager.ts';
import type { TransactionShard } from './transactions.ts';

/** A time-out that stands for none (two-phase commit in Kafka's log). */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** A batch of tombstones takes no more of the ids that expire. */
const MAX_TOMBSTONE_BYTES = 16_384;
const TOMBSTONE_OVERHEAD_BYTES = 40;

export class TransactionHousekeeping {
  readonly #services: TransactionServices;
  readonly #ending: TransactionEnding;
  readonly #shards: () => Iterable<TransactionShard>;
  #timeouts: Timer | null = null;
  #expiry: Timer | null = null;

  /** `shards`: those that are loaded. */
  constructor(services: TransactionServices, ending: TransactionEnding, shards: () => Iterable<TransactionShard>) {
    this.#services = services;
    this.#ending = ending;
    this.#shards = shards;
  }

  start(): void {
    this.#scheduleTimeouts();
    this.#scheduleExpiry();
  }

  stop(): void {
    this.#timeouts?.cancel();
    this.#expiry?.cancel();
  }

  #scheduleTimeouts(): void {
    const { env, config } = this.#services;
    const intervalMs = config['transaction.abort.timed.out.transaction.cleanup.interval.ms'];
    const delayMs = env.random.sometimes('transaction/early-timeout-check') ? Math.ceil(intervalMs / 10) : intervalMs;
    this.#timeouts = env.timers.after(delayMs, () => {
      for (const shard of [...this.#shards()]) {
        for (const metadata of [...shard.state.values()]) this.#abortIfTimedOut(shard, metadata);
      }
      this.#scheduleTimeouts();
    });
  }

  #abortIfTimedOut(shard: TransactionShard, metadata: TransactionMetadata): void {
    const { clock, tracer } = this.#services.env;
    const { state, startMs, timeoutMs, producerId, producerEpoch } = metadata.current;
    if (state !== 'Ongoing' || metadata.pendingState !== null || timeoutMs === NO_TIMEOUT_MS) return;
    const openMs = clock.wallMs() - startMs;
    if (openMs <= timeoutMs) return;
    const { transactionalId } = metadata;
    tracer.emit({ type: 'transaction-timed-out', transactionalId, producerId, producerEpoch, openMs, timeoutMs });
    this.#ending.fenceAndAbort(shard, metadata, 'timed-out', () => undefined);
  }

  #scheduleExpiry(): void {
    const { env, config } = this.#services;
    const intervalMs = config['transaction.remove.expired.transaction.cleanup.interval.ms'];
    const delayMs = env.random.sometimes('transaction/early-expiry') ? Math.ceil(intervalMs / 10) : intervalMs;
    this.#expiry = env.timers.after(delayMs, () => {
      for (const shard of [...this.#shards()]) this.#expire(shard);
      this.#scheduleExpiry();
    });
  }

  #expire(shard: TransactionShard): void {
    const { env, config, states } = this.#services;
    const updatedBeforeMs = env.clock.wallMs() - config['transactional.id.expiration.ms'];
    let batch: Transition[] = [];
    let sizeBytes = 0;
    const flush = (): void => {
      states.appendTombstones(batch);
      batch = [];
      sizeBytes = 0;
    };
    for (const metadata of [...shard.state.values()]) {
      const { state, lastUpdateMs } = metadata.current;
      if (metadata.pendingState !== null || !isIdle(state) || lastUpdateMs > updatedBeforeMs) continue;
      const ownBytes = metadata.transactionalId.length + TOMBSTONE_OVERHEAD_BYTES;
      if (batch.length > 0 && sizeBytes + ownBytes > MAX_TOMBSTONE_BYTES) flush();
      batch.push({ shard, metadata, next: metadata.prepareDead(), reason: 'expired' });
      sizeBytes += ownBytes;
    }
    flush();
  }
}
