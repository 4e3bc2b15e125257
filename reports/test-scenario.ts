/** A scenario as an AVA test: some seeds, and on failure a message in fast-check's manner. */
import { outcomeOf } from '../campaign/outcome.ts';
import { simulate } from '../campaign/simulate.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { failureMessage } from './failure-message.ts';

interface AvaContext {
  pass(message?: string): void;
  fail(message?: string): void;
  timeout(ms: number): void;
}

/** What is used of AVA's `test`. */
export type AvaTest = (title: string, run: (t: AvaContext) => Promise<void>) => void;

export interface TestScenarioOptions {
  /** The seeds to run: so many from 1 on, or these. Default 10. */
  readonly seeds?: number | readonly number[];
  /** Default: the scenario's name. */
  readonly title?: string;
  /** Real time a seed may take, ms. Default 60,000. */
  readonly wallLimitMs?: number;
}

/** Declares the test: `testScenario(test, myScenario, { seeds: 20 })`. It stops at the first seed that fails. */
export function testScenario(test: AvaTest, scenario: Scenario, options: TestScenarioOptions = {}): void {
  const { seeds = 10, title = `scenario ${scenario.name}`, wallLimitMs = 60_000 } = options;
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  test(title, async (t) => {
    t.timeout(wallLimitMs * list.length);
    let runs = 0;
    for (const seed of list) {
      const result = await simulate({ scenario, seed }, { wallLimitMs });
      runs++;
      if (result.verdict === 'pass') continue;
      const reproduce = `testScenario(test, ${scenario.name}, { seeds: [${seed}] })`;
      t.fail(failureMessage(outcomeOf(result), { runs, reproduce, plan: result.plan }));
      return;
    }
    t.pass();
  });
}
