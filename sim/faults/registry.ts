/** Every kind of fault, by name. A new kind is a file in `kinds/` and its line here. */
import type { FaultDefinition } from './definition.ts';
import { bandwidthCollapse } from './kinds/bandwidth-collapse.ts';
import { bitRot } from './kinds/bit-rot.ts';
import { bridge } from './kinds/bridge.ts';
import { clientCrash } from './kinds/client-crash.ts';
import { clientCut } from './kinds/client-cut.ts';
import { clockDrift } from './kinds/clock-drift.ts';
import { clockJump } from './kinds/clock-jump.ts';
import { clusterPowerLoss } from './kinds/cluster-power-loss.ts';
import { controlledShutdown } from './kinds/controlled-shutdown.ts';
import { crash } from './kinds/crash.ts';
import { crashLoop } from './kinds/crash-loop.ts';
import { diskFull } from './kinds/disk-full.ts';
import { diskStall } from './kinds/disk-stall.ts';
import { flakyLinks } from './kinds/flaky-links.ts';
import { garbageClient } from './kinds/garbage-client.ts';
import { isolate } from './kinds/isolate.ts';
import { latencyStorm } from './kinds/latency-storm.ts';
import { logDirectoryFailure } from './kinds/log-directory-failure.ts';
import { lostWrite } from './kinds/lost-write.ts';
import { oddFrames } from './kinds/odd-frames.ts';
import { oneWayCut } from './kinds/one-way-cut.ts';
import { pairCut } from './kinds/pair-cut.ts';
import { pause } from './kinds/pause.ts';
import { powerLoss } from './kinds/power-loss.ts';
import { promptRestart } from './kinds/prompt-restart.ts';
import { rackPowerLoss } from './kinds/rack-power-loss.ts';
import { readFailure } from './kinds/read-failure.ts';
import { refuseConnections } from './kinds/refuse-connections.ts';
import { replaceNode } from './kinds/replace-node.ts';
import { resetConnections } from './kinds/reset-connections.ts';
import { restoreDisk } from './kinds/restore-disk.ts';
import { ring } from './kinds/ring.ts';
import { rollingRestart } from './kinds/rolling-restart.ts';
import { secondProcess } from './kinds/second-process.ts';
import { slowDisk } from './kinds/slow-disk.ts';
import { slowMetadata } from './kinds/slow-metadata.ts';
import { slowProcess } from './kinds/slow-process.ts';
import { slowReader } from './kinds/slow-reader.ts';
import { split } from './kinds/split.ts';
import { stuckConnections } from './kinds/stuck-connections.ts';
import { syncFailure } from './kinds/sync-failure.ts';
import { tornWrite } from './kinds/torn-write.ts';

const ALL = [
  crash,
  crashLoop,
  promptRestart,
  clientCrash,
  pause,
  controlledShutdown,
  rollingRestart,
  slowProcess,
  slowMetadata,
  secondProcess,
  powerLoss,
  rackPowerLoss,
  clusterPowerLoss,
  isolate,
  oneWayCut,
  pairCut,
  split,
  bridge,
  ring,
  clientCut,
  latencyStorm,
  bandwidthCollapse,
  flakyLinks,
  resetConnections,
  stuckConnections,
  refuseConnections,
  slowReader,
  oddFrames,
  garbageClient,
  slowDisk,
  diskStall,
  syncFailure,
  lostWrite,
  tornWrite,
  readFailure,
  diskFull,
  logDirectoryFailure,
  bitRot,
  replaceNode,
  restoreDisk,
  clockJump,
  clockDrift,
] as const;

export type FaultKind = (typeof ALL)[number]['kind'];

export const FAULTS: ReadonlyMap<string, FaultDefinition> = new Map(
  ALL.map((definition): [string, FaultDefinition] => [definition.kind, definition]),
);
