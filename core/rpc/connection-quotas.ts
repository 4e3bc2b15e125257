/**
 * How many connections a server takes. Beyond `max.connections` they wait, in the order they came, until others end; beyond
 * `max.connections.per.ip` they are closed at once.
 */
import { type BrokerConfig, hostCounts } from '../config/index.ts';

/** Read anew each time, since these may change while the server runs. */
export type ConnectionLimits = Pick<
  BrokerConfig,
  'max.connections' | 'max.connections.per.ip' | 'max.connections.per.ip.overrides'
>;

export class ConnectionQuotas {
  readonly #limits: ConnectionLimits;
  readonly #counts = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get hasSlot(): boolean {
    return this.#total < this.#limits['max.connections'];
  }

  /** Counts a connection from `host`, unless that host has as many as it may. */
  admit(host: string): boolean {
    const count = this.#counts.get(host) ?? 0;
    if (count >= this.#limitOf(host)) return false;
    this.#counts.set(host, count + 1);
    this.#total++;
    return true;
  }

  /** A connection that was admitted has ended. */
  release(host: string): void {
    const left = (this.#counts.get(host) ?? 0) - 1;
    if (left > 0) this.#counts.set(host, left);
    else this.#counts.delete(host);
    this.#total--;
  }

  #limitOf(host: string): number {
    const overrides = this.#limits['max.connections.per.ip.overrides'];
    const own = overrides === '' ? undefined : hostCounts(overrides)?.get(host);
    return own ?? this.#limits['max.connections.per.ip'];
  }
}
