/**
 * What a whole program needs of its process: an application that brings its own Kafka clients, and whose platform is
 * simulated around it (`apps/`).
 */
import type { ClientEnvironment } from '../../core/environment.ts';

export interface ProgramPorts {
  /** The process's ports. Callbacks are called in events of the kernel. What passes over its connections is read for the history. */
  readonly env: ClientEnvironment;
  /** Which life of the process, from 1. */
  readonly incarnation: number;
  /**
   * Runs code of the program, so that whatever comes of it later is known to be its own. `takes` is told of rejections that nobody
   * handles, and of what callbacks of the platform throw: within a simulated second, and not once the process is down.
   */
  within<T>(takes: (error: unknown) => void, run: () => T): T;
  /** It says that it has processed this record. */
  processed(topic: string, partition: number, offset: number): void;
  /** Ends the run, as an error of the application. */
  fail(error: unknown): void;
  /** The run is over soon: called once, when applications are to end. */
  onEnd(callback: () => void): void;
}
