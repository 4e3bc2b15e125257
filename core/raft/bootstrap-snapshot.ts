/** The snapshot that a controller's metadata log directory is formatted with, as Kafka 4.4 does it. */
import type { Disk } from '../../ports/disk.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot-format.ts';
import { BOOTSTRAP_SNAPSHOT, snapshotFileName } from './snapshot-files.ts';

function pathIn(directory: string): string {
  return `${directory}/${snapshotFileName(BOOTSTRAP_SNAPSHOT)}`;
}

/** Writes the records as the bootstrap snapshot of a metadata log directory. What it writes is durable soon, and nothing waits for it. */
export function writeBootstrapSnapshot(disk: Disk, directory: string, records: readonly Uint8Array[], wallMs: number): void {
  disk.makeDirectory(directory);
  disk.remove(pathIn(directory));
  const file = disk.open(pathIn(directory), { create: true });
  for (const batch of encodeSnapshot(BOOTSTRAP_SNAPSHOT, wallMs, records, wallMs)) file.append(batch);
  file.sync(() => file.close());
  disk.syncDirectory(directory, () => {});
}

/** The records, 'absent', or 'damaged'. Throws DiskError. */
export function readBootstrapSnapshot(disk: Disk, directory: string): readonly Uint8Array[] | 'absent' | 'damaged' {
  if (!disk.exists(pathIn(directory))) return 'absent';
  const file = disk.open(pathIn(directory));
  try {
    const snapshot = decodeSnapshot(BOOTSTRAP_SNAPSHOT, file.read(0, file.size));
    return snapshot === null ? 'damaged' : snapshot.batches.flatMap(({ records }) => records);
  } finally {
    file.close();
  }
}
