/** Faults of the network. */
import { type FaultDefinition, onEach } from './definition.ts';
import type { FaultContext } from './context.ts';

function others(context: FaultContext, nodes: readonly string[]): string[] {
  return context.nodes.filter((node) => !nodes.includes(node));
}

export const isolate = {
  kind: 'isolate',
  about: 'a node is cut off from all other nodes; clients still reach it',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'coordinator'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { clientsToo: { about: '1: clients do not reach it either', min: 0, max: 1 } },
  inject(context, fault, targets) {
    const peers = others(context, targets);
    const far = (fault.params['clientsToo'] ?? 0) === 1 ? [...peers, ...context.clients] : peers;
    return context.cut(targets, far, false) ?? 'refused';
  },
} as const satisfies FaultDefinition;

export const oneWayCut = {
  kind: 'one-way-cut',
  about: 'what a node sends does not arrive, or nothing arrives at it, while the other direction works',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { inward: { about: '1: nothing arrives at the node; 0: nothing it sends arrives', min: 0, max: 1 } },
  inject(context, fault, targets) {
    const peers = others(context, targets);
    const inward = (fault.params['inward'] ?? 0) === 1;
    return (inward ? context.cut(peers, targets, true) : context.cut(targets, peers, true)) ?? 'refused';
  },
} as const satisfies FaultDefinition;

export const split = {
  kind: 'split',
  about: 'the nodes fall into two groups that do not reach each other',
  targets: ['cluster'],
  minMs: 1_000,
  maxMs: 25_000,
  params: {
    mask: { about: 'which nodes are in the first group, as bits', min: 1, max: 254 },
    clients: { about: 'which clients reach only the first group, as bits', min: 0, max: 255 },
  },
  inject(context, fault) {
    const mask = fault.params['mask'] ?? 1;
    const left = context.nodes.filter((_, index) => ((mask >> (index % 8)) & 1) === 1);
    const right = others(context, left);
    if (left.length === 0 || right.length === 0) return 'refused';
    const near = context.clients.filter((_, index) => (((fault.params['clients'] ?? 0) >> (index % 8)) & 1) === 1);
    const cut = context.cut(left, right, false);
    if (cut === null) return 'refused';
    const clientCut = near.length === 0 ? null : context.cut(near, right, false);
    return () => {
      cut();
      clientCut?.();
    };
  },
} as const satisfies FaultDefinition;

export const bridge = {
  kind: 'bridge',
  about: 'two halves that do not reach each other, with one node that reaches both',
  targets: ['broker', 'controller', 'active-controller', 'leader'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { mask: { about: 'which of the other nodes are in the first half, as bits', min: 1, max: 254 } },
  inject(context, fault, targets) {
    const rest = others(context, targets);
    const left = rest.filter((_, index) => (((fault.params['mask'] ?? 1) >> (index % 8)) & 1) === 1);
    const right = rest.filter((node) => !left.includes(node));
    if (left.length === 0 || right.length === 0) return 'refused';
    return context.cut(left, right, false) ?? 'refused';
  },
} as const satisfies FaultDefinition;

export const ring = {
  kind: 'ring',
  about: 'every node reaches only its two neighbours in a ring',
  targets: ['cluster'],
  minMs: 1_000,
  maxMs: 15_000,
  params: {},
  inject(context) {
    const nodes = context.nodes;
    if (nodes.length < 4) return 'refused';
    const ends: (() => void)[] = [];
    nodes.forEach((node, index) => {
      const far = nodes.filter((_, other) => {
        const distance = Math.abs(index - other);
        return other > index && distance > 1 && distance < nodes.length - 1;
      });
      if (far.length === 0) return;
      const end = context.cut([node], far, false);
      if (end !== null) ends.push(end);
    });
    if (ends.length === 0) return 'refused';
    return () => ends.forEach((end) => end());
  },
} as const satisfies FaultDefinition;

export const pairCut = {
  kind: 'pair-cut',
  about: 'two nodes do not reach each other; all others reach both',
  targets: ['broker', 'leader', 'in-sync-follower', 'controller', 'active-controller'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { other: { about: 'which other node', min: 0, max: 97 } },
  inject(context, fault, targets) {
    const rest = others(context, targets);
    const other = rest[(fault.params['other'] ?? 0) % Math.max(1, rest.length)];
    if (other === undefined) return 'refused';
    return context.cut(targets, [other], false) ?? 'refused';
  },
} as const satisfies FaultDefinition;

export const clientCut = {
  kind: 'client-cut',
  about: 'an application does not reach the cluster, or only some of it',
  targets: ['client'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { mask: { about: 'which nodes it does not reach, as bits', min: 1, max: 255 } },
  inject(context, fault, targets) {
    const away = context.nodes.filter((_, index) => (((fault.params['mask'] ?? 255) >> (index % 8)) & 1) === 1);
    if (away.length === 0) return 'refused';
    return context.cut(targets, away, false) ?? 'refused';
  },
} as const satisfies FaultDefinition;

export const latencyStorm = {
  kind: 'latency-storm',
  about: "a node's links get many times slower",
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'client'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { factor: { about: 'times the latency', min: 5, max: 2_000 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.degrade(node, fault.params['factor'] ?? 100, 1));
  },
} as const satisfies FaultDefinition;

export const bandwidthCollapse = {
  kind: 'bandwidth-collapse',
  about: "a node's links carry only a fraction of the bytes",
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { divisor: { about: 'fraction, as a divisor', min: 10, max: 20_000 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.degrade(node, 1, fault.params['divisor'] ?? 1_000));
  },
} as const satisfies FaultDefinition;

export const flakyLinks = {
  kind: 'flaky-links',
  about: "connections of a node's links are reset now and then; bytes in flight may or may not have arrived",
  targets: ['broker', 'controller', 'leader', 'active-controller', 'coordinator', 'client'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { per10k: { about: 'resets in 10,000 chunks', min: 5, max: 1_000 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.flaky(node, fault.params['per10k'] ?? 100));
  },
} as const satisfies FaultDefinition;

export const resetAll = {
  kind: 'reset-connections',
  about: 'every connection of a node is reset once',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'coordinator', 'client'],
  minMs: 0,
  maxMs: 0,
  params: {},
  inject(context, _fault, targets) {
    targets.forEach((node) => context.resetConnections(node));
    return null;
  },
} as const satisfies FaultDefinition;

export const stuckConnections = {
  kind: 'stuck-connections',
  about: "a node's open connections hold what is sent over them while new ones work: requests from the past arrive when it ends",
  targets: ['coordinator', 'leader', 'broker', 'coordinator', 'active-controller', 'client'],
  minMs: 2_000,
  maxMs: 25_000,
  params: { nodesToo: { about: '1: also the connections with other nodes; 0: those with clients', min: 0, max: 1 } },
  inject(context, fault, targets) {
    const isClient = targets.every((target) => context.clients.includes(target));
    const withWhom = isClient || (fault.params['nodesToo'] ?? 0) === 1 ? 'everybody' : 'clients';
    const ends: (() => void)[] = [];
    for (const target of targets) {
      const end = context.stickConnections(target, withWhom);
      if (end === null) continue;
      ends.push(end);
    }
    return ends.length === 0 ? 'refused' : () => ends.forEach((end) => end());
  },
} as const satisfies FaultDefinition;

export const refuseConnections = {
  kind: 'refuse-connections',
  about: 'a node refuses new connections; the open ones go on',
  targets: ['broker', 'controller', 'leader'],
  minMs: 1_000,
  maxMs: 20_000,
  params: {},
  inject(context, _fault, targets) {
    return onEach(targets, (node) => context.refuseConnections(node));
  },
} as const satisfies FaultDefinition;

export const slowReader = {
  kind: 'slow-reader',
  about: 'a process takes bytes from its sockets slowly, so that its peers feel back-pressure',
  targets: ['client', 'broker'],
  minMs: 1_000,
  maxMs: 15_000,
  params: { factor: { about: 'times slower', min: 10, max: 2_000 } },
  inject(context, fault, targets) {
    return onEach(targets, (node) => context.slowReader(node, fault.params['factor'] ?? 100));
  },
} as const satisfies FaultDefinition;

export const oddFrames = {
  kind: 'odd-frames',
  about: 'bytes to a node arrive split and joined at odd places',
  targets: ['broker', 'controller', 'client'],
  minMs: 2_000,
  maxMs: 30_000,
  params: {},
  inject(context, _fault, targets) {
    return onEach(targets, (node) => context.splitFrames(node));
  },
} as const satisfies FaultDefinition;

export const garbageClient = {
  kind: 'garbage-client',
  about: 'somebody connects to a node and sends bytes that are no protocol',
  targets: ['broker', 'controller'],
  minMs: 0,
  maxMs: 0,
  params: { bytes: { about: 'how many', min: 1, max: 4_000 } },
  inject(context, fault, targets) {
    targets.forEach((node) => context.sendGarbage(node, fault.params['bytes'] ?? 100));
    return null;
  },
} as const satisfies FaultDefinition;
