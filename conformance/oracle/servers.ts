/** The two clusters that are compared: Apache Kafka and a served one, of combined nodes, with the same properties. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Properties } from '../../core/config/index.ts';
import { nodeProperties } from '../../server/node-properties.ts';
import { serve } from '../../server/serve.ts';
import { clusterTopology } from '../../server/topology.ts';
import { Java } from './java.ts';

export interface Server {
  /** Of the brokers, from 1 on. */
  readonly ports: readonly number[];
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

  constructor(classPath: string) {
    this.java = new Java(classPath, this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Apache Kafka as so many combined nodes, with what `trial serve` sets for them. */
  async startKafka(config: Properties, brokers: number): Promise<Server> {
    const nodes = await Promise.all(
      Array.from({ length: brokers }, async (_, index) => ({
        port: await freePort(),
        controllerPort: await freePort(),
        data: join(this.folder, `kafka-${brokers}-${index + 1}`),
      })),
    );
    const started = await Promise.all(
      nodes.map(async ({ port, data }, index) => {
        const properties = combinedNode(nodes, index, data, config);
        const file = this.java.propertiesFile(properties);
        const format = await this.java.tool('kafka.tools.StorageTool', ['format', '-t', 'oracle-compares-them-Q', '-c', file]);
        if (format.status !== 0) throw new Error(`Apache Kafka could not format its directory:\n${format.text}`);
        return this.java.startBroker(properties, port);
      }),
    );
    return {
      ports: nodes.map(({ port }) => port),
      stop: async () => void (await Promise.all(started.map((process) => process.stop()))),
    };
  }

  /** A served cluster, with the same properties. */
  async startTrial(config: Properties, brokers: number): Promise<Server & { readonly errors: readonly string[] }> {
    const errors: string[] = [];
    const cluster = await serve({
      port: 0,
      brokers,
      data: join(this.folder, `trial-${brokers}`),
      config,
      quiet: true,
      onRequestError: (_, api, error) => errors.push(`${api}: ${error instanceof Error ? error.stack : String(error)}`),
      onNodeFailed: (_, reason) => errors.push(reason),
    });
    const ports = cluster.bootstrapServers.split(',').map((address) => Number(address.split(':').at(-1)));
    return { ports, errors, stop: () => cluster.stop() };
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
