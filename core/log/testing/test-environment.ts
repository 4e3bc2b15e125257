/** A machine for tests: memory disk, hand-driven time, no chance, every trace event kept. */
import type { Clock, Timer, Timers } from '../../../ports/time.ts';
import type { Compression } from '../../../ports/compression.ts';
import type { Environment, Tracer } from '../../environment.ts';
import type { Network } from '../../../ports/network.ts';
import type { Random, RandomStream } from '../../../ports/random.ts';
import { pureCompression } from '../../protocol/compression.ts';
import type { TraceEvent, TraceEventOf, TraceEventType } from '../../trace.ts';
import { MemoryDisk } from './memory-disk.ts';

export class TestEnvironment implements Environment {
  readonly nodeName = 'b1';
  readonly host = 'b1';
  readonly disk: MemoryDisk;
  readonly events: TraceEvent[] = [];
  nowMs = 1_700_000_000_000;
  halted: string | null = null;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(disk = new MemoryDisk()) {
    this.disk = disk;
  }

  readonly clock: Clock = { wallMs: () => this.nowMs, monotonicMs: () => this.nowMs };

  readonly timers: Timers = {
    after: (delayMs: number, callback: () => void): Timer => {
      const timer = { at: this.nowMs + delayMs, callback };
      this.#timers.push(timer);
      return {
        cancel: () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        },
      };
    },
  };

  compression: Compression = pureCompression;

  readonly tracer: Tracer = { emit: (event) => void this.events.push(event) };

  readonly random: Random = { stream: () => LOWEST, sometimes: () => false };

  get network(): Network {
    throw new Error('no network here');
  }

  halt(reason: string): void {
    this.halted = reason;
  }

  /** Runs everything due within `ms`, syncs included. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    this.disk.completeSyncs();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = Math.max(this.nowMs, next.at);
      next.callback();
      this.disk.completeSyncs();
    }
    this.nowMs = end;
  }

  eventsOf<T extends TraceEventType>(type: T): TraceEventOf<T>[] {
    return this.events.filter((event): event is TraceEventOf<T> => event.type === type);
  }
}

const LOWEST: RandomStream = {
  below: () => 0,
  between: (min) => min,
  chance: () => false,
  pick: (items) => items[0] as never,
};
