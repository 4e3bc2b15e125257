/** A scenario as tests of AVA, Vitest, Jest or node:test: a test a seed, and on failure a message in fast-check's manner. */
import { outcomeOf } from '../campaign/outcome.ts';
import { simulate } from '../campaign/simulate.ts';
import { STALL_LIMIT_MS } from '../campaign/stall.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { failureMessage } from './failure-message.ts';

/**
 * What is used of a runner's `test`: a title, a function that rejects if the test fails, and a time limit in ms. Vitest and
 * Jest read the limit there, node:test has none by default and ignores it, AVA hands it on to the function.
 */
export type RunnerTest = (title: string, run: () => Promise<void>, limitMs: number) => unknown;

export interface TestScenarioOptions {
  /** The seeds to run: so many from 1 on, or these. Default 10. */
  readonly seeds?: number | readonly number[];
  /** Default: `scenario NAME`. The seed is added to it. */
  readonly title?: string;
  /** Real time a seed may go without progress, ms. Default 20,000. */
  readonly stallLimitMs?: number;
  /** Real time the runner gives a seed, ms. Default 120,000. */
  readonly timeoutMs?: number;
}

/**
 * Declares a test for each seed: `testScenario(test, myScenario, { seeds: 20 })`, with `test` of `ava`, `vitest`, `node:test`
 * or Jest's own.
 */
export function testScenario(test: RunnerTest, scenario: Scenario, options: TestScenarioOptions = {}): void {
  const { seeds = 10, title = `scenario ${scenario.name}`, stallLimitMs = STALL_LIMIT_MS, timeoutMs = 120_000 } = options;
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  for (const seed of list) {
    // Without a declared parameter: Jest takes one for a callback that the test has to call.
    const run = async (...context: readonly unknown[]): Promise<void> => {
      const ava = avaContext(context[0]);
      const result = await afterTheOthers(() => {
        ava?.timeout(timeoutMs);
        return simulate({ scenario, seed }, { stallLimitMs });
      });
      if (result.verdict !== 'pass') {
        const reproduce = `testScenario(test, ${scenario.name}, { seeds: [${seed}] })`;
        throw new ScenarioFailed(failureMessage(outcomeOf(result), { runs: 1, reproduce, plan: result.plan }));
      }
      ava?.pass();
    };
    test(`${title}, seed ${seed}`, run, timeoutMs);
  }
}

let last: Promise<unknown> = Promise.resolve();

/** AVA starts all tests of a file at once. One seed at a time has the thread, so that what one leaves behind is not another's. */
function afterTheOthers<T>(run: () => Promise<T>): Promise<T> {
  const mine = last.then(run);
  last = mine.catch(() => undefined);
  return mine;
}

/** A seed that failed. What matters is in the message; a stack would tell of the harness only. */
class ScenarioFailed extends Error {
  override readonly name = 'ScenarioFailed';

  constructor(message: string) {
    super(message);
    this.stack = `${this.name}: ${message}`;
  }
}

interface AvaContext {
  pass(): void;
  timeout(ms: number): void;
}

/** AVA's execution context, which wants an assertion and is told its time limit; null in other runners. */
function avaContext(context: unknown): AvaContext | null {
  const candidate = context as Partial<AvaContext> | null | undefined;
  return typeof candidate?.pass === 'function' && typeof candidate.timeout === 'function' ? (candidate as AvaContext) : null;
}
