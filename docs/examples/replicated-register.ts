/**
 * Another subject than Kafka in the simulated world: a register that three replicas hold, as Attiya, Bar-Noy and Dolev have it.
 * One process writes the versions 1, 2, 3, ..., two others read. To write is to have a version stored by a majority of the
 * replicas; to read is to ask a majority for the highest version, and to have that stored by a majority before it counts as read.
 */
import { type Connection, type Entry, type Host, type Observer, type Process, type ProcessPorts, World } from '../../world.ts';

const REPLICAS = ['replica-1', 'replica-2', 'replica-3'];
const MAJORITY = 2;
const PORT = 7;
const MS = 1_000;

/** What a client tells of itself, for whoever judges it or reads along. Where a read begins there is no version yet. */
export interface RegisterEvent {
  readonly type: 'write-began' | 'write-ended' | 'read-began' | 'read-ended';
  readonly version?: number;
}

export interface RegisterOptions {
  readonly seed: number;
  readonly host: Host;
  /** The planted bug: a replica says that it has stored a version while its disk is still about to. Default false. */
  readonly ackBeforeSync?: boolean;
  /** Sees the run as it happens. */
  readonly observer?: Observer;
}

/** One run: three replicas, a writer, two readers, and five seconds of faults. A function of its seed. */
export async function runRegister({ seed, host, ackBeforeSync = false, observer = {} }: RegisterOptions) {
  const world = new World({ seed, network: { retransmitMaxUs: 200 * MS } });
  for (const name of REPLICAS) {
    const machine = world.createMachine({ name: `machine-of-${name}` });
    world.createProcess({ name, machine, entry: replica(ackBeforeSync) }).start();
  }
  const machine = world.createMachine({ name: 'machine-of-clients' });
  for (const name of ['writer', 'reader-1', 'reader-2']) {
    const client = world.createProcess({ name, machine, async: true });
    client.start();
    client.spawn(name === 'writer' ? write : read);
  }
  world.observe(observer);
  const verdict = judge(world);
  world.after(100 * MS, () => strike(world));
  await world.run({ until: 5_000 * MS, host });
  return { ...verdict, digest: world.trace.digest() };
}

// --- the register ---

/** Stores the version of each request, if it is the highest so far, and answers with the highest: to ask is to store 0. */
function replica(ackBeforeSync: boolean): Entry {
  return (env) => {
    const file = env.disk.open('/versions', { create: true });
    // A loss of power may have torn the end of the file: zeros do no harm, a piece of an entry is cut off.
    file.truncate(file.size - (file.size % 8));
    let highest = 0;
    inPairs((_request, version) => (highest = Math.max(highest, version)))(file.read(0, file.size));
    const accept = (connection: Connection) => {
      const onData = inPairs((request, version) => {
        const answer = () => void connection.send(pair(request, highest));
        if (version > highest) {
          highest = version;
          file.append(pair(request, version));
        }
        // Also what is in the file already may not be durable yet.
        file.sync((error) => {
          if (error !== null) env.halt(error.message);
          else if (!ackBeforeSync) answer();
        });
        if (ackBeforeSync) answer();
      });
      return { onData, onClose() {} };
    };
    // The name of a new file is durable once its directory is synced.
    env.disk.syncDirectory('/', () => void env.network.listen(PORT, accept));
  };
}

/** A client's connections to all replicas, and its one request at a time. */
class Quorum {
  readonly #env: ProcessPorts;
  readonly #connections = new Map<string, Connection>();
  readonly #answers = new Map<string, number>();
  #request = 0;
  #message = pair(0, 0);
  #done: (highest: number) => void = () => {};

  constructor(env: ProcessPorts) {
    this.#env = env;
    for (const name of REPLICAS) this.#dial(name);
  }

  /** Has a version stored by a majority of the replicas. The highest that one of them has. */
  store(version: number): Promise<number> {
    this.#answers.clear();
    this.#message = pair(++this.#request, version);
    for (const connection of this.#connections.values()) connection.send(this.#message);
    return new Promise((resolve) => (this.#done = resolve));
  }

  #dial(name: string): void {
    const connection = this.#env.network.connect(name, PORT, {
      onData: inPairs((request, version) => this.#answered(name, request, version)),
      onClose: () => void this.#env.timers.after(50, () => this.#dial(name)),
    });
    this.#connections.set(name, connection);
    // The connection before may have lost it. What is sent before a connection is open waits for that.
    connection.send(this.#message);
  }

  #answered(name: string, request: number, version: number): void {
    if (request !== this.#request) return;
    this.#answers.set(name, version);
    if (this.#answers.size === MAJORITY) this.#done(Math.max(...this.#answers.values()));
  }
}

async function write(env: ProcessPorts<RegisterEvent>): Promise<void> {
  const quorum = new Quorum(env);
  for (let version = 1; ; version++) {
    env.tracer.emit({ type: 'write-began', version });
    await quorum.store(version);
    env.tracer.emit({ type: 'write-ended', version });
    await pause(env);
  }
}

async function read(env: ProcessPorts<RegisterEvent>): Promise<void> {
  const quorum = new Quorum(env);
  for (;;) {
    env.tracer.emit({ type: 'read-began' });
    const version = await quorum.store(0);
    await quorum.store(version);
    env.tracer.emit({ type: 'read-ended', version });
    await pause(env);
  }
}

function pause(env: ProcessPorts): Promise<void> {
  return new Promise((resolve) => void env.timers.after(env.random.stream('pauses').below(20, 'pause'), resolve));
}

/** A message, or an entry of a file: two 32-bit integers. */
function pair(request: number, version: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, request);
  view.setInt32(4, version);
  return new Uint8Array(view.buffer);
}

/** Makes pairs of chunks, which may end anywhere. */
function inPairs(handle: (request: number, version: number) => void): (chunk: Uint8Array) => void {
  let rest = new Uint8Array();
  return (chunk) => {
    const bytes = Uint8Array.from([...rest, ...chunk]);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (; at + 8 <= bytes.length; at += 8) handle(view.getInt32(at), view.getInt32(at + 4));
    rest = bytes.subarray(at);
  };
}

// --- what happens to it, and what must hold ---

/** A fault now, which is taken back after a while; and so on. */
function strike(world: World): void {
  const faults = world.chance.stream('faults');
  const replicas = REPLICAS.map((name) => world.process(name));
  const one = faults.pick(replicas, 'replica');
  const kinds = [
    () => world.network.isolate([one.name]),
    () => one.machine.disk.slow(faults.between(2, 100, 'factor')),
    () => powerOff([one]),
    () => powerOff(replicas),
  ];
  world.after(faults.between(10 * MS, 500 * MS, 'lasts'), faults.pick(kinds, 'kind')());
  world.after(faults.between(10 * MS, 200 * MS, 'pause'), () => strike(world));
}

function powerOff(processes: readonly Process[]): () => void {
  for (const { machine } of processes) machine.powerOff();
  return () => {
    for (const process of processes) {
      process.machine.powerOn();
      if (!process.alive) process.start();
    }
  };
}

/**
 * A register with one writer is atomic if no read gives a version whose write has not begun, or one older than the newest that
 * had been written or read when it began. The first violation stops the world.
 */
function judge(world: World) {
  const verdict = { violation: null as string | null, reads: 0 };
  let begun = 0;
  let newest = 0;
  const newestBefore = new Map<string, number>();
  world.observe({
    onEvent(node, _incarnation, timeUs, event) {
      const { type, version = 0 } = event as RegisterEvent;
      if (type === 'write-began') begun = version;
      else if (type === 'read-began') newestBefore.set(node, newest);
      else newest = Math.max(newest, version);
      if (type !== 'read-ended') return;
      verdict.reads++;
      const least = newestBefore.get(node) ?? 0;
      if (version >= least && version <= begun) return;
      verdict.violation = `${(timeUs / 1e6).toFixed(6)} s: ${node} read version ${version}, not one from ${least} to ${begun}`;
      world.stop();
    },
  });
  return verdict;
}
