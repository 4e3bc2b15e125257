/**
 * An explorer at work in a campaign: seeds get their plans in the order in which they are asked for, a generation after the other, however
 * many are under way. Who asks for a plan of the next generation waits until the last is known.
 */
import type { Plan } from '../../sim/plan.ts';
import type { ExploredRun, Explorer } from './explorer.ts';

export class Exploration {
  readonly #explorer: Explorer;
  #asked = 0;
  /** Generations that are known. */
  #known = 0;
  #runs: ExploredRun[] = [];
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(explorer: Explorer) {
    this.#explorer = explorer;
  }

  /** The plan of the next run; null once it is closed. To be called for each seed in turn, and not to be waited for in between. */
  async next(seed: number): Promise<Plan | null> {
    const generation = Math.floor(this.#asked++ / this.#explorer.generation);
    while (generation > this.#known && !this.#isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#isClosed ? null : this.#explorer.planOf(seed);
  }

  /** What a run came to. */
  took(run: ExploredRun): void {
    if (this.#explorer.generation === Number.POSITIVE_INFINITY) return;
    this.#runs.push(run);
    if (this.#runs.length < this.#explorer.generation) return;
    this.#explorer.learn(this.#runs.toSorted((a, b) => a.outcome.seed - b.outcome.seed));
    this.#runs = [];
    this.#known++;
    this.#wake();
  }

  /** No more is asked for: who waits gets nothing. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
