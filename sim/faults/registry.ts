/** Every kind of fault, by name. A new kind is one definition and its line here. */
import { clockDrift, clockJump } from './clock.ts';
import type { FaultDefinition } from './definition.ts';
import { bitRot, diskFull, diskStall, logDirectoryFailure, readFailure, replaceNode, slowDisk, syncFailure } from './disk.ts';
import {
  bandwidthCollapse,
  bridge,
  clientCut,
  flakyLinks,
  garbageClient,
  isolate,
  latencyStorm,
  oddFrames,
  oneWayCut,
  pairCut,
  refuseConnections,
  resetAll,
  ring,
  slowReader,
  split,
  stuckConnections,
} from './network.ts';
import { clusterPowerLoss, powerLoss, rackPowerLoss } from './power.ts';
import {
  clientCrash,
  controlledShutdown,
  crash,
  crashLoop,
  pause,
  rollingRestart,
  secondProcess,
  slowProcess,
} from './process.ts';

const ALL = [
  crash,
  crashLoop,
  clientCrash,
  pause,
  controlledShutdown,
  rollingRestart,
  slowProcess,
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
  resetAll,
  stuckConnections,
  refuseConnections,
  slowReader,
  oddFrames,
  garbageClient,
  slowDisk,
  diskStall,
  syncFailure,
  readFailure,
  diskFull,
  logDirectoryFailure,
  bitRot,
  replaceNode,
  clockJump,
  clockDrift,
] as const satisfies readonly FaultDefinition[];

export type FaultKind = (typeof ALL)[number]['kind'];

export const FAULTS: ReadonlyMap<string, FaultDefinition> = new Map<string, FaultDefinition>(
  ALL.map((definition) => [definition.kind, definition]),
);
