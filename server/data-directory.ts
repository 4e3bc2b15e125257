/** Where a served cluster keeps its data: a directory per node, and a file that says whose it is. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  META_PROPERTIES,
  type MetaProperties,
  parseMetaProperties,
  unusableMetaProperties,
} from '../core/log/meta-properties.ts';
import { METADATA_TOPIC } from '../core/broker/topic-names.ts';
import { randomUuid } from '../core/protocol/uuid.ts';
import { BOOTSTRAP_SNAPSHOT, snapshotFileName } from '../core/raft/snapshot-files.ts';
import { lockDirectory } from './lock.ts';
import { systemRandom } from './random.ts';
import type { Topology } from './topology.ts';
import { UnusableError } from './unusable.ts';

const CLUSTER_FILE = 'cluster.properties';
const METADATA_DIRECTORY = `${METADATA_TOPIC}-0`;

export interface DataDirectory {
  readonly clusterId: string;
  /** False: nobody reads it after this process, so nothing is synced. */
  readonly durable: boolean;
  /** What is the whole cluster's; a path of this machine. */
  readonly root: string;
  /** Absolute, separated by '/'. */
  nodeDirectory(nodeName: string): string;
  release(): Promise<void>;
}

/** A directory that goes with the cluster. */
export function temporaryDirectory(): DataDirectory {
  const path = fs.mkdtempSync(join(tmpdir(), 'kafka-trial-'));
  return {
    clusterId: randomUuid(systemRandom.stream('cluster-id')),
    durable: false,
    root: path,
    nodeDirectory: (name) => portable(join(path, name)),
    release: async () => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * Takes `path` for a cluster of this shape. An absent or empty directory is prepared, and nodes that Kafka formatted are taken over;
 * a directory of a cluster with other voters or more brokers, of something else, or in use is refused with a sentence.
 */
export async function openDataDirectory(path: string, topology: Topology): Promise<DataDirectory> {
  const root = resolve(path);
  fs.mkdirSync(root, { recursive: true });
  const unlock = await lockDirectory(root);
  try {
    const clusterId = readCluster(root, topology) ?? randomUuid(systemRandom.stream('cluster-id'));
    writeCluster(root, clusterId, topology);
    checkNodes(root, clusterId, topology);
    return {
      clusterId,
      durable: true,
      root,
      nodeDirectory: (name) => portable(join(root, name)),
      release: unlock,
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** The cluster id, or null if the directory is new. */
function readCluster(root: string, topology: Topology): string | null {
  const file = join(root, CLUSTER_FILE);
  if (!fs.existsSync(file)) {
    if (fs.readdirSync(root).length === 0) return null;
    return takenOver(root, topology);
  }
  const values = new Map(
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split('=', 2) as [string, string]),
  );
  const clusterId = values.get('cluster.id') ?? '';
  const brokers = Number(values.get('brokers'));
  const voters = values.get('voters') ?? '';
  if (clusterId === '' || !Number.isInteger(brokers) || voters === '') {
    throw new UnusableError(`${file} is broken: it must say cluster.id, brokers and voters.`);
  }
  if (voters !== topology.voters.join(',')) {
    throw new UnusableError(
      `${root} holds a cluster whose controllers are the nodes ${voters}, but ${topology.voters.join(',')} were asked for.`,
    );
  }
  if (brokers > topology.brokers.length) {
    throw new UnusableError(`${root} holds a cluster of ${brokers} brokers, but ${topology.brokers.length} were asked for.`);
  }
  return clusterId;
}

/**
 * The cluster id of nodes that Kafka formatted: their directories have the names that they would have here, and all that there is are
 * such directories.
 */
function takenOver(root: string, topology: Topology): string {
  const own = readMeta(root);
  if (own !== null) {
    throw new UnusableError(
      `${root} is the directory of node ${own.nodeId}: it can be used as broker-${own.nodeId} in the data directory of a cluster.`,
    );
  }
  const names: readonly string[] = topology.nodes.map(({ name }) => name);
  const metas = fs.readdirSync(root).map((entry) => (names.includes(entry) ? readMeta(join(root, entry)) : null));
  const [first] = metas;
  if (first !== undefined && first !== null && !metas.includes(null)) return first.clusterId;
  throw new UnusableError(`${root} is not empty and holds no ${CLUSTER_FILE}: it is not the data directory of a served cluster.`);
}

function readMeta(directory: string): MetaProperties | null {
  const file = join(directory, META_PROPERTIES);
  return fs.existsSync(file) ? parseMetaProperties(fs.readFileSync(file, 'utf8')) : null;
}

function writeCluster(root: string, clusterId: string, topology: Topology): void {
  const text = `cluster.id=${clusterId}\nbrokers=${topology.brokers.length}\nvoters=${topology.voters.join(',')}\n`;
  const file = join(root, CLUSTER_FILE);
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return;
  // By way of another name, so that a crash leaves the old file or the new one.
  fs.writeFileSync(`${file}.tmp`, text, { flush: true });
  fs.renameSync(`${file}.tmp`, file);
}

/** Every node's own file must name this cluster and this node; a node whose directory has data but no such file is broken. */
function checkNodes(root: string, clusterId: string, topology: Topology): void {
  for (const { name, nodeId } of topology.nodes) {
    const directory = join(root, name);
    if (!fs.existsSync(directory) || fs.readdirSync(directory).length === 0) continue;
    const file = join(directory, META_PROPERTIES);
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
    const meta = parseMetaProperties(text);
    const unusable = meta === null && text !== null ? unusableMetaProperties(text) : null;
    if (unusable !== null) throw new UnusableError(`${directory} cannot be used: ${unusable}.`);
    if (meta === null) {
      // Killed while it was being formatted: nothing was kept there yet.
      if (isOnlyBeingFormatted(directory)) {
        fs.rmSync(file, { force: true });
        continue;
      }
      throw new UnusableError(`${directory} is broken: it holds data but no readable ${META_PROPERTIES}.`);
    }
    if (meta.clusterId !== clusterId) {
      throw new UnusableError(`${directory} belongs to the cluster ${meta.clusterId}, but ${root} to ${clusterId}.`);
    }
    if (meta.nodeId !== nodeId) throw new UnusableError(`${directory} belongs to node ${meta.nodeId}, not ${nodeId}.`);
  }
}

/** What is written before meta.properties, and meta.properties. */
function isOnlyBeingFormatted(directory: string): boolean {
  const written = fs.readdirSync(directory).flatMap((entry) => {
    if (entry !== METADATA_DIRECTORY) return [entry];
    return fs.readdirSync(join(directory, entry)).map((file) => `${entry}/${file}`);
  });
  const bootstrap = `${METADATA_DIRECTORY}/${snapshotFileName(BOOTSTRAP_SNAPSHOT)}`;
  return written.every((file) => file === META_PROPERTIES || file === bootstrap);
}

function portable(path: string): string {
  return path.replaceAll('\\', '/');
}
