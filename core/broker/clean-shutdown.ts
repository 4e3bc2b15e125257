/** The proof that a broker's last run ended in order: its epoch, in the marker that each log directory then holds (KIP-966). */
import { type Disk, DiskError } from '../../ports/disk.ts';
import { CLEAN_SHUTDOWN_MARKER } from '../log/log-directory.ts';

/** The broker epoch that every directory's marker names, or -1 when one has none or another. To be read before the logs are loaded. */
export function readCleanShutdownEpoch(disk: Disk, directories: readonly string[]): number {
  const epochs = new Set(directories.map((directory) => readEpoch(disk, `${directory}/${CLEAN_SHUTDOWN_MARKER}`)));
  const [epoch] = epochs;
  return epochs.size === 1 && epoch !== undefined ? epoch : -1;
}

function readEpoch(disk: Disk, path: string): number {
  try {
    if (!disk.exists(path)) return -1;
    const file = disk.open(path);
    const text = new TextDecoder().decode(file.read(0, file.size));
    file.close();
    const epoch = /^brokerEpoch: (\d+)$/m.exec(text)?.[1];
    return epoch === undefined ? -1 : Number(epoch);
  } catch (error) {
    if (error instanceof DiskError) return -1;
    throw error;
  }
}
