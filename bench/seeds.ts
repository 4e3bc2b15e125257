/** One worker: seeds of a scenario one after the other in this thread, with all checkers on. */
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { RunResult } from '../sim/result.ts';
import type { Figure } from './figure.ts';
import { spread, stopwatch } from './statistics.ts';

export interface SeedsOptions {
  /** Seeds before the first that counts: V8 has to see the code before it compiles it well. */
  readonly warmUp: number;
  readonly rounds: number;
  readonly seedsPerRound: number;
}

interface Round {
  seeds: number;
  simulatedMs: number;
  events: number;
  frames: number;
  acknowledged: number;
  /** Distinct marks of each seed, summed up. */
  marks: number;
  wallMs: number;
  threadMs: number;
  processMs: number;
  readonly properties: Set<string>;
}

/** Seeds that did not pass, and why. They are findings for a campaign; their time is in no figure. */
export const notPassed = new Map<number, string>();

/** Figures of rounds over the same seeds. */
export async function measureSeeds(scenario: Scenario, options: SeedsOptions): Promise<Figure[]> {
  for (let seed = 1; seed <= options.warmUp; seed++) await runSeed(scenario, 1_000_000 + seed);
  const rounds: Round[] = [];
  for (let i = 0; i < options.rounds; i++) rounds.push(await runRound(scenario, options.seedsPerRound));
  const name = scenario.name;
  const rate = (id: string, title: string, unit: string, amount: (round: Round) => number, target?: Figure['target']): Figure[] =>
    (['wall', 'cpu'] as const).map((clock) => ({
      id: `${name}.${id}.${clock}`,
      title,
      unit,
      clock,
      value: spread(rounds.map((round) => amount(round) / secondsOf(round, clock))),
      ...(target === undefined ? {} : { target }),
    }));
  return [
    ...rate('real-time', 'simulated time per time', 'x', (round) => round.simulatedMs / 1000, { at: 'least', value: 300 }),
    ...rate('events-per-second', 'events', '/s', (round) => round.events),
    ...rate('frames-per-second', 'network frames', '/s', (round) => round.frames, { at: 'least', value: 100_000 }),
    ...rate('acknowledged-per-second', 'acknowledged records', '/s', (round) => round.acknowledged),
    ...rate('seeds-per-second', 'seeds', '/s', (round) => round.seeds),
    ...rate('marks-per-second', 'marks, each once a seed', '/s', (round) => round.marks),
    {
      id: `${name}.marks-per-seed`,
      title: 'marks of a seed',
      unit: '',
      clock: '',
      value: spread(rounds.map((round) => round.marks / round.seeds)),
    },
    {
      id: `${name}.properties`,
      title: 'properties that some seed put to the test',
      unit: '',
      clock: '',
      value: spread(rounds.map((round) => round.properties.size)),
    },
    {
      id: `${name}.frame-cost`,
      title: 'time per frame, for the whole cluster and its world',
      unit: 'µs',
      clock: 'cpu',
      value: spread(rounds.map((round) => (round.threadMs * 1000) / round.frames)),
    },
    {
      id: `${name}.process-cpu`,
      title: 'processor time of the process per time of its thread',
      unit: '',
      clock: 'cpu',
      value: spread(rounds.map((round) => round.processMs / round.threadMs)),
    },
  ];
}

function secondsOf(round: Round, clock: 'wall' | 'cpu'): number {
  return (clock === 'wall' ? round.wallMs : round.threadMs) / 1000;
}

async function runRound(scenario: Scenario, seeds: number): Promise<Round> {
  const round: Round = {
    seeds: 0,
    simulatedMs: 0,
    events: 0,
    frames: 0,
    acknowledged: 0,
    marks: 0,
    wallMs: 0,
    threadMs: 0,
    processMs: 0,
    properties: new Set(),
  };
  for (let seed = 1; seed <= seeds; seed++) {
    const elapsed = stopwatch();
    const result = await runSeed(scenario, seed);
    if (result === null) continue;
    const { wallMs, threadMs, processMs } = elapsed();
    round.seeds++;
    round.simulatedMs += result.simulatedMs;
    round.events += result.events;
    round.frames += result.frames;
    round.acknowledged += result.recordsAcknowledged;
    round.marks += Object.keys(result.marks).length;
    for (const property of Object.keys(result.evaluations)) round.properties.add(property);
    round.wallMs += wallMs;
    round.threadMs += threadMs;
    round.processMs += processMs;
  }
  return round;
}

/** One seed, plan and all. Null if it does not pass. */
export async function runSeed(scenario: Scenario, seed: number): Promise<RunResult | null> {
  const result = await runScenario(scenario, planOf(scenario, seed));
  if (result.verdict === 'pass') return result;
  const why = result.error ?? result.violations.map(({ property, message }) => `${property}: ${message}`).join('; ');
  notPassed.set(seed, why);
  return null;
}
