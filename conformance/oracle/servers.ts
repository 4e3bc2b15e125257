/** The two clusters that are compared: Apache Kafka and a served one, of combined nodes, with the same properties. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Properties } from '../../core/config/index.ts';
import { nodeProperties } from '../../server/node-properties.ts';
import { type Cluster, serve, type ServeOptions } from '../../server/serve.ts';
import { clusterTopology } from '../../server/topology.ts';
import type { Lives } from './conversation.ts';
import { Java, type KafkaProcess } from './java.ts';

export interface Server {
  /** Of the brokers, from 1 on. */
  readonly ports: readonly number[];
  readonly lives: Lives;
  stop(): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A folder for both servers' data, removed at the end. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'trial-oracle-'));
  readonly java: Java;
  #clusters = 0;

  constructor(classPath: string) {
    this.java = new Java(classPath, this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Apache Kafka as so many combined nodes, with what `trial serve` sets for them. */
  async startKafka(config: Properties, brokers: number): Promise<Server> {
    const name = `kafka-${this.#clusters++}`;
    const nodes = await Promise.all(
      Array.from({ length: brokers }, async (_, index) => ({
        port: await freePort(),
        controllerPort: await freePort(),
        data: join(this.folder, `${name}-${index + 1}`),
      })),
    );
    const processes = new Map<number, KafkaProcess>();
    let current = config;
    const start = async (brokerId: number): Promise<void> => {
      const { port, data } = nodes[brokerId - 1] as (typeof nodes)[number];
      processes.set(brokerId, await this.java.startBroker(combinedNode(nodes, brokerId - 1, data, current), port));
    };
    const ids = nodes.map((_, index) => index + 1);
    const stop = async (): Promise<void> => void (await Promise.all([...processes.values()].map((each) => each.stop())));
    // All of them before the first is started, which would not wait for the others for long.
    await Promise.all(
      ids.map(async (brokerId) => {
        const { data } = nodes[brokerId - 1] as (typeof nodes)[number];
        const file = this.java.propertiesFile(combinedNode(nodes, brokerId - 1, data, config));
        const format = await this.java.tool('kafka.tools.StorageTool', ['format', '-t', 'oracle-compares-them-Q', '-c', file]);
        if (format.status !== 0) throw new Error(`Apache Kafka could not format its directory:\n${format.text}`);
      }),
    );
    await Promise.all(ids.map(start));
    return {
      ports: nodes.map(({ port }) => port),
      stop,
      lives: {
        start,
        stop: (brokerId) => processes.get(brokerId)?.stop() ?? Promise.resolve(),
        kill: (brokerId) => processes.get(brokerId)?.kill() ?? Promise.resolve(),
        restart: async (changed) => {
          await stop();
          current = { ...current, ...changed };
          await Promise.all(ids.map(start));
        },
      },
    };
  }

  /** A served cluster, with the same properties. */
  async startTrial(config: Properties, brokers: number): Promise<Server & { readonly errors: readonly string[] }> {
    const errors: string[] = [];
    const data = join(this.folder, `trial-${this.#clusters++}`);
    const start = (port: ServeOptions['port'], properties: Properties): Promise<Cluster> =>
      serve({
        port: port ?? 0,
        brokers,
        data,
        config: properties,
        quiet: true,
        onRequestError: (_, api, error) => errors.push(`${api}: ${error instanceof Error ? error.stack : String(error)}`),
        onNodeFailed: (_, reason) => errors.push(reason),
      });
    let cluster = await start(0, config);
    let current = config;
    const ports = cluster.bootstrapServers.split(',').map((address) => Number(address.split(':').at(-1)));
    return {
      ports,
      errors,
      stop: () => cluster.stop(),
      lives: {
        start: (brokerId) => cluster.broker(brokerId).start(),
        stop: (brokerId) => cluster.broker(brokerId).stop(),
        kill: async (brokerId) => cluster.broker(brokerId).kill(),
        restart: async (changed) => {
          await cluster.stop();
          current = { ...current, ...changed };
          cluster = await start(ports, current);
        },
      },
    };
  }
}

interface NodePorts {
  readonly port: number;
  readonly controllerPort: number;
}

/** The properties of one of some combined nodes as `trial serve` makes them. */
export function combinedNode(nodes: readonly NodePorts[], index: number, data: string, config: Properties): Properties {
  const topology = clusterTopology({ brokers: nodes.length, controllers: null });
  const [node, ports] = [topology.nodes[index], nodes[index]];
  if (node === undefined || ports === undefined) throw new Error(`there is no node ${index}`);
  const { port, controllerPort } = ports;
  const host = '127.0.0.1';
  const listener = {
    name: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    host,
    port,
    advertisedHost: host,
    advertisedPort: port,
  } as const;
  const addresses = { listeners: [listener], controllerPort, internalPort: null };
  const voterPorts = new Map(topology.nodes.map(({ nodeId }, at) => [nodeId, nodes[at]?.controllerPort ?? 0]));
  return nodeProperties(node, topology, addresses, voterPorts, data, config, { properties: {} });
}
