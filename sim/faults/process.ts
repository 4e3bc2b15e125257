/** Faults of processes: crashes, pauses, shutdowns, slowness. */
import { type FaultDefinition, onEach } from './definition.ts';

export const crash = {
  kind: 'crash',
  about: 'a process dies and is started again later; its page cache survives',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'coordinator'],
  minMs: 0,
  maxMs: 20_000,
  params: {},
  inject(context, _fault, targets) {
    const down = targets.filter((node) => context.crash(node));
    if (down.length === 0) return 'refused';
    return () => down.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const clientCrash = {
  kind: 'client-crash',
  about: 'an application dies and is started again later',
  targets: ['client'],
  minMs: 0,
  maxMs: 15_000,
  params: {},
  inject(context, _fault, targets) {
    const down = targets.filter((node) => context.crash(node));
    if (down.length === 0) return 'refused';
    return () => down.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const crashLoop = {
  kind: 'crash-loop',
  about: 'a process dies again and again shortly after each start',
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 5_000,
  maxMs: 20_000,
  params: { upMs: { about: 'how long it lives each time', min: 50, max: 4_000 } },
  inject(context, fault, targets) {
    const upMs = fault.params['upMs'] ?? 1_000;
    let over = false;
    const again = (node: string): void => {
      if (over) return;
      context.crash(node);
      context.start(node);
      context.later(upMs, () => again(node));
    };
    targets.forEach(again);
    return () => {
      over = true;
      targets.forEach((node) => context.start(node));
    };
  },
} as const satisfies FaultDefinition;

export const pause = {
  kind: 'pause',
  about: 'a process stops (a long collection) and goes on later; its timers fire late and all at once',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'coordinator', 'client'],
  minMs: 500,
  maxMs: 15_000,
  params: {},
  inject(context, _fault, targets) {
    const paused = targets.filter((node) => context.pause(node));
    if (paused.length === 0) return 'refused';
    return () => paused.forEach((node) => context.resume(node));
  },
} as const satisfies FaultDefinition;

export const controlledShutdown = {
  kind: 'controlled-shutdown',
  about: 'a broker is shut down in order and started again later',
  targets: ['broker', 'leader', 'coordinator'],
  minMs: 6_000,
  maxMs: 25_000,
  params: {},
  inject(context, _fault, targets) {
    const stopping = targets.filter((node) => context.shutDown(node));
    if (stopping.length === 0) return 'refused';
    return () => stopping.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const rollingRestart = {
  kind: 'rolling-restart',
  about: 'every node is shut down in order and started again, one after the other',
  targets: ['cluster'],
  minMs: 20_000,
  maxMs: 60_000,
  params: { eachMs: { about: 'time between one node and the next', min: 2_000, max: 12_000 } },
  inject(context, fault) {
    const eachMs = fault.params['eachMs'] ?? 5_000;
    context.nodes.forEach((node, index) => {
      context.later(index * eachMs, () => {
        if (!context.shutDown(node)) return;
        context.later(Math.max(1_000, Math.floor(eachMs / 2)), () => context.start(node));
      });
    });
    return () => context.nodes.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const slowProcess = {
  kind: 'slow-process',
  about: 'a process takes many times longer for everything it does',
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 2_000,
  maxMs: 20_000,
  params: { factor: { about: 'times slower', min: 5, max: 500 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.slowDown(node, fault.params['factor'] ?? 50));
  },
} as const satisfies FaultDefinition;

export const secondProcess = {
  kind: 'second-process',
  about: "another process with a broker's node id is started on a machine of its own, and ends when it is registered",
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 5_000,
  maxMs: 40_000,
  params: {},
  inject(context, _fault, targets) {
    const ends = targets.map((node) => context.startTwin(node)).filter((end) => end !== null);
    return ends.length === 0 ? 'refused' : () => ends.forEach((end) => end());
  },
} as const satisfies FaultDefinition;
