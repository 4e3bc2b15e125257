/** An application under seeded faults as one test, with any runner: it rejects with a message in fast-check's manner. */
import { type AppScenarioOptions, appScenario } from '../apps/app-scenario.ts';
import { outcomeOf } from '../campaign/outcome.ts';
import { simulate } from '../campaign/simulate.ts';
import { failureMessage } from './failure-message.ts';

export interface TrialAppOptions extends AppScenarioOptions {
  /** So many seeds from 1 on, or these. Default 50. */
  readonly seeds?: number | readonly number[];
}

/**
 * Runs the application in a simulated cluster, a seed after the other, until one fails:
 *
 *     test('orders survive failovers', () => trialApp({
 *       entry: './src/order-service.ts', topics: { orders: 3, invoices: 3 }, instances: 2,
 *       inputs: { orders: 200 }, expect: { exactlyOncePer: 'orderId', in: 'invoices' }, seeds: 50,
 *     }));
 */
export async function trialApp({ seeds = 50, ...options }: TrialAppOptions): Promise<void> {
  const scenario = appScenario(options);
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  for (const [index, seed] of list.entries()) {
    const result = await simulate({ scenario, seed });
    if (result.verdict === 'pass') continue;
    const reproduce = `trialApp({ entry: ${JSON.stringify(String(options.entry))}, ..., seeds: [${seed}] })`;
    throw new ApplicationFailed(failureMessage(outcomeOf(result), { runs: index + 1, reproduce, plan: result.plan }));
  }
}

/** A promise that the application broke. What matters is in the message; a stack would tell of the harness only. */
class ApplicationFailed extends Error {
  override readonly name = 'ApplicationFailed';

  constructor(message: string) {
    super(message);
    this.stack = `${this.name}: ${message}`;
  }
}
