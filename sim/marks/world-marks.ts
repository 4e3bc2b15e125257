/** Rare constellations of the world: who is down together, what strikes during what. */
import { diesAfter, follows, type Mark, repeated, type Watch, when, whenWorld } from './mark.ts';

/** So many nodes of a kind (b: brokers, c: controllers) are down at once. */
function down(kind: 'b' | 'c', count: number): Watch {
  return whenWorld(
    ({ type }, now) =>
      (type === 'crashed' || type === 'stopped' || type === 'power-lost') &&
      [...now.down].filter((node) => node.startsWith(kind)).length === count,
  );
}

/** So many kinds of fault are under way at once. */
function kindsUnderWay(count: number): Watch {
  return (run, situation, reached) =>
    run.onFault(({ change }) => {
      if (change === 'begins' && situation.faults.size === count) reached();
    });
}

/** A fault of one kind begins while one of the other is under way. */
function during(first: string, then: string): Watch {
  return (run, situation, reached) =>
    run.onFault(({ change, kind }) => {
      if (change === 'begins' && kind === then && situation.faults.has(first)) reached();
    });
}

const CUTS = ['split', 'isolate', 'pair-cut', 'one-way-cut', 'bridge', 'ring'];

export const WORLD_MARKS = {
  'world/two-brokers-down': {
    why: 'two brokers were down at the same time: the durability budget must allow for it, and the first not be back',
    watch: down('b', 2),
  },
  'world/three-brokers-down': {
    why: 'three brokers were down at the same time: most often all of a cluster',
    watch: down('b', 3),
  },
  'world/two-controllers-down': {
    why: 'two controllers of their own processes were down at the same time: most often a majority of the quorum',
    watch: down('c', 2),
  },
  'world/three-kinds-of-fault-at-once': {
    why: 'faults of three kinds were under way at once: the swarm must draw long ones, and many',
    watch: kindsUnderWay(3),
  },
  'world/five-kinds-of-fault-at-once': {
    why: 'faults of five kinds were under way at once',
    watch: kindsUnderWay(5),
  },
  'world/died-during-recovery': {
    why: 'a broker ended while it recovered its logs: recovery is short, and begins after a fault that has just ended',
    watch: diesAfter('broker-state-changed', ({ to }) => to === 'STARTING' || to === 'RECOVERY', 1_000),
  },
  'world/died-in-the-first-second-of-service': {
    why: 'a broker ended within a second of being unfenced',
    watch: diesAfter('broker-state-changed', ({ to }) => to === 'RUNNING', 1_000),
  },
  'world/started-three-times': {
    why: 'a node was started three times in ten seconds',
    watch: repeated({ type: 'node-started' }, 3, 10_000),
  },
  'world/power-lost-under-a-cut': {
    why: 'a machine lost its power while the network was cut: two faults of about a second must meet',
    watch: (run, situation, reached) =>
      run.onWorld(({ type }) => {
        if (type === 'power-lost' && CUTS.some((kind) => situation.faults.has(kind))) reached();
      }),
  },
  'world/disk-wiped-while-another-broker-was-down': {
    why: 'a node lost its disk while another was down: the durability budget allows for it seldom',
    watch: whenWorld(({ type }, now) => type === 'disk-wiped' && now.down.size > 1),
  },
  'world/all-log-directories-failed': {
    why: 'a node ended since none of its log directories was left',
    watch: whenWorld((change) => change.type === 'crashed' && change.reason === 'all log directories have failed'),
  },
  'world/metadata-log-directory-failed': {
    why: 'a node ended since the directory of its metadata log failed: its log is small, and seldom written',
    watch: whenWorld((change) => change.type === 'crashed' && change.reason.includes('metadata log directory')),
  },
  'world/sync-lied': {
    why: 'a sync reported success and left bytes behind, as disks do after an error: the fault is rare, and needs a retry to show',
    watch: whenWorld(({ type }) => type === 'sync-lied'),
  },
  'world/leader-paused': {
    why: 'a process stood still while it led a partition: its followers go on without it',
    watch: whenWorld(
      ({ type, node }, now) =>
        type === 'paused' && [...now.cluster.partitions.values()].some(({ leader }) => now.cluster.nameOf(leader) === node),
    ),
  },
  'world/quorum-leader-paused': {
    why: 'a process stood still while it led the quorum',
    watch: whenWorld(({ type, node }, now) => type === 'paused' && now.quorum.get(node)?.role === 'leader'),
  },
  'world/quorum-leader-slowed': {
    why: 'all that the leader of the quorum did took longer: one process of many must be hit',
    watch: whenWorld(
      (change, now) => change.type === 'slowed' && change.factor > 1 && now.quorum.get(change.node)?.role === 'leader',
    ),
  },
  'world/crash-under-a-latency-storm': {
    why: 'a node was killed while the network was slow: its peers learn of it late',
    isSeldom: true,
    watch: during('latency-storm', 'crash'),
  },
  'world/clock-jump-under-a-drift': {
    why: 'a clock jumped while clocks were drifting: both must be drawn',
    isSeldom: true,
    watch: during('clock-drift', 'clock-jump'),
  },
  'world/back-before-its-session-was-over': {
    why: 'a broker was fenced within two seconds of being back: its session was that of its last life',
    watch: follows(
      { type: 'node-started', key: (_, { nodeId }) => String(nodeId) },
      { type: 'broker-session-expired', key: ({ brokerId }) => String(brokerId) },
      2_000,
    ),
  },
  'world/second-process-under-an-id': {
    why: 'a second process of the same id was started: the fault is rare',
    watch: (run, _, reached) =>
      run.onFault(({ kind, change }) => {
        if (kind === 'second-process' && change === 'begins') reached();
      }),
  },
  'world/truncation-while-a-broker-is-down': {
    why: 'a follower was cut while another replica was down: whoever is left has the only copy of what is kept',
    watch: when('log-truncated', ({ reason }, _at, now) => reason === 'diverging-epoch' && now.down.size > 0),
  },
} as const satisfies Readonly<Record<string, Mark>>;
