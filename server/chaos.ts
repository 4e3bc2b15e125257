/**
 * Faults in a served cluster, drawn from a seed: `trial serve --chaos SEED`. Model:
 * - One after the other, with rests in between: the same seed draws the same steps, whatever happens meanwhile. What clients do, and how fast the machine
 *   is, is not the seed's.
 * - A step hits one broker, so that of three brokers two are well. Partitions and groups are drawn from those that there are when it strikes.
 */
import seedrandom from 'seedrandom';
import type { ClusterNode } from './cluster-node.ts';
import type { Cluster } from './serve.ts';

const KINDS = ['kill', 'restart', 'pause', 'cut', 'slow', 'move-leader', 'rebalance'] as const;

export interface ChaosStep {
  readonly kind: (typeof KINDS)[number];
  /** After the end of the one before. */
  readonly restMs: number;
  /** How long it lasts. What is over at once has no use for it. */
  readonly lastsMs: number;
  /** Which of the brokers, of the partitions and groups that there are: a number from 0 to below 1 of them all. */
  readonly which: number;
  readonly other: number;
}

/** The steps of a seed, without end. Of one broker nothing can be cut or moved away. */
export function* chaosSteps(seed: number, brokers: number): Generator<ChaosStep, never> {
  const chance = seedrandom.alea(`serve/chaos/${seed}`);
  const between = (min: number, max: number): number => min + Math.floor(chance() * (max - min + 1));
  const kinds = KINDS.filter((kind) => brokers > 1 || (kind !== 'cut' && kind !== 'move-leader'));
  for (;;) {
    const kind = kinds[Math.floor(chance() * kinds.length)] as ChaosStep['kind'];
    yield { kind, restMs: between(2_000, 10_000), lastsMs: between(500, 12_000), which: chance(), other: chance() };
  }
}

/** Who was to lead may have been fenced meanwhile. */
const MOVE_MS = 5_000;

export interface ChaosHost {
  readonly say: (line: string) => void;
  /** Resolves after this time, or as soon as the chaos is to end. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly isOver: () => boolean;
}

/** Takes the steps until it is over, and leaves the cluster whole. */
export async function chaos(cluster: Cluster, steps: Iterable<ChaosStep>, host: ChaosHost): Promise<void> {
  for (const step of steps) {
    await host.sleep(step.restMs);
    if (host.isOver()) return;
    try {
      await strike(cluster, step, host);
    } catch (error) {
      host.say(`chaos: ${step.kind} did not happen: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (host.isOver()) return;
  }
}

async function strike(cluster: Cluster, step: ChaosStep, host: ChaosHost): Promise<void> {
  const { kind, which, lastsMs } = step;
  const brokers = cluster.nodes.filter(({ isBroker }) => isBroker);
  const broker = oneOf(brokers, which);
  const during = async (what: string, undo: () => void | Promise<void>): Promise<void> => {
    host.say(`chaos: broker ${broker.nodeId} ${what} for ${(lastsMs / 1_000).toFixed(1)} s`);
    try {
      await host.sleep(lastsMs);
    } finally {
      await undo();
    }
  };
  switch (kind) {
    case 'kill':
      broker.kill();
      return await during('is killed, and down', () => broker.start());
    case 'restart':
      host.say(`chaos: broker ${broker.nodeId} is restarted in order`);
      return await broker.restart();
    case 'pause':
      broker.pause();
      return await during('stands still', () => broker.resume());
    case 'cut': {
      const others = cluster.nodes.filter((node) => node !== broker).map(({ nodeId }) => nodeId);
      return await during(`is cut from ${others.join(', ')}`, broker.cutFrom(others));
    }
    case 'slow': {
      const ms = 50 + Math.floor(step.other * 950);
      return await during(`answers ${ms} ms late`, broker.slow({ ms }));
    }
    case 'move-leader':
      return await moveSomeLeader(cluster, brokers, step, host);
    case 'rebalance': {
      const groups = brokers
        .flatMap(({ running }) => running?.inspect().broker?.groups ?? [])
        .filter(({ members }) => members.length > 0);
      if (groups.length === 0) return;
      const { group } = oneOf(groups, which);
      await cluster.rebalance(group);
      return host.say(`chaos: group ${group} rebalances`);
    }
  }
}

async function moveSomeLeader(
  cluster: Cluster,
  brokers: readonly ClusterNode[],
  { which, other }: ChaosStep,
  { say }: ChaosHost,
): Promise<void> {
  const metadata = brokers.find(({ running, isPaused }) => running !== null && !isPaused)?.running?.inspect().metadata;
  const partitions = [...(metadata?.topicsById.values() ?? [])]
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap(({ name, partitions: all }) =>
      [...all].map(([partition, { isr, leader }]) => ({ name, partition, to: isr.filter((id) => id !== leader) })),
    )
    .filter(({ to }) => to.length > 0);
  if (partitions.length === 0) return;
  const { name, partition, to } = oneOf(partitions, which);
  const broker = oneOf(to, other);
  await cluster.moveLeader(name, partition, broker, MOVE_MS);
  say(`chaos: broker ${broker} leads ${name}-${partition}`);
}

function oneOf<T>(list: readonly T[], which: number): T {
  return list[Math.floor(which * list.length)] as T;
}
