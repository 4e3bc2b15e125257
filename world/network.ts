/**
 * The network: who listens where, connects, links between processes, and the faults of all of it. Model:
 * - connect: accepted if the process behind the host listens on the port, refused if its machine has power and nobody listens
 *   (or the fault `refuse` says so), tried again at growing intervals and finally timed out if nothing answers. The machine
 *   accepts on behalf of a busy or paused process.
 * - Faults name processes; each fault function returns the function that takes it back.
 * - Connections themselves: see direction.ts; latency and bandwidth: see link.ts.
 */
import type { CloseReason, Connection, ConnectionHandlers, Listener, Network } from '../ports/network.ts';
import type { Micros } from '../ports/time.ts';
import type { Chance } from './chance.ts';
import { Direction, type NetworkContext, type NetworkCounters } from './direction.ts';
import { kindId } from './event-queue.ts';
import type { Kernel } from './kernel.ts';
import { Link, NETWORK_DEFAULTS, type NetworkOptions } from './link.ts';
import type { Machine } from './machine.ts';
import type { NetworkTap } from './network-tap.ts';
import type { EndReason, Incarnation, Process } from './process.ts';
import { Socket } from './socket.ts';
import type { TraceHash } from './trace-hash.ts';
import { Causes, once, type Undo } from './undo.ts';

const SYN = kindId('syn');
const SYN_ACK = kindId('syn-ack');
const ACCEPT = kindId('accept');
const CLOSE = kindId('close');

interface Binding {
  readonly incarnation: Incarnation;
  readonly accept: (connection: Connection) => ConnectionHandlers;
}

/** A connect in progress. */
interface Attempt {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
  readonly deadline: Micros;
  retryUs: Micros;
}

/** The network, from outside: its faults, and a look at its connections. */
export class SimNetwork implements NetworkContext {
  readonly kernel: Kernel;
  readonly trace: TraceHash;
  readonly options: NetworkOptions;
  /** Set it before the run. */
  tap: NetworkTap | null = null;
  readonly counters: NetworkCounters = {
    connects: 0,
    accepted: 0,
    refused: 0,
    connectTimeouts: 0,
    resets: 0,
    closes: 0,
    chunksSent: 0,
    chunksDelivered: 0,
    bytesDelivered: 0,
    stalls: 0,
    giveUps: 0,
  };
  readonly #chance: Chance;
  readonly #hosts = new Map<string, Process>();
  readonly #names = new Map<string, Process>();
  readonly #links = new Map<string, Map<string, Link>>();
  readonly #bindings = new Map<string, Binding>();
  readonly #sockets = new Map<Incarnation, Set<Socket>>();
  readonly #readLimits = new Map<string, number>();
  readonly #slowReaders = new Map<string, Causes>();
  readonly #refusing = new Map<string, number>();
  #nextPort = 49_152;

  constructor(kernel: Kernel, trace: TraceHash, chance: Chance, options: Partial<NetworkOptions> = {}) {
    this.kernel = kernel;
    this.trace = trace;
    this.#chance = chance;
    this.options = { ...NETWORK_DEFAULTS, ...options };
  }

  /** A process is there to be reached. */
  add(process: Process): void {
    this.#hosts.set(process.host, process);
    this.#names.set(process.name, process);
  }

  /** The port of one incarnation. */
  port(incarnation: Incarnation): Network {
    return {
      connect: (host, port, handlers) => this.#connect(incarnation, host, port, handlers),
      listen: (port, accept) => this.#listen(incarnation, port, accept),
    };
  }

  /** Live connections between two processes (or of one), as the sockets of those who opened or accepted them in `a`. */
  connections(a: string, b?: string): readonly Connection[] {
    const incarnation = this.#names.get(a)?.incarnation;
    if (incarnation === null || incarnation === undefined) return [];
    return [...(this.#sockets.get(incarnation) ?? [])].filter(
      (socket) => socket.state === 'open' && (b === undefined || socket.outgoing.link.to === b),
    );
  }

  // --- faults ---

  /** Nothing gets from `from` to `to`, nor back unless `oneWay`. Connections stay; they go on when it heals. */
  cut(from: readonly string[], to: readonly string[], options: { readonly oneWay?: boolean } = {}): Undo {
    const links = this.#between(from, to, options.oneWay ?? false);
    for (const link of links) link.cuts++;
    return once(() => {
      for (const link of links) link.cuts--;
      for (const link of links) if (link.cuts === 0) this.#healed(link);
    });
  }

  /** Cuts these processes off from all others (not from each other). */
  isolate(names: readonly string[]): Undo {
    return this.cut(
      names,
      [...this.#names.keys()].filter((name) => !names.includes(name)),
    );
  }

  /** Multiplies the latency and divides the bandwidth of links, both ways unless `oneWay`. Integers. */
  slow(
    from: readonly string[],
    to: readonly string[],
    by: { readonly latencyFactor?: number; readonly bandwidthDivisor?: number; readonly oneWay?: boolean },
  ): Undo {
    const links = this.#between(from, to, by.oneWay ?? false);
    const latency = by.latencyFactor ?? 1;
    const bandwidth = by.bandwidthDivisor ?? 1;
    for (const link of links) {
      link.latencyFactor *= latency;
      link.bandwidthDivisor *= bandwidth;
    }
    return once(() => {
      for (const link of links) {
        link.latencyFactor /= latency;
        link.bandwidthDivisor /= bandwidth;
      }
      this.#faster(links);
    });
  }

  /** Each chunk sent over these links resets its connection with this chance. */
  flaky(from: readonly string[], to: readonly string[], perMillion: number): Undo {
    const links = this.#between(from, to, false);
    for (const link of links) link.flakyPerMillion += perMillion;
    return once(() => {
      for (const link of links) link.flakyPerMillion -= perMillion;
    });
  }

  /** Chunks over these links are delivered in two pieces, split at an odd place, with this chance. */
  split(from: readonly string[], to: readonly string[], perThousand: number): Undo {
    const links = this.#between(from, to, false);
    for (const link of links) link.splitPerThousand += perThousand;
    return once(() => {
      for (const link of links) link.splitPerThousand -= perThousand;
    });
  }

  /** The connections that are open now between these processes stop delivering; new ones work. */
  stick(from: readonly string[], to: readonly string[]): Undo {
    const directions = new Set<Direction>();
    for (const name of from) {
      for (const socket of this.connections(name) as readonly Socket[]) {
        if (!to.includes(socket.outgoing.link.to)) continue;
        directions.add(socket.outgoing);
        directions.add(socket.incoming);
      }
    }
    for (const direction of directions) direction.stick();
    return once(() => {
      for (const direction of directions) direction.letGo();
    });
  }

  /** The process's machine refuses new connections to it. */
  refuse(name: string): Undo {
    this.#refusing.set(name, (this.#refusing.get(name) ?? 0) + 1);
    return once(() => {
      this.#refusing.set(name, (this.#refusing.get(name) ?? 1) - 1);
    });
  }

  /** The process reads at most this many bytes per ms from each of its connections; of several limits the lowest counts. */
  slowReader(name: string, bytesPerMs: number): Undo {
    let causes = this.#slowReaders.get(name);
    if (causes === undefined) {
      // The least bytes are the worst.
      causes = new Causes((worst) => this.#limitReads(name, worst === null ? null : -worst));
      this.#slowReaders.set(name, causes);
    }
    return causes.add(-bytesPerMs);
  }

  #limitReads(name: string, bytesPerMs: number | null): void {
    const before = this.#readLimits.get(name) ?? Number.POSITIVE_INFINITY;
    if (bytesPerMs === null) this.#readLimits.delete(name);
    else this.#readLimits.set(name, bytesPerMs);
    if ((bytesPerMs ?? Number.POSITIVE_INFINITY) <= before) return;
    for (const from of this.#names.keys()) {
      const link = this.#links.get(from)?.get(name);
      if (link !== undefined) this.#faster([link]);
    }
  }

  /** Resets a drawn connection between two processes (or of `a` with anyone). False: there was none. */
  reset(a: string, b?: string): boolean {
    const sockets = this.connections(a, b) as readonly Socket[];
    if (sockets.length === 0) return false;
    this.#chance.stream('network/faults').pick(sockets, 'reset-which').reset();
    return true;
  }

  /** Resets all connections between two processes (or of `a` with anyone) that are not held up; returns how many. */
  resetAll(a: string, b?: string): number {
    const sockets = this.connections(a, b) as readonly Socket[];
    return sockets.filter((socket) => socket.reset()).length;
  }

  /** The process opens a connection of its own to `host:port`, sends this many drawn bytes, and closes it. */
  garbage(from: string, host: string, port: number, sizeBytes: number): boolean {
    const incarnation = this.#names.get(from)?.incarnation ?? null;
    if (incarnation === null) return false;
    const stream = this.#chance.stream('network/garbage');
    const bytes = Uint8Array.from({ length: sizeBytes }, () => stream.below(256, 'byte'));
    const socket = this.#connect(incarnation, host, port, {
      onOpen: () => socket.close(),
      onData() {},
      onClose() {},
    });
    socket.send(bytes);
    return true;
  }

  // --- called by the world ---

  /** An incarnation is over: its listeners go, its connections break as its end says. */
  ended(incarnation: Incarnation, reason: EndReason): void {
    for (const [key, binding] of this.#bindings) if (binding.incarnation === incarnation) this.#bindings.delete(key);
    const sockets = this.#sockets.get(incarnation);
    this.#sockets.delete(incarnation);
    if (sockets === undefined) return;
    for (const socket of sockets) {
      if (reason === 'stopped') socket.close();
      else socket.died();
    }
  }

  /** A machine's power went or came. */
  powerChanged(machine: Machine): void {
    if (!machine.powered) return;
    for (const process of machine.processes) {
      for (const links of this.#links.values()) {
        const link = links.get(process.name);
        if (link !== undefined) this.#healed(link);
      }
    }
  }

  // --- NetworkContext ---

  readLimit(process: string): number {
    return this.#readLimits.size === 0 ? 0 : (this.#readLimits.get(process) ?? 0);
  }

  socketClosed(socket: Socket): void {
    this.#sockets.get(socket.incarnation)?.delete(socket);
  }

  // --- connecting ---

  #listen(incarnation: Incarnation, port: number, accept: (connection: Connection) => ConnectionHandlers): Listener {
    if (!incarnation.alive) return { close() {} };
    const key = `${incarnation.process.host}:${port}`;
    if (this.#bindings.has(key)) throw new Error(`Port ${port} is taken on ${incarnation.process.host}.`);
    const binding: Binding = { incarnation, accept };
    this.#bindings.set(key, binding);
    return {
      close: () => {
        if (this.#bindings.get(key) === binding) this.#bindings.delete(key);
      },
    };
  }

  #connect(incarnation: Incarnation, host: string, port: number, handlers: ConnectionHandlers): Socket {
    const { kernel } = this;
    const socket = new Socket(this, incarnation, host, port, handlers);
    const target = this.#hosts.get(host);
    const from = incarnation.process.name;
    const to = target?.name ?? host;
    // Until the handshake makes the true peer, the socket stands in for it, so that what is sent can wait.
    socket.outgoing = new Direction(this, this.link(from, to), socket, socket);
    socket.incoming = new Direction(this, this.link(to, from), socket, socket);
    if (!incarnation.alive) {
      socket.state = 'closed';
      return socket;
    }
    this.counters.connects++;
    this.#track(socket);
    const attempt: Attempt = { socket, host, port, deadline: kernel.now + this.options.connectTimeoutUs, retryUs: 1_000_000 };
    this.#sendSyn(attempt);
    return socket;
  }

  #sendSyn(attempt: Attempt): void {
    const { kernel } = this;
    const { socket } = attempt;
    const arrival = kernel.now + socket.outgoing.link.latency('connect');
    kernel.schedule(arrival, null, { kind: SYN, fire: () => this.#syn(attempt) });
  }

  #retry(attempt: Attempt): void {
    const { kernel } = this;
    const { socket } = attempt;
    const at = Math.min(attempt.deadline, kernel.now + attempt.retryUs);
    attempt.retryUs *= 2;
    const again = () => {
      if (socket.state !== 'connecting' || !socket.incarnation.alive) return;
      if (kernel.now < attempt.deadline) return this.#sendSyn(attempt);
      this.counters.connectTimeouts++;
      socket.lost('timed-out');
    };
    kernel.schedule(at, null, { kind: SYN, fire: again });
  }

  #syn(attempt: Attempt): void {
    const { socket } = attempt;
    if (socket.state !== 'connecting' || !socket.incarnation.alive) return;
    const there = socket.outgoing.link;
    const back = socket.incoming.link;
    const target = this.#hosts.get(attempt.host);
    if (there.cuts > 0 || back.cuts > 0 || (target !== undefined && !target.machine.powered)) return this.#retry(attempt);
    const binding = this.#bindings.get(`${attempt.host}:${attempt.port}`);
    if (binding === undefined || !binding.incarnation.alive || (this.#refusing.get(target?.name ?? '') ?? 0) > 0) {
      this.counters.refused++;
      this.#tell(socket, back, 'refused');
      return;
    }
    this.#accept(attempt, binding);
  }

  #accept(attempt: Attempt, binding: Binding): void {
    const { kernel } = this;
    const client = attempt.socket;
    this.counters.accepted++;
    const port = this.#nextPort;
    this.#nextPort = port === 65_535 ? 49_152 : port + 1;
    const server = new Socket(this, binding.incarnation, client.incarnation.process.host, port, null);
    server.state = 'open';
    client.incoming.drop();
    const early = client.outgoing.takeUnsent();
    const there = new Direction(this, client.outgoing.link, client, server);
    const back = new Direction(this, client.incoming.link, server, client);
    for (const chunk of early) there.push(chunk);
    client.outgoing = there;
    client.incoming = back;
    server.outgoing = back;
    server.incoming = there;
    this.#track(server);
    kernel.dispatch(
      binding.incarnation,
      {
        kind: ACCEPT,
        fire: () => {
          if (server.state === 'open') server.handlers = binding.accept(server);
        },
      },
      0,
    );
    const synAck = () => this.#synAck(client, server, attempt.deadline);
    kernel.schedule(kernel.now + back.link.latency('connect'), null, { kind: SYN_ACK, fire: synAck });
  }

  #synAck(client: Socket, server: Socket, deadline: Micros): void {
    const { kernel } = this;
    if (client.state !== 'connecting' || !client.incarnation.alive) {
      // The client has given up meanwhile: its machine, if it has power, answers with a reset.
      if (client.powered && client.outgoing.link.cuts === 0) this.#tell(server, client.outgoing.link, 'reset');
      return;
    }
    if (!server.outgoing.blocked) {
      client.opened();
      server.outgoing.open();
    } else if (kernel.now >= deadline) {
      this.counters.connectTimeouts++;
      client.lost('timed-out');
    } else {
      kernel.schedule(kernel.now + 1_000_000, null, { kind: SYN_ACK, fire: () => this.#synAck(client, server, deadline) });
    }
  }

  #tell(socket: Socket, back: Link, reason: CloseReason): void {
    const { kernel } = this;
    kernel.schedule(kernel.now + back.latency('refused'), null, { kind: CLOSE, fire: () => socket.lost(reason) });
  }

  #track(socket: Socket): void {
    let sockets = this.#sockets.get(socket.incarnation);
    if (sockets === undefined) {
      sockets = new Set();
      this.#sockets.set(socket.incarnation, sockets);
    }
    sockets.add(socket);
  }

  /** The link from one process to another, by name. */
  link(from: string, to: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      const loopback = this.#names.get(from)?.machine === this.#names.get(to)?.machine;
      link = new Link(from, to, this.#chance.stream(`network/${from}-${to}`), this.options, loopback);
      links.set(to, link);
    }
    return link;
  }

  #between(from: readonly string[], to: readonly string[], oneWay: boolean): Link[] {
    const links = new Set<Link>();
    for (const a of from) {
      for (const b of to) {
        if (a === b) continue;
        links.add(this.link(a, b));
        if (!oneWay) links.add(this.link(b, a));
      }
    }
    return [...links];
  }

  #faster(links: readonly Link[]): void {
    for (const link of links) {
      link.release(this.kernel.now);
      for (const direction of [...link.directions]) direction.hurry();
    }
  }

  #healed(link: Link): void {
    for (const direction of [...link.directions]) {
      direction.resume();
      direction.receiver.outgoing.resume();
    }
  }
}
