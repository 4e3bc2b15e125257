/**
 * A tiny deterministic world for unit tests: named environments without disks, one clock, a network with a fixed latency. Time
 * moves only in `run`. Connections are whole-chunk: what one `send` wrote arrives as one chunk.
 */
import type { ClientEnvironment } from '../../environment.ts';
import type { CloseReason, Connection, ConnectionHandlers, Listener } from '../../../ports/network.ts';
import type { Random, RandomStream } from '../../../ports/random.ts';
import type { Timer } from '../../../ports/time.ts';
import { pureCompression } from '../../protocol/compression.ts';
import { invariant } from '../../../ports/invariant.ts';
import type { TraceEvent } from '../../trace.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  cancelled: boolean;
  readonly run: () => void;
}

export class FakeWorld {
  nowMs = 0;
  /** What every environment emitted, in order. */
  readonly trace: { readonly atMs: number; readonly node: string; readonly event: TraceEvent }[] = [];
  readonly latencyMs: number;
  readonly #events: Event[] = [];
  #order = 0;
  readonly #listeners = new Map<string, (connection: Connection) => ConnectionHandlers>();
  readonly #pipes: Pipe[] = [];
  readonly #cutPairs = new Set<string>();
  /** Hosts whose connects get no answer at all, instead of a refusal. */
  readonly silent = new Set<string>();
  #nextPort = 40_000;

  constructor(options: { readonly latencyMs?: number } = {}) {
    this.latencyMs = options.latencyMs ?? 0;
  }

  /** An environment; its host is its name. */
  environment(name: string): ClientEnvironment {
    const clock = { wallMs: () => 1_700_000_000_000 + this.nowMs, monotonicMs: () => this.nowMs };
    return {
      nodeName: name,
      host: name,
      clock,
      timers: { after: (delayMs, callback) => this.after(delayMs, callback) },
      network: {
        connect: (host, port, handlers) => this.#connect(name, host, port, handlers),
        listen: (port, accept) => this.#listen(name, port, accept),
      },
      random: fakeRandom(),
      compression: pureCompression,
      tracer: { emit: (event) => this.trace.push({ atMs: this.nowMs, node: name, event }) },
    };
  }

  /** Runs `callback` in an event of its own, after what is already due then. */
  after(delayMs: number, callback: () => void): Timer {
    invariant(Number.isInteger(delayMs) && delayMs >= 0, () => `timer of ${delayMs} ms`);
    const event: Event = { atMs: this.nowMs + delayMs, order: this.#order++, cancelled: false, run: callback };
    this.#events.push(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  /** Runs everything that is due up to and including `untilMs`, and leaves the clock there. */
  run(untilMs: number): void {
    for (let steps = 0; ; steps++) {
      invariant(steps < 1_000_000, () => 'the world does not come to rest');
      let next = -1;
      for (let i = 0; i < this.#events.length; i++) {
        const event = this.#events[i] as Event;
        const best = this.#events[next];
        if (event.atMs > untilMs) continue;
        if (best === undefined || event.atMs < best.atMs || (event.atMs === best.atMs && event.order < best.order)) next = i;
      }
      if (next < 0) break;
      const [event] = this.#events.splice(next, 1) as [Event];
      if (event.cancelled) continue;
      this.nowMs = event.atMs;
      event.run();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Silently drops everything between two hosts, both ways, until `heal`. Connections stay open. */
  cut(a: string, b: string): void {
    this.#cutPairs.add(`${a}|${b}`).add(`${b}|${a}`);
  }

  heal(a: string, b: string): void {
    this.#cutPairs.delete(`${a}|${b}`);
    this.#cutPairs.delete(`${b}|${a}`);
  }

  /** Resets every connection of a host and closes its listeners, as when its process dies. */
  kill(host: string): void {
    for (const key of [...this.#listeners.keys()]) if (key.startsWith(`${host}:`)) this.#listeners.delete(key);
    for (const pipe of this.#pipes) if (pipe.hosts.includes(host)) pipe.reset();
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#pipes.filter((pipe) => pipe.open).length;
  }

  isCut(a: string, b: string): boolean {
    return this.#cutPairs.has(`${a}|${b}`);
  }

  #listen(host: string, port: number, accept: (connection: Connection) => ConnectionHandlers): Listener {
    const key = `${host}:${port}`;
    invariant(!this.#listeners.has(key), () => `${key} is taken`);
    this.#listeners.set(key, accept);
    return { close: () => this.#listeners.delete(key) };
  }

  #connect(from: string, host: string, port: number, handlers: ConnectionHandlers): Connection {
    const pipe = new Pipe(this, [from, host], [this.#nextPort++, port]);
    this.#pipes.push(pipe);
    pipe.ends[0].handlers = handlers;
    this.after(this.latencyMs, () => {
      if (!pipe.open || this.silent.has(host) || this.isCut(from, host)) return;
      const accept = this.#listeners.get(`${host}:${port}`);
      if (accept === undefined) {
        pipe.ends[0].closeWith('refused');
        return;
      }
      pipe.ends[1].handlers = accept(pipe.ends[1]);
      pipe.accepted();
    });
    return pipe.ends[0];
  }
}

/** Both ends of a connection. */
class Pipe {
  readonly world: FakeWorld;
  readonly hosts: readonly [string, string];
  readonly ends: readonly [End, End];
  connected = false;

  constructor(world: FakeWorld, hosts: readonly [string, string], ports: readonly [number, number]) {
    this.world = world;
    this.hosts = hosts;
    this.ends = [new End(this, hosts[1], ports[1], 1), new End(this, hosts[0], ports[0], 0)];
  }

  get open(): boolean {
    return !this.ends[0].ended && !this.ends[1].ended;
  }

  accepted(): void {
    this.connected = true;
    this.world.after(this.world.latencyMs, () => {
      if (this.ends[0].ended) return;
      this.ends[0].handlers?.onOpen?.();
      this.ends[0].flush();
    });
  }

  reset(): void {
    for (const end of this.ends) end.closeWith('reset');
  }
}

class End implements Connection {
  readonly remoteHost: string;
  readonly remotePort: number;
  handlers: ConnectionHandlers | null = null;
  ended = false;
  /** Set it to make `send` say that the buffer is full; `drain` takes it back. */
  full = false;
  readonly #pipe: Pipe;
  readonly #other: 0 | 1;
  #early: Uint8Array[] = [];

  constructor(pipe: Pipe, remoteHost: string, remotePort: number, other: 0 | 1) {
    this.#pipe = pipe;
    this.remoteHost = remoteHost;
    this.remotePort = remotePort;
    this.#other = other;
  }

  get bufferedBytes(): number {
    return this.full ? 1 : 0;
  }

  send(bytes: Uint8Array): boolean {
    if (this.ended) return true;
    if (this.#pipe.connected) this.#transmit((peer) => peer.handlers?.onData(bytes));
    else this.#early.push(bytes);
    return !this.full;
  }

  drain(): void {
    this.full = false;
    this.#pipe.world.after(0, () => !this.ended && this.handlers?.onDrain?.());
  }

  flush(): void {
    for (const bytes of this.#early) this.#transmit((peer) => peer.handlers?.onData(bytes));
    this.#early = [];
  }

  close(): void {
    if (this.ended) return;
    this.#transmit((peer) => peer.closeWith('closed', false));
    this.ended = true;
  }

  /** This end is over, as its handlers are told in an event of their own. */
  closeWith(reason: CloseReason, later = true): void {
    if (this.ended) return;
    this.ended = true;
    if (later) this.#pipe.world.after(0, () => this.handlers?.onClose(reason));
    else this.handlers?.onClose(reason);
  }

  #transmit(deliver: (peer: End) => void): void {
    const { world, hosts } = this.#pipe;
    if (world.isCut(hosts[0], hosts[1])) return;
    world.after(world.latencyMs, () => {
      const peer = this.#pipe.ends[this.#other];
      if (!peer.ended && !world.isCut(hosts[0], hosts[1])) deliver(peer);
    });
  }
}

/** A fixed sequence per stream name; `sometimes` is always false. */
export function fakeRandom(): Random {
  const streams = new Map<string, RandomStream>();
  return {
    stream: (name) => {
      let stream = streams.get(name);
      if (stream === undefined) {
        stream = fakeStream(name);
        streams.set(name, stream);
      }
      return stream;
    },
    sometimes: () => false,
  };
}

function fakeStream(name: string): RandomStream {
  let state = 1;
  for (let i = 0; i < name.length; i++) state = (Math.imul(state, 31) + name.charCodeAt(i)) | 0;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 0) / 0x100000000) * bound);
  };
  return {
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (numerator, denominator) => below(denominator) < numerator,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
  };
}
