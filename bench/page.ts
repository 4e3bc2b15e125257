/** The time machine without a browser: what recording costs a run, how long a jump takes, how large a page is. `npm run try-page` measures it in browsers. */
import { createNodeHost } from '../campaign/host-node.ts';
import { outcomeOf } from '../campaign/outcome.ts';
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import { pageOf } from '../reports/page-of.ts';
import { recordRun } from '../reports/page/record/record-run.ts';
import { Checkpoints } from '../reports/page/worker/checkpoints.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Plan } from '../sim/plan.ts';
import type { Figure } from './figure.ts';
import { spread, stopwatch } from './statistics.ts';

/** Of the first hundred seeds of `standard` the one with the most events. */
const SEED = 81;
const JUMP_US = 60_000_000;

/** `scenario` is `standard`. Each round records the run once, and jumps forth and back through it. */
export async function measurePage(scenario: Scenario, rounds: number): Promise<Figure[]> {
  const plan = planOf(scenario, SEED);
  const first = await runScenario(scenario, plan);
  await recordRun(scenario, plan, { host: createNodeHost(), driven: {} });
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const plain = stopwatch();
    await runScenario(scenario, plan);
    const plainMs = plain().threadMs;
    const recorded = stopwatch();
    await recordRun(scenario, plan, { host: createNodeHost(), driven: {} });
    ratios.push(recorded().threadMs / plainMs);
  }
  const bundle = { scenario: scenario.name, driven: {}, made: null };
  const { html } = await pageOf({ bundle, plan, outcome: outcomeOf(first), reproduce: '', mutant: null });
  return [
    {
      id: 'page.recording',
      title: 'a run with all that its page shows, by the run alone',
      unit: 'times',
      clock: 'cpu',
      value: spread(ratios),
      target: { at: 'most', value: 1.3 },
    },
    {
      id: 'page.jump',
      title: 'a jump of 60 simulated seconds, after the first pass',
      unit: 'ms',
      clock: 'cpu',
      value: spread(await jumps(scenario, plan, first.simulatedMs * 1_000, rounds)),
      target: { at: 'most', value: 300 },
    },
    {
      id: 'page.size',
      title: 'a page',
      unit: 'MB',
      clock: '',
      value: spread([Buffer.byteLength(html) / 1e6]),
      target: { at: 'most', value: 2 },
    },
  ];
}

/** Times of jumps between moments all over a run, half of them backwards, ms. Between two there is time to fill the posts again, as in the page. */
async function jumps(scenario: Scenario, plan: Plan, endUs: number, rounds: number): Promise<number[]> {
  const checkpoints = new Checkpoints({ scenario, plan, driven: {} }, endUs, createNodeHost);
  const times: number[] = [];
  const jumpUs = Math.min(JUMP_US, 0.6 * endUs);
  for (let round = 0; round < 2 * rounds; round++) {
    const early = ((endUs - jumpUs) * (round + 1)) / (2 * rounds + 1);
    const [from, to] = round % 2 === 0 ? [early, early + jumpUs] : [early + jumpUs, early];
    await checkpoints.at(from);
    while (await checkpoints.refill()) continue;
    const elapsed = stopwatch();
    if ((await checkpoints.at(to)) === null) throw new Error('a jump led out of the run');
    times.push(elapsed().threadMs);
  }
  return times;
}
