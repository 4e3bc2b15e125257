/**
 * Guided by what runs come to: a plan that reached a mark or a state that none had reached is kept, and plans like it are tried. Whoever
 * reached what few have reached is tried more often, and less the more often it was tried (after AFLFast's power schedule: Böhme et al.,
 * CCS 2016). A part of each generation is drawn anew, since what is kept says nothing of what it has not seen.
 */
import { PlanError } from '../../sim/plan.ts';
import type { Plan } from '../../sim/plan.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { Chance } from '../../world/chance.ts';
import type { RandomStream } from '../../ports/random.ts';
import { checkPlan } from '../check-plan.ts';
import { planOf } from '../run-scenario.ts';
import { UsageError } from '../usage.ts';
import type { ExploredRun, Explorer, MakeExplorer } from './explorer.ts';
import { mutated } from './mutate.ts';

/** Plans of a generation: enough to keep a machine's workers busy, few enough to learn soon. */
const GENERATION = 16;
/** Of so many plans one is drawn anew. */
const ANEW_ONE_IN = 4;
/** Plans that are kept; of more, those that nobody else needs least. */
const KEPT_MAX = 500;
const ATTEMPTS = 8;
/** Weights are whole numbers. */
const SCALE = 1_000_000;

interface Kept {
  readonly plan: Plan;
  /** Marks and states that it was the first to reach. */
  readonly first: readonly string[];
  tried: number;
}

export const guided: MakeExplorer = (scenario, first) => new Guided(scenario, first);

class Guided implements Explorer {
  readonly generation = GENERATION;
  readonly #scenario: Scenario;
  readonly #first: number;
  /** By mark or state, how many runs reached it. */
  readonly #reached = new Map<string, number>();
  readonly #kept: Kept[] = [];
  /** Which kept plan a seed's plan was made of. */
  readonly #madeOf = new Map<number, Kept>();

  constructor(scenario: Scenario, first: number) {
    this.#scenario = scenario;
    this.#first = first;
  }

  planOf(seed: number): Plan {
    const own = planOf(this.#scenario, seed);
    const stream = new Chance(`${this.#first}/${seed}`).stream('explore/guided');
    if (this.#kept.length === 0 || stream.below(ANEW_ONE_IN, 'anew') === 0) return own;
    const kept = this.#pick(stream);
    this.#madeOf.set(seed, kept);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { chanceOf = kept.plan.seed, ...like } = mutated(kept.plan, own, stream);
      const plan = { ...like, seed, chanceOf };
      if (this.#fits(plan)) return plan;
    }
    return own;
  }

  learn(runs: readonly ExploredRun[]): void {
    const before = new Set(this.#reached.keys());
    for (const { plan, outcome } of runs) {
      const made = this.#madeOf.get(outcome.seed);
      if (made !== undefined) made.tried++;
      const seen = [...Object.keys(outcome.marks), ...outcome.states];
      const first = seen.filter((name) => !before.has(name));
      for (const name of seen) this.#reached.set(name, (this.#reached.get(name) ?? 0) + 1);
      // What ended in a failure is found: plans like it would fail again.
      if (first.length > 0 && outcome.verdict === 'pass') this.#kept.push({ plan, first, tried: 0 });
      for (const name of seen) before.add(name);
    }
    this.#madeOf.clear();
    if (this.#kept.length > KEPT_MAX) {
      this.#kept.sort((a, b) => this.#weight(b) - this.#weight(a) || a.plan.seed - b.plan.seed);
      this.#kept.length = KEPT_MAX;
    }
  }

  #pick(stream: RandomStream): Kept {
    const weights = this.#kept.map((kept) => this.#weight(kept));
    let left = stream.below(
      Math.max(
        1,
        weights.reduce((sum, weight) => sum + weight, 0),
      ),
      'kept',
    );
    const at = weights.findIndex((weight) => (left -= weight) < 0);
    return this.#kept[Math.max(0, at)] as Kept;
  }

  /** By how few others reached the rarest of what it reached first, and how seldom it was tried. */
  #weight({ first, tried }: Kept): number {
    const rarest = Math.min(...first.map((name) => this.#reached.get(name) ?? 1));
    return Math.ceil(SCALE / (rarest * (1 + tried)));
  }

  #fits(plan: Plan): boolean {
    try {
      checkPlan(plan, this.#scenario);
      return true;
    } catch (error) {
      if (error instanceof PlanError || error instanceof UsageError) return false;
      throw error;
    }
  }
}
