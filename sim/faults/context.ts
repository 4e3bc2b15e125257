/**
 * What faults can do to the world. The implementation (injector.ts) keeps the durability budget: it refuses or softens an act
 * that would leave it, before the act, so that a bug cannot excuse its own loss (docs/guarantees.md, "The durability budget").
 */
import type { RandomStream } from '../../ports/random.ts';
import type { Plan } from '../plan.ts';

export interface FaultContext {
  readonly plan: Plan;
  readonly random: RandomStream;
  /** Process names. */
  readonly brokers: readonly string[];
  readonly controllers: readonly string[];
  /** Nodes of the cluster: brokers and controllers, each once. */
  readonly nodes: readonly string[];
  readonly clients: readonly string[];
  isUp(node: string): boolean;
  /** Runs `act` later in virtual time, if the chaos phase is still on. */
  later(delayMs: number, act: () => void): void;

  /** Process crash: memory lost, page cache kept. False if refused by the budget. */
  crash(node: string): boolean;
  /** Starts a process that is down; no effect on one that is up. */
  start(node: string): void;
  /** Power loss of a node's machine: what was not synced may be lost. Softened to a crash where the budget says so. */
  losePower(node: string): 'power-lost' | 'crashed' | 'refused';
  /** Several machines at the same instant. */
  losePowerTogether(nodes: readonly string[]): 'power-lost' | 'crashed' | 'refused';
  /** Asks the node to shut down in order; it is down once it has. */
  shutDown(node: string): boolean;
  pause(node: string): boolean;
  resume(node: string): void;
  /** Starts a second process with this broker's id on another machine, with an empty disk. Null if it cannot be. */
  startTwin(node: string): (() => void) | null;

  /** Cuts traffic from each of `from` to each of `to`. False if refused by the budget. */
  cut(from: readonly string[], to: readonly string[], oneWay: boolean): (() => void) | null;
  /** Multiplies latency, divides bandwidth of a node's links. */
  degrade(node: string, latencyFactor: number, bandwidthDivisor: number): () => void;
  /** Connections of the node's links are reset, each chunk with this chance in 10,000. */
  flaky(node: string, resetPer10k: number): () => void;
  /** The node's open connections, with everybody or with clients alone, hold what is sent over them; new ones work. Null if refused. */
  stickConnections(node: string, withWhom: 'clients' | 'everybody'): (() => void) | null;
  resetConnections(node: string): void;
  refuseConnections(node: string): () => void;
  slowReader(node: string, factor: number): () => void;
  /** Chunks to the node arrive in odd pieces. */
  splitFrames(node: string): () => void;
  /** An outsider opens a connection to the node's first listener and sends bytes that are no protocol. */
  sendGarbage(node: string, sizeBytes: number): void;

  /** Multiplies the node's service time. */
  slowDown(node: string, factor: number): () => void;

  slowDisk(node: string, factor: number): () => void;
  /** Syncs do not end for this long. */
  stallDisk(node: string, forMs: number): void;
  /** The next sync of the node's disk fails, and what was dirty in that file is never written (fsyncgate). False if refused. */
  failSync(node: string): boolean;
  /** The next read of the node's disk fails with EIO. False if refused. */
  failRead(node: string): boolean;
  fillDisk(node: string): (() => void) | null;
  /** One of the node's log directories answers EIO to everything. Null if refused (it has only one, or the budget forbids it). */
  failLogDirectory(node: string, index: number): (() => void) | null;
  /** Flips bits in synced bytes of the node's logs, that of the cluster's metadata among them. False if refused. */
  rotBits(node: string, flips: number): boolean;
  /** Replaces the node's disk by an empty one while it is down. False if refused. */
  wipe(node: string): boolean;

  jumpWallClock(node: string, byMs: number): void;
  driftClock(node: string, ppm: number): () => void;

  /** Who leads a partition by the committed metadata, null if nobody. */
  leaderOf(partition: string): string | null;
  inSyncFollowersOf(partition: string): readonly string[];
  activeController(): string | null;
}
