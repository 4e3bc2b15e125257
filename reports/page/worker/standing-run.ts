/** A run that stands still at times that are asked for, each later than the last, so that the cluster can be looked into. */
import type { Driven } from '../../../campaign/job.ts';
import { playScenario } from '../../../campaign/play-scenario.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import type { ClusterView } from '../../../sim/observe.ts';
import type { Plan } from '../../../sim/plan.ts';
import type { Halts } from '../../../sim/run.ts';
import type { Host } from '../../../world/host.ts';
import type { World } from '../../../world/world.ts';

/** The cluster as it is while its run stands still. */
export interface Still {
  readonly atUs: number;
  readonly world: World;
  readonly view: ClusterView;
}

/** What is run. */
export interface Subject {
  readonly scenario: Scenario;
  readonly plan: Plan;
  readonly driven: Driven;
}

export class StandingRun implements Halts {
  readonly #subject: Subject;
  readonly #host: Host;
  nextUs = Number.POSITIVE_INFINITY;
  #still: Still | null = null;
  #goOn: (() => void) | null = null;
  #reached: ((still: Still | null) => void) | null = null;
  #isStarted = false;

  constructor(subject: Subject, host: Host) {
    this.#subject = subject;
    this.#host = host;
  }

  /** Where it stands; -1: it has not begun. */
  get atUs(): number {
    return this.#still?.atUs ?? -1;
  }

  /** Runs on to this time, which must not be before `atUs`. Null: the run ended before. */
  to(us: number): Promise<Still | null> {
    if (this.#still !== null && us <= this.#still.atUs) return Promise.resolve(this.#still);
    this.nextUs = us;
    this.#still = null;
    const reached = new Promise<Still | null>((resolve) => {
      this.#reached = resolve;
    });
    if (this.#isStarted) this.#goOn?.();
    else this.#start();
    return reached;
  }

  /** It is to stand still as soon as it can, before the time that it was to run to. */
  interrupt(): void {
    if (this.#still === null) this.nextUs = 0;
  }

  halted(world: World, view: ClusterView): Promise<void> {
    const still = { atUs: world.now, world, view };
    this.nextUs = Number.POSITIVE_INFINITY;
    this.#still = still;
    this.#reached?.(still);
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  #start(): void {
    this.#isStarted = true;
    const { scenario, plan, driven } = this.#subject;
    const over = (): void => this.#reached?.(null);
    // What it comes to has been told by the recorded run.
    playScenario(scenario, plan, { host: this.#host, chance: driven, halts: this }).then(over, over);
  }
}
