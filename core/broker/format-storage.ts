/** Preparing a node's directories before its first start (kafka-storage format), and reading what was prepared. */
import { ConfigError } from '../config/definition.ts';
import { type Disk, DiskError } from '../../ports/disk.ts';
import type { RandomStream } from '../../ports/random.ts';
import { formatMetaProperties, META_PROPERTIES, type MetaProperties, parseMetaProperties } from '../log/meta-properties.ts';
import { randomUuid } from '../protocol/uuid.ts';
import type { NodeSettings } from './node-settings.ts';

/** The log directories of a node, and the one of its metadata log. */
function storageDirectories(settings: NodeSettings): readonly string[] {
  return [...new Set([...settings.logDirectories, settings.metadataDirectory])];
}

/**
 * Writes `meta.properties` into each directory that has none, making the directory if needed. The caller decides when a
 * directory may be formatted: a wiped disk gets a new directory id.
 */
export function formatStorage(
  disk: Disk,
  random: RandomStream,
  options: { readonly clusterId: string; readonly nodeId: number; readonly directories: readonly string[] },
): void {
  for (const directory of options.directories) {
    const path = `${directory}/${META_PROPERTIES}`;
    if (disk.exists(path)) continue;
    disk.makeDirectory(directory);
    const { clusterId, nodeId } = options;
    const file = disk.open(path, { create: true });
    file.append(
      new TextEncoder().encode(formatMetaProperties({ version: 1, clusterId, nodeId, directoryId: randomUuid(random) })),
    );
    // Formatting happens before any fault is told of; what it writes is durable soon and nothing waits for it.
    file.sync(() => file.close());
    disk.syncDirectory(directory, () => {});
    const parent = directory.lastIndexOf('/');
    if (parent >= 0) disk.syncDirectory(directory.slice(0, Math.max(1, parent)), () => {});
  }
}

export interface FormattedDirectory extends MetaProperties {
  readonly path: string;
}

/**
 * Reads `meta.properties` of each directory. A directory that cannot be read is left out; one that was never formatted, or
 * for another node or cluster than the others, is a ConfigError.
 */
export function readStorage(disk: Disk, settings: NodeSettings): readonly FormattedDirectory[] {
  const found: FormattedDirectory[] = [];
  for (const path of storageDirectories(settings)) {
    const meta = readMetaProperties(disk, path);
    if (meta === 'unreadable') continue;
    if (meta === null) throw new ConfigError(`log.dirs holds ${path}, but it is not formatted.`);
    if (meta.nodeId !== settings.nodeId) {
      throw new ConfigError(`node.id is ${settings.nodeId}, but ${path} was formatted for node ${meta.nodeId}.`);
    }
    if (found[0] !== undefined && found[0].clusterId !== meta.clusterId) {
      throw new ConfigError(
        `log.dirs holds ${path} of cluster ${meta.clusterId}, but ${found[0].path} is of ${found[0].clusterId}.`,
      );
    }
    found.push({ ...meta, path });
  }
  return found;
}

function readMetaProperties(disk: Disk, directory: string): MetaProperties | null | 'unreadable' {
  try {
    const file = disk.open(`${directory}/${META_PROPERTIES}`);
    const text = new TextDecoder().decode(file.read(0, file.size));
    file.close();
    return parseMetaProperties(text);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return error.code === 'EIO' ? 'unreadable' : null;
  }
}
