/**
 * The marker that each log directory holds after a run that ended in order: the logs need no recovery. It names the broker's epoch, by
 * which the controller knows that nothing was lost since (KIP-966).
 */
import { type Disk, DiskError } from '../../ports/disk.ts';
import { BrokerEpoch, NONE } from '../protocol/numbers.ts';

export const CLEAN_SHUTDOWN_MARKER = '.kafka_cleanshutdown';

/** What Kafka 4.4.0 writes, to the byte. */
export function formatCleanShutdown(brokerEpoch: BrokerEpoch): string {
  return JSON.stringify({ version: 0, brokerEpoch });
}

/** The broker epoch that every directory's marker names, or -1 when one has none or another. To be read before the logs are loaded. */
export function readCleanShutdownEpoch(disk: Disk, directories: readonly string[]): BrokerEpoch {
  const epochs = new Set(directories.map((directory) => readEpoch(disk, `${directory}/${CLEAN_SHUTDOWN_MARKER}`)));
  const [epoch] = epochs;
  return epochs.size === 1 && epoch !== undefined ? epoch : NONE;
}

function readEpoch(disk: Disk, path: string): BrokerEpoch {
  try {
    if (!disk.exists(path)) return NONE;
    const file = disk.open(path);
    const text = new TextDecoder().decode(file.read(0, file.size));
    file.close();
    return parseEpoch(text);
  } catch (error) {
    if (error instanceof DiskError) return NONE;
    throw error;
  }
}

/** A marker may be torn, or of a release that wrote another form: it proves nothing then. */
function parseEpoch(text: string): BrokerEpoch {
  const epoch = /^\{.*"brokerEpoch":(\d+)[,}]/.exec(text)?.[1];
  return epoch === undefined ? NONE : BrokerEpoch(Number(epoch));
}
