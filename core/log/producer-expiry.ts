/** Forgets, from time to time, the producers of a log that have been silent for producer.id.expiration.ms. */
import type { Timer } from '../../ports/time.ts';
import type { LogContext } from './log-context.ts';
import type { ProducerState } from './producer-state.ts';

const TEN_MINUTES_MS = 600_000;

export class ProducerExpiry {
  readonly #context: LogContext;
  readonly #producers: ProducerState;
  readonly #checkMs: number;
  #timer: Timer;

  constructor(context: LogContext, producers: ProducerState, checkMs = TEN_MINUTES_MS) {
    this.#context = context;
    this.#producers = producers;
    this.#checkMs = checkMs;
    this.#timer = this.#schedule();
  }

  close(): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    const { env, partition, producerExpirationMs } = this.#context;
    const checkMs = env.random.sometimes('log/early-producer-check') ? Math.floor(this.#checkMs / 10) : this.#checkMs;
    return env.timers.after(checkMs, () => {
      const producerIds = this.#producers.removeExpired(env.clock.wallMs(), producerExpirationMs());
      if (producerIds.length > 0) env.tracer.emit({ type: 'producers-expired', partition, producerIds });
      this.#timer = this.#schedule();
    });
  }
}
