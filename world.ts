/**
 * The simulated world for any subject: machines, processes, network and disks in virtual time, and faults. It knows nothing
 * of Kafka.
 *
 *     import { trySeeds, World } from 'kafka-trial/world';
 */
export { createNodeHost, type NodeHost } from './campaign/host-node.ts';
export type { SeedRange } from './campaign/seeds.ts';
export { type SeedFailure, trySeeds } from './campaign/try-seeds.ts';
export { type Disk, DiskError, type DiskErrorCode, type DiskFile, type SyncCallback } from './ports/disk.ts';
export { invariant, InvariantViolation } from './ports/invariant.ts';
export type { CloseReason, Connection, ConnectionHandlers, Listener, Network } from './ports/network.ts';
export type { ProcessEvent, ProcessPorts, Tracer } from './ports/process.ts';
export type { Random, RandomStream } from './ports/random.ts';
export type { Clock, Timer, Timers } from './ports/time.ts';
export type { CauseLog } from './world/cause-log.ts';
export {
  type Chance,
  type ChanceOptions,
  type Decision,
  type DecisionLog,
  type Divergence,
  longTail,
  type Recording,
  type ReplayReport,
} from './world/chance.ts';
export type { SimClock } from './world/clock.ts';
export { DISK_DEFAULTS, type DiskOptions, type DiskSnapshot, type SimDisk } from './world/disk.ts';
export { ApplicationError, type FailureKind, SimulationFailure, WatchdogError } from './world/failures.ts';
export { RealWorldError } from './world/guards.ts';
export type { Host } from './world/host.ts';
export type { KernelLimits, RunOptions } from './world/kernel.ts';
export { NETWORK_DEFAULTS, type NetworkOptions } from './world/link.ts';
export type { Machine } from './world/machine.ts';
export type { SimNetwork } from './world/network.ts';
export type { EndReason, Entry, Process, ProcessChange, ProcessHandle, ProcessOptions, ServiceTime } from './world/process.ts';
export { firstDifference, firstDifferentEntry, type TraceEntry, type TraceHash } from './world/trace-hash.ts';
export type { Undo } from './world/undo.ts';
export { type Observer, World, type WorldCounters, type WorldOptions } from './world/world.ts';
