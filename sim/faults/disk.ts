/** Faults of disks. */
import { type FaultDefinition, onEach } from './definition.ts';

export const slowDisk = {
  kind: 'slow-disk',
  about: "a machine's disk gets many times slower",
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 2_000,
  maxMs: 20_000,
  params: { factor: { about: 'times slower', min: 5, max: 1_000 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.slowDisk(node, fault.params['factor'] ?? 100));
  },
} as const satisfies FaultDefinition;

export const diskStall = {
  kind: 'disk-stall',
  about: 'syncs of a disk do not end for a while',
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 200,
  maxMs: 8_000,
  params: {},
  inject(context, fault, targets) {
    targets.forEach((node) => context.stallDisk(node, fault.forMs));
    return null;
  },
} as const satisfies FaultDefinition;

export const syncFailure = {
  kind: 'sync-failure',
  about: 'a sync fails once with EIO; what was dirty in that file is never written, and a retry reports success',
  targets: ['broker', 'leader', 'in-sync-follower', 'controller'],
  minMs: 3_000,
  maxMs: 20_000,
  params: {},
  inject(context, _fault, targets) {
    const hit = targets.filter((node) => context.failSync(node));
    if (hit.length === 0) return 'refused';
    return () => hit.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const readFailure = {
  kind: 'read-failure',
  about: 'a read fails once with EIO',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 3_000,
  maxMs: 20_000,
  params: {},
  inject(context, _fault, targets) {
    const hit = targets.filter((node) => context.failRead(node));
    if (hit.length === 0) return 'refused';
    return () => hit.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const diskFull = {
  kind: 'disk-full',
  about: 'a disk has no space left; space comes back when the fault ends',
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 2_000,
  maxMs: 15_000,
  params: {},
  inject(context, _fault, targets) {
    const ends = targets.map((node) => [node, context.fillDisk(node)] as const).filter(([, end]) => end !== null);
    if (ends.length === 0) return 'refused';
    return () => {
      for (const [node, end] of ends) {
        end?.();
        context.start(node);
      }
    };
  },
} as const satisfies FaultDefinition;

export const logDirectoryFailure = {
  kind: 'log-directory-failure',
  about: "one of a broker's log directories answers every operation with EIO until the fault ends and the broker is restarted",
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 5_000,
  maxMs: 25_000,
  params: { index: { about: 'which directory', min: 0, max: 3 } },
  inject(context, fault, targets) {
    const ends = targets
      .map((node) => [node, context.failLogDirectory(node, fault.params['index'] ?? 0)] as const)
      .filter(([, end]) => end !== null);
    if (ends.length === 0) return 'refused';
    return () => {
      for (const [node, end] of ends) {
        end?.();
        if (context.isUp(node)) context.crash(node);
        context.start(node);
      }
    };
  },
} as const satisfies FaultDefinition;

export const bitRot = {
  kind: 'bit-rot',
  about: "bits flip in synced bytes of a down broker's logs, found by CRC when it comes back",
  targets: ['in-sync-follower', 'broker'],
  minMs: 2_000,
  maxMs: 15_000,
  params: { flips: { about: 'how many bits', min: 1, max: 8 } },
  beyondBudget: true,
  inject(context, fault, targets) {
    const hit = targets.filter((node) => context.crash(node) && context.rotBits(node, fault.params['flips'] ?? 1));
    if (hit.length === 0) return 'refused';
    return () => hit.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const replaceNode = {
  kind: 'replace-node',
  about: 'a broker dies and comes back with an empty disk and the same id',
  targets: ['broker', 'in-sync-follower', 'leader'],
  minMs: 10_000,
  maxMs: 25_000,
  params: {},
  inject(context, _fault, targets) {
    const hit = targets.filter((node) => context.wipe(node));
    if (hit.length === 0) return 'refused';
    return () => hit.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;
