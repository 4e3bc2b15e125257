/** The two servers that are compared: Apache Kafka and a served cluster of one combined node, with the same properties. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Properties } from '../../core/config/index.ts';
import { nodeProperties } from '../../server/node-properties.ts';
import { serve } from '../../server/serve.ts';
import { clusterTopology } from '../../server/topology.ts';
import { Java, type KafkaProcess } from './java.ts';

export interface Server {
  readonly port: number;
  readonly data: string;
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

  /** Apache Kafka as a combined node, with what `trial serve` sets for one. */
  async startKafka(config: Properties): Promise<Server & { readonly process: KafkaProcess }> {
    const port = await freePort();
    const controllerPort = await freePort();
    const data = join(this.folder, 'kafka');
    const properties = combinedNode(port, controllerPort, data, config);
    const file = this.java.propertiesFile(properties);
    const format = await this.java.tool('kafka.tools.StorageTool', ['format', '-t', 'oracle-compares-them-Q', '-c', file]);
    if (format.status !== 0) throw new Error(`Apache Kafka could not format its directory:\n${format.text}`);
    const process = await this.java.startBroker(properties, port);
    return { port, data, process, stop: () => process.stop() };
  }

  /** A served cluster, with the same properties. */
  async startTrial(config: Properties): Promise<Server & { readonly errors: readonly string[] }> {
    const data = join(this.folder, 'trial');
    const errors: string[] = [];
    const cluster = await serve({
      port: 0,
      data,
      config,
      quiet: true,
      onRequestError: (_, api, error) => errors.push(`${api}: ${error instanceof Error ? error.stack : String(error)}`),
      onNodeFailed: (_, reason) => errors.push(reason),
    });
    return {
      port: Number(cluster.bootstrapServers.split(':').at(-1)),
      data: join(data, 'broker-1'),
      errors,
      stop: () => cluster.stop(),
    };
  }
}

const PLAINTEXT = { listener: 'PLAINTEXT', protocol: 'PLAINTEXT', properties: {} } as const;

/** The properties of a node as `trial serve` makes them. */
export function combinedNode(port: number, controllerPort: number, data: string, config: Properties): Properties {
  const topology = clusterTopology({ brokers: 1, controllers: null });
  const [node] = topology.nodes;
  if (node === undefined) throw new Error('a topology without nodes');
  const addresses = { bindHost: '127.0.0.1', advertisedHost: '127.0.0.1', brokerPort: port, controllerPort, internalPort: null };
  return nodeProperties(node, topology, addresses, new Map([[node.nodeId, controllerPort]]), data, config, PLAINTEXT);
}
