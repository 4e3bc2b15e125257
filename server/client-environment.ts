/** The ports of a client (a producer, a consumer, an admin client) on a real machine: clocks, timers, chance and TCP; no files. */
import type { ClientEnvironment } from '../core/environment.ts';
import { systemClock } from './clock.ts';
import { nativeCompression } from './compression.ts';
import { systemCrypto } from './crypto.ts';
import { TcpNetwork } from './network.ts';
import { NodeProcess, type ProcessEnd } from './process.ts';
import { systemRandom } from './random.ts';
import { SystemTimers } from './timers.ts';
import { UNHINDERED } from './traffic.ts';

export interface ClientEnvironmentOptions {
  /** What the clients are called if their properties have no client.id. */
  readonly name: string;
  /** A callback of a client threw: a bug. Nothing of the clients runs any more. */
  readonly onFailed: (end: ProcessEnd) => void;
  /** A connection could not be made, or broke. */
  readonly onConnectionError?: (host: string, port: number, error: NodeJS.ErrnoException) => void;
}

export interface ClientProcess {
  readonly environment: ClientEnvironment;
  /** Ends what the clients left behind: their connections and timers. */
  end(): void;
}

/** Host names are looked up by the system for every connection, and all their addresses are tried. */
export function clientProcess(options: ClientEnvironmentOptions): ClientProcess {
  const process = new NodeProcess(options.name, (end) => {
    if (end.kind === 'failed') options.onFailed(end);
  });
  const network = new TcpNetwork(process, {
    ports: [],
    traffic: UNHINDERED,
    ...(options.onConnectionError === undefined ? {} : { onConnectionError: options.onConnectionError }),
  });
  return {
    environment: {
      nodeName: options.name,
      host: 'localhost',
      clock: systemClock,
      timers: new SystemTimers(process),
      network,
      random: systemRandom,
      crypto: systemCrypto,
      compression: nativeCompression,
      tracer: { emit: () => undefined },
    },
    end: () => process.end({ kind: 'stopped', reason: 'ended' }),
  };
}
