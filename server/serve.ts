/** A cluster on real sockets, files and time, in this process. */
import type { Properties } from '../core/config/index.ts';
import type { SecurityProtocol } from '../core/security/protocols.ts';
import type { TraceEvent } from '../core/trace.ts';
import { ClusterNode } from './cluster-node.ts';
import { type DataDirectory, openDataDirectory, temporaryDirectory } from './data-directory.ts';
import { isWildcard, type ListenerPlan, listenerPlans, type ServedListener, suitsBrokers } from './listeners.ts';
import { nodeProperties } from './node-properties.ts';
import { moveLeader, rebalance } from './operate.ts';
import { checkOptions } from './options.ts';
import { ReservedPort } from './ports.ts';
import { Readiness } from './readiness.ts';
import { servedSecurity } from './security.ts';
import { clusterTopology, type NodeRole, type Topology } from './topology.ts';
import { Traffic } from './traffic.ts';
import { UnusableError } from './unusable.ts';
import { storeUsers, type Users } from './users.ts';
import { createTopics, type ServedTopic } from './topics.ts';

export interface ServeOptions {
  /** How many brokers. Default 1. */
  readonly brokers?: number;
  /** Id of the first broker; the others follow. Default 1. */
  readonly firstBrokerId?: number;
  /** Nodes that are controllers only. By default there are none: brokers are controllers as well. */
  readonly controllers?: number;
  /** Says outright that brokers are controllers as well; not together with `controllers`. */
  readonly combined?: boolean;
  /** Port of the first broker, the others have those after it; or the port of each. 0: any free one. Default 9092. */
  readonly port?: number | readonly number[];
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Host name that clients are told. Default: `host`, or localhost if that is a wildcard address. */
  readonly advertisedHost?: string;
  /** Port of the first broker that clients are told (of a proxy), or the port of each, as `port`. 0, the default: the real one. */
  readonly advertisedPort?: number | readonly number[];
  /** Directory that keeps the data. Without it, a temporary directory that is removed at the end. */
  readonly data?: string;
  /** How clients talk to the brokers. Default PLAINTEXT. */
  readonly securityProtocol?: SecurityProtocol;
  /** Users by name with their passwords, for SASL: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly users?: Users;
  /** Topics to begin with; one that is there already is left as it is. */
  readonly topics?: readonly ServedTopic[];
  /**
   * Kafka's properties, for all nodes. `listeners`, `advertised.listeners` and `listener.security.protocol.map` are those of
   * clients; they stand instead of `port`, `advertisedPort` and `securityProtocol`.
   */
  readonly config?: Properties;
  /** Kafka's properties for single brokers by their ids, before `config`: `{ 1: { 'broker.rack': 'a' } }`. */
  readonly brokerConfig?: Readonly<Record<number, Properties>>;
  /** Default false: a node that ends by itself, and a request that failed by a bug, are told on stderr. */
  readonly quiet?: boolean;
  /** A node ended by itself, for this reason. */
  readonly onNodeFailed?: (node: ClusterNode, reason: string) => void;
  /** A request could not be handled for a bug of the node; it is answered with UNKNOWN_SERVER_ERROR. */
  readonly onRequestError?: (node: ClusterNode, api: string, error: unknown) => void;
  /** What the nodes tell about themselves. */
  readonly onTrace?: (node: ClusterNode, event: TraceEvent) => void;
  /** How long the cluster may take to be ready. Default 30 s. */
  readonly startTimeoutMs?: number;
}

export interface Cluster {
  readonly clusterId: string;
  /** `host:port` of the brokers, as clients are told, separated by commas; of the first listener, if there are several. */
  readonly bootstrapServers: string;
  /** The same of the listener with this name. */
  bootstrapServersOf(listener: string): string;
  /** With TLS and no certificate given: the file of the one that was made, for clients to trust. Otherwise null. */
  readonly certificateFile: string | null;
  /** Brokers first. */
  readonly nodes: readonly ClusterNode[];
  /** Resolves when all nodes that are up serve, and know of each other. Rejects after `timeoutMs`. */
  ready(timeoutMs?: number): Promise<void>;
  /** The broker with this id. */
  broker(id: number): ClusterNode;
  /**
   * Has this broker lead the partition, as its preferred replica; resolves when it does. Rejects with one sentence if it has no replica there, or
   * is not in sync, or does not lead after `timeoutMs`.
   */
  moveLeader(topic: string, partition: number, broker: number, timeoutMs?: number): Promise<void>;
  /** Has the members of a group join again, as when one comes or goes. Rejects with one sentence if there is nobody to do so. */
  rebalance(group: string, timeoutMs?: number): Promise<void>;
  /** A controlled shutdown of all nodes. */
  stop(): Promise<void>;
  /** As `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a node listens on. */
interface Ports {
  readonly clients: { readonly plan: ListenerPlan; readonly port: ReservedPort }[];
  internal: ReservedPort | null;
  controller: ReservedPort | null;
}

const START_TIMEOUT_MS = 30_000;
const LOOPBACK = '127.0.0.1';

/** Starts a cluster and resolves when it serves. Rejects with one sentence if it cannot. */
export async function serve(options: ServeOptions = {}): Promise<Cluster> {
  checkOptions(options);
  const topology = topologyOf(options);
  const plans = listenerPlans(options, topology.nodes);
  const allPlans = [...plans.values()].flat();
  const data = options.data === undefined ? temporaryDirectory() : await openDataDirectory(options.data, topology);
  const bound = new Map<NodeRole, Ports>();
  try {
    const security = servedSecurity({
      listeners: allPlans,
      users: options.users ?? {},
      config: options.config ?? {},
      directory: data.root,
      hosts: certifiedHosts(allPlans),
    });
    // Brokers do not authenticate to each other, and an authorizer must tell them from clients.
    const hasAuthorizer = (options.config?.['authorizer.class.name'] ?? '') !== '';
    const isAlone = [...plans].every(([role, own]) => !role.isBroker || own.length === 1);
    const isOneName = new Set(allPlans.map(({ name }) => name)).size === 1;
    const hasInternalListener = hasAuthorizer || !isAlone || !isOneName || !allPlans.every(suitsBrokers);
    for (const [role, own] of plans) {
      const ports: Ports = { clients: [], internal: null, controller: null };
      bound.set(role, ports);
      for (const plan of own) ports.clients.push({ plan, port: await ReservedPort.bind(plan.host, plan.port) });
      if (role.isBroker && hasInternalListener) ports.internal = await ReservedPort.bind(LOOPBACK, 0);
      // Only nodes of this process talk to controllers, and they learn the port anew at each start.
      if (role.isController) ports.controller = await ReservedPort.bind(LOOPBACK, 0);
    }
    const voterPorts = new Map([...bound].map(([role, { controller }]) => [role.nodeId, controller?.port ?? 0]));
    const traffic = new Traffic();
    for (const [role, ports] of bound) for (const { port } of portsOf(ports)) traffic.name(port, role.nodeId);
    const readiness = new Readiness();
    const lacking = new Set<string>();
    /** Every node finds the same in its copy of the metadata log. */
    const tellOfLacking = (names: readonly string[]): void => {
      const news = names.filter((name) => !lacking.has(name));
      for (const name of news) lacking.add(name);
      if (news.length === 0 || options.quiet === true) return;
      console.error(`The metadata log has what there is not here, and is passed over: ${news.join(', ')}.`);
    };
    const nodes = [...bound].map(([role, ports]) => {
      const listeners = ports.clients.map(({ plan, port }) => listenerAt(plan, port.port));
      const addresses = {
        listeners,
        internalPort: ports.internal?.port ?? null,
        controllerPort: ports.controller?.port ?? null,
      };
      return new ClusterNode(
        {
          role,
          nodeIds: topology.nodes.map(({ nodeId }) => nodeId),
          listeners,
          data,
          properties: nodeProperties(
            role,
            topology,
            addresses,
            voterPorts,
            data.nodeDirectory(role.name),
            { ...options.config, ...options.brokerConfig?.[role.nodeId] },
            security,
          ),
          traffic,
          onTrace: (node, event) => {
            readiness.onTrace(node, event);
            if (event.type === 'features-lacking') tellOfLacking(event.names);
            options.onTrace?.(node, event);
          },
          onRequestError: (node, api, error) => {
            if (options.quiet !== true) console.error(`${node.name} could not handle ${api}:`, error);
            options.onRequestError?.(node, api, error);
          },
          onFailed: (node, end) => {
            readiness.onFailed(node, end.reason);
            if (options.quiet !== true) console.error(`${node.name} ended: ${end.reason}`, end.error ?? '');
            options.onNodeFailed?.(node, end.reason);
          },
        },
        portsOf(ports),
      );
    });
    const cluster = new ServedCluster(data, nodes, readiness, security.certificateFile);
    try {
      for (const node of nodes) await node.start();
      const timeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
      await cluster.ready(timeoutMs);
      const internalPort = [...bound.values()].find(({ internal }) => internal !== null)?.internal?.port;
      if (options.users !== undefined && internalPort !== undefined) {
        await storeUsers(options.users, ['SCRAM-SHA-256', 'SCRAM-SHA-512'], internalPort, nodes, timeoutMs);
      }
      if (options.topics !== undefined && options.topics.length > 0) {
        const [listener] = nodes[0]?.listeners ?? [];
        const plain = { host: listener?.host ?? LOOPBACK, port: listener?.port ?? 0 };
        const at = internalPort === undefined ? plain : { host: LOOPBACK, port: internalPort };
        await createTopics(options.topics, at, nodes, timeoutMs);
      }
    } catch (error) {
      for (const node of nodes) node.kill();
      throw error;
    }
    return cluster;
  } catch (error) {
    for (const port of [...bound.values()].flatMap(portsOf)) port.close();
    await data.release();
    throw error;
  }
}

class ServedCluster implements Cluster {
  readonly certificateFile: string | null;
  readonly nodes: readonly ClusterNode[];
  readonly #data: DataDirectory;
  readonly #readiness: Readiness;
  #stopping: Promise<void> | null = null;

  constructor(data: DataDirectory, nodes: readonly ClusterNode[], readiness: Readiness, certificateFile: string | null) {
    this.certificateFile = certificateFile;
    this.#data = data;
    this.#readiness = readiness;
    this.nodes = nodes;
  }

  get bootstrapServers(): string {
    return this.bootstrapServersOf(this.nodes[0]?.listeners[0]?.name ?? '');
  }

  bootstrapServersOf(listener: string): string {
    const all = this.nodes.flatMap(({ listeners }) => listeners);
    const found = all.filter(({ name }) => name === listener.toUpperCase());
    if (found.length > 0)
      return found.map(({ advertisedHost, advertisedPort }) => `${advertisedHost}:${advertisedPort}`).join(',');
    throw new UnusableError(
      `There is no listener ${listener}: there are ${[...new Set(all.map(({ name }) => name))].join(', ')}.`,
    );
  }

  get clusterId(): string {
    return this.#data.clusterId;
  }

  ready(timeoutMs = START_TIMEOUT_MS): Promise<void> {
    return this.#readiness.wait(this.nodes, timeoutMs);
  }

  broker(id: number): ClusterNode {
    const found = this.nodes.find(({ isBroker, nodeId }) => isBroker && nodeId === id);
    if (found !== undefined) return found;
    const ids = this.nodes.filter(({ isBroker }) => isBroker).map(({ nodeId }) => nodeId);
    throw new Error(`There is no broker ${id}: there are ${ids.join(', ')}.`);
  }

  moveLeader(topic: string, partition: number, broker: number, timeoutMs = START_TIMEOUT_MS): Promise<void> {
    return moveLeader(topic, partition, broker, { nodes: this.nodes, timeoutMs });
  }

  rebalance(group: string, timeoutMs = START_TIMEOUT_MS): Promise<void> {
    return rebalance(group, { nodes: this.nodes, timeoutMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Every broker hands over while there is still a quorum to ask; then the controllers end. */
  async #stop(): Promise<void> {
    this.#readiness.close();
    const up = this.nodes.filter(({ isUp }) => isUp);
    const brokers = up.filter(({ isBroker }) => isBroker);
    let left = brokers.length;
    let proceed: () => void = () => {};
    const allReleased = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const released = (): Promise<void> => {
      left--;
      if (left === 0) proceed();
      return allReleased;
    };
    await Promise.all(brokers.map((node) => node.stop(released)));
    await Promise.all(up.filter(({ isBroker }) => !isBroker).map((node) => node.stop()));
    for (const node of this.nodes) node.releasePorts();
    await this.#data.release();
  }
}

function topologyOf({ brokers = 1, firstBrokerId = 1, controllers, combined }: ServeOptions): Topology {
  const apart = combined === false ? (controllers ?? 1) : (controllers ?? null);
  return clusterTopology({ brokers, controllers: apart, firstBrokerId });
}

function listenerAt(plan: ListenerPlan, port: number): ServedListener {
  return { ...plan, port, advertisedPort: plan.advertisedPort === 0 ? port : plan.advertisedPort };
}

function portsOf({ clients, internal, controller }: Ports): readonly ReservedPort[] {
  return [...clients.map(({ port }) => port), internal, controller].filter((port) => port !== null);
}

/** Names and addresses that clients may reach the cluster by. */
function certifiedHosts(plans: readonly ListenerPlan[]): readonly string[] {
  const own = plans.flatMap(({ host, advertisedHost }) => (isWildcard(host) ? [advertisedHost] : [advertisedHost, host]));
  return [...new Set(['localhost', LOOPBACK, '::1', ...own])];
}
