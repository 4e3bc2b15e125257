/** Some nodes on one virtual clock, with disks in memory and a network that never fails. For tests of whole nodes. */
import type { CloseReason, Connection, ConnectionHandlers } from '../../../ports/network.ts';
import type { Environment } from '../../environment.ts';
import type { RandomStream } from '../../../ports/random.ts';
import { pureCompression } from '../../protocol/compression.ts';
import { MemoryDisk } from '../../log/testing/memory-disk.ts';
import type { TraceEvent } from '../../trace.ts';

interface Event {
  readonly atMs: number;
  readonly state: { cancelled: boolean };
  readonly run: () => void;
}

const LATENCY_MS = 1;

/** A machine: its disk stays when its process ends. */
export class Machine {
  readonly host: string;
  readonly disk = new MemoryDisk();
  readonly listeners = new Map<number, (connection: Connection) => ConnectionHandlers>();
  readonly connections = new Set<TestConnection>();
  /** Grows when the process dies; events of earlier ones are dropped. */
  incarnation = 0;
  halted: string | null = null;

  constructor(host: string) {
    this.host = host;
  }
}

class TestConnection implements Connection {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly bufferedBytes = 0;
  peer: TestConnection | null = null;
  handlers: ConnectionHandlers | null = null;
  closed = false;
  readonly #world: TestWorld;
  readonly #machine: Machine;
  readonly #early: Uint8Array[] = [];

  constructor(world: TestWorld, machine: Machine, remoteHost: string, remotePort: number) {
    this.#world = world;
    this.#machine = machine;
    this.remoteHost = remoteHost;
    this.remotePort = remotePort;
    machine.connections.add(this);
  }

  send(bytes: Uint8Array): boolean {
    if (this.closed) return true;
    if (this.peer === null) this.#early.push(bytes);
    else this.#deliver(bytes);
    return true;
  }

  opened(peer: TestConnection): void {
    this.peer = peer;
    for (const bytes of this.#early.splice(0)) this.#deliver(bytes);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#machine.connections.delete(this);
    const { peer } = this;
    if (peer !== null) this.#world.after(LATENCY_MS, () => peer.lost('closed'));
  }

  lost(reason: CloseReason): void {
    if (this.closed) return;
    this.closed = true;
    this.#machine.connections.delete(this);
    this.handlers?.onClose(reason);
  }

  #deliver(bytes: Uint8Array): void {
    const { peer } = this;
    this.#world.after(LATENCY_MS, () => {
      if (peer !== null && !peer.closed) peer.handlers?.onData(bytes);
    });
  }
}

export class TestWorld {
  nowMs = 1_000_000;
  readonly trace: { readonly host: string; readonly event: TraceEvent }[] = [];
  readonly #machines = new Map<string, Machine>();
  /** The next one is the last; of events at the same time the earlier made comes first. */
  readonly #events: Event[] = [];
  #ports = 0;
  #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  machine(host: string): Machine {
    let machine = this.#machines.get(host);
    if (machine === undefined) this.#machines.set(host, (machine = new Machine(host)));
    return machine;
  }

  after(delayMs: number, run: () => void): { cancelled: boolean } {
    const state = { cancelled: false };
    const event: Event = { atMs: this.nowMs + delayMs, state, run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as Event).atMs > event.atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
    return state;
  }

  /** Runs until `until` holds; throws if it does not within `limitMs` of virtual time. */
  runUntil(until: () => boolean, limitMs: number): void {
    const endMs = this.nowMs + limitMs;
    while (!until()) {
      const event = this.#events.pop();
      if (event === undefined || event.atMs > endMs) throw new Error(`not reached within ${limitMs} ms`);
      if (event.state.cancelled) continue;
      this.nowMs = Math.max(this.nowMs, event.atMs);
      event.run();
      for (const { disk } of this.#machines.values()) if (disk.pendingSyncs > 0) this.after(0, () => disk.completeSyncs());
    }
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    this.after(durationMs, () => {});
    this.runUntil(() => this.nowMs >= endMs, durationMs + 1);
  }

  /** The process of a machine dies at once. */
  crash(host: string): void {
    const machine = this.machine(host);
    machine.incarnation++;
    machine.listeners.clear();
    machine.disk.crash();
    for (const connection of [...machine.connections]) {
      connection.closed = true;
      const { peer } = connection;
      if (peer !== null) this.after(LATENCY_MS, () => peer.lost('reset'));
    }
    machine.connections.clear();
  }

  environment(host: string): Environment {
    const machine = this.machine(host);
    const { incarnation } = machine;
    const alive = (run: () => void) => (): void => {
      if (machine.incarnation === incarnation) run();
    };
    return {
      nodeName: host,
      host,
      clock: { wallMs: () => 1_700_000_000_000 + this.nowMs, monotonicMs: () => this.nowMs },
      timers: {
        after: (delayMs, callback) => {
          const timer = this.after(delayMs, alive(callback));
          return {
            cancel: () => {
              timer.cancelled = true;
            },
          };
        },
      },
      network: {
        connect: (remoteHost, port, handlers) => this.#connect(machine, remoteHost, port, handlers),
        listen: (port, accept) => {
          machine.listeners.set(port, accept);
          return { close: () => machine.listeners.delete(port) };
        },
      },
      random: { stream: () => this.#stream(), sometimes: () => false },
      compression: pureCompression,
      tracer: { emit: (event) => this.trace.push({ host, event }) },
      disk: machine.disk,
      halt: (reason) => {
        machine.halted = reason;
        this.crash(host);
      },
    };
  }

  #connect(machine: Machine, remoteHost: string, port: number, handlers: ConnectionHandlers): Connection {
    const near = new TestConnection(this, machine, remoteHost, port);
    near.handlers = handlers;
    this.after(LATENCY_MS, () => {
      const remote = this.machine(remoteHost);
      const accept = remote.listeners.get(port);
      if (near.closed) return;
      if (accept === undefined) {
        near.lost('refused');
        return;
      }
      const far = new TestConnection(this, remote, machine.host, 50_000 + this.#ports++);
      far.opened(near);
      far.handlers = accept(far);
      near.opened(far);
      handlers.onOpen?.();
    });
    return near;
  }

  #below(bound: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#seed >>> 8) % bound;
  }

  #stream(): RandomStream {
    return {
      below: (bound) => this.#below(bound),
      between: (min, max) => min + this.#below(max - min + 1),
      chance: (numerator, denominator) => this.#below(denominator) < numerator,
      pick: (items) => items[this.#below(items.length)] as never,
    };
  }
}
