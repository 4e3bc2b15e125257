/** The ports of core on a real machine: its clocks, timers, TCP and files. */
import type { Environment } from '../core/environment.ts';
import type { TraceEvent } from '../core/trace.ts';
import { systemClock } from './clock.ts';
import { nativeCompression } from './compression.ts';
import { systemCrypto } from './crypto.ts';
import { FileDisk } from './disk.ts';
import { TcpNetwork } from './network.ts';
import type { ReservedPort } from './ports.ts';
import type { NodeProcess } from './process.ts';
import { systemRandom } from './random.ts';
import { SystemTimers } from './timers.ts';
import type { NodeTraffic } from './traffic.ts';

export interface NodeEnvironmentOptions {
  /** Name that other nodes and clients reach this one's listeners by. */
  readonly host: string;
  readonly ports: readonly ReservedPort[];
  readonly traffic: NodeTraffic;
  readonly durable: boolean;
  readonly onTrace: (event: TraceEvent) => void;
  /** A request failed by a bug: it is answered with an error, and the node goes on. */
  readonly onRequestError: (api: string, error: unknown) => void;
}

/** The environment of one life of a node; `halt` ends the node, never the operating-system process. */
export function nodeEnvironment(process: NodeProcess, options: NodeEnvironmentOptions): Environment {
  return {
    nodeName: process.name,
    host: options.host,
    clock: systemClock,
    timers: new SystemTimers(process),
    network: new TcpNetwork(process, options),
    random: systemRandom,
    crypto: systemCrypto,
    compression: nativeCompression,
    disk: new FileDisk(process, options),
    tracer: { emit: options.onTrace },
    onRequestError: options.onRequestError,
    halt: (reason) => process.end({ kind: 'halted', reason }),
  };
}
