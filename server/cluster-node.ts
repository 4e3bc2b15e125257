/** A node of a served cluster, over its lives: started, stopped, killed, started again on the same data and ports. */
import { formatStorage, type NodeOperations, type RunningNode, startNode } from '../core/broker/index.ts';
import type { Properties } from '../core/config/index.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { DataDirectory } from './data-directory.ts';
import { FileDisk } from './disk.ts';
import { nodeEnvironment } from './environment.ts';
import type { ServedListener } from './listeners.ts';
import { INTERNAL_LISTENERS } from './node-properties.ts';
import { ReservedPort } from './ports.ts';
import { NodeProcess, type ProcessEnd } from './process.ts';
import { systemRandom } from './random.ts';
import type { NodeRole } from './topology.ts';
import type { Traffic } from './traffic.ts';
import { UnusableError } from './unusable.ts';

/** A node that has not stopped in order after this time is killed. */
const STOP_TIMEOUT_MS = 10_000;

const LONGEST_DELAY_MS = 3_600_000;

export interface ClusterNodeOptions {
  readonly role: NodeRole;
  /** Of all nodes of the cluster. */
  readonly nodeIds: readonly number[];
  readonly data: DataDirectory;
  readonly properties: Properties;
  readonly listeners: readonly ServedListener[];
  readonly traffic: Traffic;
  readonly onTrace: (node: ClusterNode, event: TraceEvent) => void;
  readonly onRequestError: (node: ClusterNode, api: string, error: unknown) => void;
  /** It ended by itself. */
  readonly onFailed: (node: ClusterNode, end: ProcessEnd) => void;
}

interface Life {
  readonly process: NodeProcess;
  running: RunningNode | null;
}

export class ClusterNode {
  readonly #options: ClusterNodeOptions;
  readonly #addresses: readonly { readonly host: string; readonly port: number }[];
  /** Bound for the next start. */
  #ports: readonly ReservedPort[];
  #life: Life | null = null;

  constructor(options: ClusterNodeOptions, ports: readonly ReservedPort[]) {
    this.#options = options;
    this.#ports = ports;
    this.#addresses = ports.map(({ host, port }) => ({ host, port }));
  }

  get name(): string {
    return this.#options.role.name;
  }

  get nodeId(): number {
    return this.#options.role.nodeId;
  }

  get isBroker(): boolean {
    return this.#options.role.isBroker;
  }

  get isController(): boolean {
    return this.#options.role.isController;
  }

  /** What clients reach it by, and are told. */
  get listeners(): readonly ServedListener[] {
    return this.#options.listeners;
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  get isPaused(): boolean {
    return this.#life?.process.paused === true;
  }

  /** The node's own view of itself, or null while it is down. */
  get running(): RunningNode | null {
    return this.#life?.running ?? null;
  }

  /** Starts it; resolves when it runs, which is before it serves. Rejects if its ports or its data are not to be had. */
  async start(): Promise<void> {
    if (this.#life !== null) throw new Error(`${this.name} is running already.`);
    const ports = this.#ports.length > 0 ? this.#ports : await bindAll(this.#addresses);
    this.#ports = [];
    const { role, data, properties, traffic, onTrace, onRequestError, onFailed } = this.#options;
    let boot: unknown = null;
    const process = new NodeProcess(role.name, (end) => {
      for (const port of ports) port.close();
      if (this.#life === life) this.#life = null;
      if (end.kind === 'stopped' || end.kind === 'killed') return;
      if (booting) boot = end.error ?? new Error(end.reason);
      else onFailed(this, end);
    });
    const life: Life = { process, running: null };
    this.#life = life;
    let booting = true;
    const env = nodeEnvironment(process, {
      host: '127.0.0.1',
      ports,
      traffic: traffic.of(role.nodeId),
      durable: data.durable,
      onTrace: (event) => onTrace(this, event),
      onRequestError: (api, error) => onRequestError(this, api, error),
    });
    process.run(() => {
      formatStorage(new FileDisk(process, data), systemRandom.stream('directory-id'), {
        clusterId: data.clusterId,
        nodeId: role.nodeId,
        directories: [data.nodeDirectory(role.name)],
        controller: role.isController ? { metadataDirectory: data.nodeDirectory(role.name) } : null,
        wallMs: env.clock.wallMs(),
      });
      life.running = startNode(env, properties, { internalListeners: INTERNAL_LISTENERS });
    });
    booting = false;
    if (boot !== null) throw boot;
  }

  /** Has the node do something in a turn of its own. Rejects if it is not running. */
  operate<T>(begin: (operations: NodeOperations, done: (result: T) => void) => void): Promise<T> {
    const life = this.#life;
    const operations = life?.running?.operations;
    if (life === null || operations === undefined) return Promise.reject(new UnusableError(`${this.name} is not running.`));
    return new Promise((resolve) => life.process.run(() => begin(operations, resolve)));
  }

  /** Ends it at once, as kill -9 would, but for what the operating system has already taken. */
  kill(): void {
    this.#life?.process.end({ kind: 'killed', reason: 'killed' });
  }

  /** Stops its time, as SIGSTOP would: its connections stay, and are answered after `resume`. */
  pause(): void {
    if (this.#life === null) throw new UnusableError(`${this.name} cannot be paused: it is not running.`);
    this.#life.process.pause();
  }

  /** Lets it go on with what has come meanwhile. Nothing happens to a node that is not paused. */
  resume(): void {
    this.#life?.process.resume();
  }

  /**
   * Lets nothing pass between this node and those with these ids, either way, until the function that it returns is called.
   * Connections are not broken: what is sent waits, as behind a cable that was pulled. Clients reach all of them.
   */
  cutFrom(nodeIds: readonly number[]): () => void {
    const { nodeIds: all, traffic } = this.#options;
    const others = all.filter((id) => id !== this.nodeId);
    const stranger = nodeIds.find((id) => !others.includes(id));
    if (stranger !== undefined) {
      const there = others.length === 0 ? 'there is no other node' : `the other nodes are ${others.join(', ')}`;
      throw new UnusableError(`${this.name} cannot be cut from ${stranger}: ${there}.`);
    }
    return traffic.cut(this.nodeId, nodeIds);
  }

  /** Delays what it sends, answers and requests, to clients and nodes, until the function that it returns is called. */
  slow({ ms }: { readonly ms: number }): () => void {
    if (!Number.isInteger(ms) || ms < 0 || ms > LONGEST_DELAY_MS) {
      throw new UnusableError(`ms is ${ms}, but it must be a whole number from 0 to ${LONGEST_DELAY_MS}.`);
    }
    return this.#options.traffic.slow(this.nodeId, ms);
  }

  /**
   * Stops it in order: leaderships are handed over, logs closed. One that is paused goes on for that. `beforeQuorum` holds back
   * the end of its controller part until the promise that it returns is resolved.
   */
  stop(beforeQuorum?: () => Promise<void>): Promise<void> {
    const life = this.#life;
    const running = life?.running;
    life?.process.resume();
    if (life === null || running === null || running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (kind: 'stopped' | 'killed'): void => {
        clearTimeout(timer);
        life.process.end({ kind, reason: kind });
        resolve();
      };
      const timer = setTimeout(() => finish('killed'), STOP_TIMEOUT_MS);
      const hold = (proceed: () => void): void => {
        if (beforeQuorum === undefined) proceed();
        else void beforeQuorum().then(() => life.process.run(proceed));
      };
      life.process.run(() => running.shutdown(() => finish('stopped'), hold));
      if (!life.process.alive) finish('stopped');
    });
  }

  /** Stops it in order, or what is left of it, and starts it again on the same data and ports. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Gives up ports that were bound and never used. */
  releasePorts(): void {
    for (const port of this.#ports) port.close();
    this.#ports = [];
  }
}

async function bindAll(addresses: readonly { readonly host: string; readonly port: number }[]): Promise<readonly ReservedPort[]> {
  const bound: ReservedPort[] = [];
  try {
    for (const { host, port } of addresses) bound.push(await ReservedPort.bind(host, port));
    return bound;
  } catch (error) {
    for (const port of bound) port.close();
    throw error;
  }
}
