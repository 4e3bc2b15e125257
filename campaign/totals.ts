/** Sums over many outcomes. Adding is commutative, so shards merge into what one campaign would have counted. */
import { kindOfExcuse } from './excuse-bounds.ts';
import { isStepMark } from '../sim/transaction-steps.ts';
import type { SiteCount } from '../world/chance.ts';
import type { SeedOutcome } from './outcome.ts';
import { Sightings } from './sightings.ts';
import { Timeline } from './timeline.ts';
import { EXIT, type ExitStatus } from './usage.ts';

/** Upper bounds of the classes of real time per seed, ms; the last class is open. */
export const WALL_CLASSES_MS = [25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800] as const;

export class Totals {
  seeds = 0;
  passed = 0;
  failed = 0;
  errors = 0;
  simulatedMs = 0;
  /** Sum of the seeds' own real time, over all workers. */
  busyMs = 0;
  events = 0;
  frames = 0;
  recordsAcknowledged = 0;
  recordsDelivered = 0;
  readonly seedsByScenario = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly marks = new Map<string, number>();
  /** In how many runs each mark was reached (the steps of transactions have a table of their own), and each state of the protocols. */
  readonly markSightings = new Sightings();
  readonly stateSightings = new Sightings();
  /** When what was come to. */
  readonly timeline = new Timeline();
  readonly rarePaths = new Map<string, SiteCount>();
  readonly evaluations = new Map<string, number>();
  /** By scenario, the same: what a scenario is there to reach, it must reach itself. */
  readonly evaluationsByScenario = new Map<string, Map<string, number>>();
  readonly marksByScenario = new Map<string, Map<string, number>>();
  /** Runs in which a property was excused, i.e. not promised by Kafka. */
  readonly excuses = new Map<string, number>();
  /** The same of scenario `standard` alone, for which there are bounds. */
  readonly standardExcuses = new Map<string, number>();
  /** By property: how often each kind of reason was given. */
  readonly excuseKinds = new Map<string, Map<string, number>>();
  /** Runs in which something that was asked for never happened, by what. */
  readonly unmet = new Map<string, number>();
  readonly failuresByProperty = new Map<string, number>();
  readonly wallClasses: number[] = new Array(WALL_CLASSES_MS.length + 1).fill(0);
  /** Everything that did not pass, in the order of arrival. */
  readonly failures: SeedOutcome[] = [];

  add(outcome: SeedOutcome): void {
    this.seeds++;
    if (outcome.verdict === 'pass') this.passed++;
    else if (outcome.verdict === 'fail') this.failed++;
    else this.errors++;
    if (outcome.verdict !== 'pass') this.failures.push(outcome);
    this.simulatedMs += outcome.simulatedMs;
    this.busyMs += outcome.wallMs;
    this.events += outcome.events;
    this.frames += outcome.frames;
    this.recordsAcknowledged += outcome.recordsAcknowledged;
    this.recordsDelivered += outcome.recordsDelivered;
    count(this.seedsByScenario, outcome.scenario, 1);
    for (const violation of outcome.violations) count(this.failuresByProperty, violation.property, 1);
    for (const [property, reason] of Object.entries(outcome.excuses)) {
      count(this.excuses, property, 1);
      if (outcome.scenario === 'standard') count(this.standardExcuses, property, 1);
      count(mapOf(this.excuseKinds, property), kindOfExcuse(reason), 1);
    }
    for (const what of Object.keys(outcome.unmet)) count(this.unmet, what, 1);
    countAll(this.faults, outcome.faults);
    countAll(this.marks, outcome.marks);
    const run = `${outcome.scenario} ${outcome.seed}`;
    this.markSightings.add(
      run,
      Object.keys(outcome.marks).filter((name) => !isStepMark(name)),
    );
    this.stateSightings.add(run, outcome.states);
    this.timeline.add(outcome);
    this.addRarePaths(outcome.rarePaths);
    countAll(this.evaluations, outcome.evaluations);
    this.addToScenario(outcome.scenario, outcome);
    const index = WALL_CLASSES_MS.findIndex((bound) => outcome.wallMs < bound);
    const at = index === -1 ? WALL_CLASSES_MS.length : index;
    this.wallClasses[at] = (this.wallClasses[at] ?? 0) + 1;
  }

  addToScenario(scenario: string, { evaluations, marks }: Pick<SeedOutcome, 'evaluations' | 'marks'>): void {
    countAll(mapOf(this.evaluationsByScenario, scenario), evaluations);
    countAll(mapOf(this.marksByScenario, scenario), marks);
  }

  addRarePaths(counts: Readonly<Record<string, SiteCount>>): void {
    for (const [name, { reached, taken }] of Object.entries(counts)) {
      const sum = this.rarePaths.get(name);
      this.rarePaths.set(name, { reached: reached + (sum?.reached ?? 0), taken: taken + (sum?.taken ?? 0) });
    }
  }

  get faultCount(): number {
    let sum = 0;
    for (const count of this.faults.values()) sum += count;
    return sum;
  }

  /** A violation outweighs a failure of the harness: it is what the campaign was made to find. */
  get exitStatus(): ExitStatus {
    if (this.failed > 0) return EXIT.violated;
    return this.errors > 0 ? EXIT.harness : EXIT.held;
  }

  /** Plain JSON with sorted keys, the same for the same outcomes in any order. */
  toSummary(): TotalsSummary {
    return {
      seeds: this.seeds,
      passed: this.passed,
      failed: this.failed,
      errors: this.errors,
      simulatedMs: this.simulatedMs,
      busyMs: this.busyMs,
      events: this.events,
      frames: this.frames,
      recordsAcknowledged: this.recordsAcknowledged,
      recordsDelivered: this.recordsDelivered,
      seedsByScenario: sorted(this.seedsByScenario),
      failuresByProperty: sorted(this.failuresByProperty),
      faults: sorted(this.faults),
      marks: sorted(this.marks),
      rarePaths: sorted(this.rarePaths),
      evaluations: sorted(this.evaluations),
      evaluationsByScenario: Object.fromEntries(
        [...this.evaluationsByScenario]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([scenario, counts]) => [scenario, sorted(counts)]),
      ),
      excuses: sorted(this.excuses),
      failures: this.failures
        .map(({ seed, scenario, verdict }) => ({ seed, scenario, verdict }))
        .sort((a, b) => a.seed - b.seed || (a.scenario < b.scenario ? -1 : 1)),
    };
  }
}

export interface TotalsSummary {
  readonly seeds: number;
  readonly passed: number;
  readonly failed: number;
  readonly errors: number;
  readonly simulatedMs: number;
  readonly busyMs: number;
  readonly events: number;
  readonly frames: number;
  readonly recordsAcknowledged: number;
  readonly recordsDelivered: number;
  readonly seedsByScenario: Readonly<Record<string, number>>;
  readonly failuresByProperty: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
  readonly rarePaths: Readonly<Record<string, SiteCount>>;
  readonly evaluations: Readonly<Record<string, number>>;
  readonly evaluationsByScenario: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly excuses: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly scenario: string; readonly verdict: string }[];
}

function count(map: Map<string, number>, key: string, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}

function mapOf(maps: Map<string, Map<string, number>>, key: string): Map<string, number> {
  const map = maps.get(key) ?? new Map<string, number>();
  maps.set(key, map);
  return map;
}

function countAll(map: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [key, by] of Object.entries(counts)) count(map, key, by);
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
