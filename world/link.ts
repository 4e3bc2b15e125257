/**
 * One direction between two processes. Model:
 * - A chunk takes base latency + a long-tailed jitter drawn per chunk from the stream `network/<from>-<to>` + size /
 *   bandwidth; chunks of a link queue up behind each other for the bandwidth.
 * - Faults multiply the latency, divide the bandwidth, cut the link, or make it flaky or split chunks. They add up, and each
 *   is taken back by itself.
 */
import type { RandomStream } from '../ports/random.ts';
import type { Micros } from '../ports/time.ts';
import { longTail } from './chance.ts';
import type { Direction } from './direction.ts';

/** How fast the network is, and how patient TCP. */
export interface NetworkOptions {
  /** Least one-way latency between two machines. */
  readonly baseLatencyUs: Micros;
  /** Scale of the jitter: half of all chunks get less than this on top, one in 4,096 more than 200 times this. */
  readonly jitterUs: Micros;
  /** One-way latency within a machine. */
  readonly loopbackUs: Micros;
  /** 125 bytes/µs is 1 Gbit/s. */
  readonly bytesPerUs: number;
  /** A send returns false when more than this waits in the sender. */
  readonly sendBufferBytes: number;
  /** At most this is under way, or received and not yet read, per direction. */
  readonly windowBytes: number;
  /** How long a connect is tried without an answer. */
  readonly connectTimeoutUs: Micros;
  /** After a cut heals, or a machine is back, what was queued is sent again after a time drawn from this range. */
  readonly retransmitMinUs: Micros;
  readonly retransmitMaxUs: Micros;
  /** TCP gives a connection up when bytes were not acknowledged for a time drawn from this range. */
  readonly giveUpMinUs: Micros;
  readonly giveUpMaxUs: Micros;
}

/** A network of which nothing else is said: that of a data centre. */
export const NETWORK_DEFAULTS: NetworkOptions = {
  baseLatencyUs: 150,
  jitterUs: 60,
  loopbackUs: 20,
  bytesPerUs: 125,
  sendBufferBytes: 256 * 1024,
  windowBytes: 1024 * 1024,
  connectTimeoutUs: 127_000_000,
  retransmitMinUs: 20_000,
  retransmitMaxUs: 3_000_000,
  giveUpMinUs: 60_000_000,
  giveUpMaxUs: 900_000_000,
};

export class Link {
  readonly from: string;
  readonly to: string;
  readonly stream: RandomStream;
  /** Live connections' directions over this link, in the order they were opened. */
  readonly directions = new Set<Direction>();
  /** Number of cuts that lie on it. */
  cuts = 0;
  latencyFactor = 1;
  bandwidthDivisor = 1;
  /** Chance that a chunk sent resets its connection, per million. */
  flakyPerMillion = 0;
  /** Chance that a chunk is delivered in pieces, per thousand. */
  splitPerThousand = 0;
  readonly #baseUs: Micros;
  readonly #jitterUs: Micros;
  readonly #bytesPerUs: number;
  #freeAt: Micros = 0;

  constructor(from: string, to: string, stream: RandomStream, options: NetworkOptions, loopback: boolean) {
    this.from = from;
    this.to = to;
    this.stream = stream;
    this.#baseUs = Math.max(1, loopback ? options.loopbackUs : options.baseLatencyUs);
    this.#jitterUs = loopback ? Math.max(1, options.loopbackUs >> 2) : options.jitterUs;
    this.#bytesPerUs = options.bytesPerUs;
  }

  /** One way for a packet without content, µs. */
  latency(label: string): Micros {
    return (this.#baseUs + longTail(this.stream, this.#jitterUs, label)) * this.latencyFactor;
  }

  /** The link got faster: what queued up behind slow chunks no longer holds it. */
  release(now: Micros): void {
    if (this.#freeAt > now) this.#freeAt = now;
  }

  /** Sends a chunk off now: when it arrives, µs of virtual time. */
  transit(now: Micros, bytes: number): Micros {
    const start = this.#freeAt > now ? this.#freeAt : now;
    const done = start + Math.floor((bytes * this.bandwidthDivisor) / this.#bytesPerUs);
    this.#freeAt = done;
    return done + this.latency('latency');
  }
}
