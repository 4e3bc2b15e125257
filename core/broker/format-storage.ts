/** Preparing a node's directories before its first start (kafka-storage format), and reading what was prepared. */
import { ConfigError } from '../config/definition.ts';
import { type Disk, DiskError } from '../../ports/disk.ts';
import type { RandomStream } from '../../ports/random.ts';
import {
  formatMetaProperties,
  META_PROPERTIES,
  type MetaProperties,
  parseMetaProperties,
  unusableMetaProperties,
} from '../log/meta-properties.ts';
import { bootstrapRecords, type InitialFeatures } from '../metadata/features.ts';
import { LATEST_METADATA_VERSION } from '../metadata/metadata-version.ts';
import { encodeRecord } from '../metadata/records.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import { stringToUtf8, utf8ToString } from '../protocol/strings.ts';
import { randomUuid } from '../protocol/uuid.ts';
import { writeBootstrapSnapshot } from '../raft/bootstrap-snapshot.ts';
import type { NodeSettings } from './node-settings.ts';
import { METADATA_TOPIC } from './topic-names.ts';

/** The log directories of a node, and the one of its metadata log. */
function storageDirectories(settings: NodeSettings): readonly string[] {
  return [...new Set([...settings.logDirectories, settings.metadataDirectory])];
}

export interface FormatOptions {
  readonly clusterId: string;
  readonly nodeId: BrokerId;
  readonly directories: readonly string[];
  /** Of a controller: which of the directories is to hold the metadata log, and with which features a new cluster begins. */
  readonly controller?: { readonly metadataDirectory: string; readonly features?: InitialFeatures } | null;
  readonly wallMs: number;
}

/**
 * Writes `meta.properties` into each directory that has none, making the directory if needed, and on a controller what the metadata of
 * a new cluster begins with. The caller decides when a directory may be formatted: a wiped disk gets a new directory id.
 */
export function formatStorage(disk: Disk, random: RandomStream, options: FormatOptions): void {
  const { clusterId, nodeId, controller = null, wallMs } = options;
  for (const directory of options.directories) {
    const path = `${directory}/${META_PROPERTIES}`;
    if (disk.exists(path)) continue;
    disk.makeDirectory(directory);
    // First, so that a directory with meta.properties has it.
    if (directory === controller?.metadataDirectory) {
      const records = bootstrapRecords(controller.features).map((record) => encodeRecord(record, LATEST_METADATA_VERSION));
      writeBootstrapSnapshot(disk, `${directory}/${METADATA_TOPIC}-0`, records, wallMs);
    }
    const file = disk.open(path, { create: true });
    const meta = { clusterId, nodeId, directoryId: randomUuid(random) };
    file.append(stringToUtf8(formatMetaProperties(meta, wallMs)));
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
    const text = readMetaProperties(disk, path);
    if (text === 'unreadable') continue;
    const meta = parseMetaProperties(text);
    if (meta === null) {
      const unusable = text === null ? null : unusableMetaProperties(text);
      throw new ConfigError(`log.dirs holds ${path}, but ${unusable ?? 'it is not formatted'}.`);
    }
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

function readMetaProperties(disk: Disk, directory: string): string | null | 'unreadable' {
  try {
    const file = disk.open(`${directory}/${META_PROPERTIES}`);
    const text = utf8ToString(file.read(0, file.size));
    file.close();
    return text;
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return error.code === 'EIO' ? 'unreadable' : null;
  }
}
