/**
 * What Kafka needs of the world, over the ports that every process has (`ports/`). Core reaches time, chance, network and disk through
 * this and nothing else.
 */
import type { Compression } from '../ports/compression.ts';
import type { Crypto } from '../ports/crypto.ts';
import type { ClientPorts, ProcessPorts } from '../ports/process.ts';
import type * as ports from '../ports/process.ts';
import type * as random from '../ports/random.ts';
import type { RarePath } from './rare-paths.ts';
import type { TraceEvent } from './trace.ts';

export type Tracer = ports.Tracer<TraceEvent>;
export type Random = random.Random<RarePath>;

/** What a client (an application's process) has. */
export interface ClientEnvironment extends ClientPorts<TraceEvent, RarePath> {
  readonly compression: Compression;
  /** Absent in a world where nobody authenticates: SASL is then refused. */
  readonly crypto?: Crypto;
  /**
   * Told of an error that a request's handler threw, and that is no InvariantViolation; the request is then answered with
   * UNKNOWN_SERVER_ERROR, as in Kafka. A world without it (the simulation) wants to see such an error end the process.
   */
  readonly onRequestError?: (api: string, error: unknown) => void;
}

/** What a node of the cluster has; it halts as Kafka does when it can't go on (all log directories failed, a fatal fault). */
export interface Environment extends ClientEnvironment, ProcessPorts<TraceEvent, RarePath> {}
