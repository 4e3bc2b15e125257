/**
 * What partitions cost that nobody writes to: the `reference` load beside more and more of them, and the boot of their cluster. Processor
 * time of the simulating thread.
 */
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Phase } from '../sim/observe.ts';
import type { Plan } from '../sim/plan.ts';
import type { Figure } from './figure.ts';
import { spread } from './statistics.ts';

const SEED = 1;
const CHAOS_MS = 10_000;

/** Milliseconds of each phase, for one count of partitions. */
type Phases = ReadonlyMap<Phase, number>;

/** `counts`: of partitions, the fewest first. */
export async function measurePartitions(scenario: Scenario, counts: readonly number[], rounds: number): Promise<Figure[]> {
  const measured = new Map<number, Phases[]>(counts.map((count) => [count, []]));
  // In turns, so that what else the machine does befalls all alike.
  for (let round = 0; round <= rounds; round++) {
    for (const count of counts) {
      const phases = await phasesOf(scenario, withPartitions(planOf(scenario, SEED), count));
      if (round > 0) measured.get(count)?.push(phases);
    }
  }
  const [fewest] = counts;
  return counts.flatMap((count) => [
    figureOf('boot', count, measured.get(count) ?? []),
    figureOf('chaos', count, measured.get(count) ?? []),
    ...(fewest === undefined || count === fewest ? [] : [growthOf(measured, fewest, count)]),
  ]);
}

/** How many times what the load costs with the fewest. */
function growthOf(measured: ReadonlyMap<number, readonly Phases[]>, fewest: number, count: number): Figure {
  const chaos = (of: number): number[] => (measured.get(of) ?? []).map((phases) => phases.get('chaos') ?? Number.NaN);
  const least = chaos(fewest);
  return {
    id: `partitions.growth.${count}`,
    title: `load with ${count} partitions against ${fewest}`,
    unit: 'x',
    clock: 'cpu',
    value: spread(chaos(count).map((cost, round) => cost / (least[round] ?? Number.NaN))),
  };
}

function figureOf(phase: 'boot' | 'chaos', partitions: number, measured: readonly Phases[]): Figure {
  return {
    id: `partitions.${phase}.${partitions}`,
    title:
      phase === 'boot' ? `boot with ${partitions} partitions` : `${CHAOS_MS / 1_000} s of load, with ${partitions} partitions`,
    unit: 'ms',
    clock: 'cpu',
    value: spread(measured.map((phases) => phases.get(phase) ?? Number.NaN)),
  };
}

/** The same load, without faults, beside a topic that nobody uses. */
function withPartitions(plan: Plan, partitions: number): Plan {
  const own = plan.topics.reduce((sum, topic) => sum + topic.partitions, 0);
  const idle = { name: 'idle', partitions: partitions - own, replicationFactor: 3, configs: {} };
  return { ...plan, topics: idle.partitions > 0 ? [...plan.topics, idle] : plan.topics, chaosMs: CHAOS_MS, faults: [] };
}

async function phasesOf(scenario: Scenario, plan: Plan): Promise<Phases> {
  const phases = new Map<Phase, number>();
  let current: Phase = 'boot';
  let since = process.threadCpuUsage();
  await runScenario(scenario, plan, {
    onPhase: (phase) => {
      const { user, system } = process.threadCpuUsage(since);
      phases.set(current, (phases.get(current) ?? 0) + (user + system) / 1_000);
      current = phase;
      since = process.threadCpuUsage();
    },
  });
  return phases;
}
