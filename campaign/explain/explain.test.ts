/** A seed whose application goes wrong is explained with its faults taken away one by one; the run is the same as without. */
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadScenario } from '../load-scenario.ts';
import { planOf } from '../run-scenario.ts';
import { UsageError } from '../usage.ts';
import { explain, tell } from './explain.ts';

const NO_ORDERS = fileURLToPath(new URL('../testing/no-orders.ts', import.meta.url));
const FLOATING = fileURLToPath(new URL('../testing/floating.ts', import.meta.url));

async function bundleOf(seed: number, scenario = FLOATING) {
  const plan = planOf(await loadScenario(scenario), seed);
  return { scenario, plan, driven: {} };
}

test('what fails whatever happens is decided at once, and no fault is to blame', async (t) => {
  t.timeout(120_000);
  const bundle = await bundleOf(4);
  const { violation, blame, runs } = await explain(bundle, { continuations: 2, workers: 1 });
  t.is(violation.property, 'A1');
  t.deepEqual(blame.withAll, { failed: 2, of: 2 });
  t.is(blame.without.length, bundle.plan.faults.length);
  t.true(blame.without.every(({ share }) => share.failed === 2));
  t.true(runs >= 3);
});

test('where nothing is violated there is nothing to explain', async (t) => {
  const error = await t.throwsAsync(explain(await bundleOf(1), { continuations: 2, workers: 1 }), { instanceOf: UsageError });
  t.regex(error?.message ?? '', /^seed 1 of .*floating\.ts violates no property: there is nothing to explain$/);
});

test('the story alone takes one run, and is the one that is explained', async (t) => {
  const bundle = await bundleOf(1, NO_ORDERS);
  const { story } = await explain(bundle, { continuations: 1, workers: 1 });
  const told = (await tell(bundle)).map(({ sentence }) => sentence);
  t.deepEqual(
    told,
    story.map(({ sentence }) => sentence),
  );
  t.true(told.some((sentence) => sentence.includes('becomes leader of orders-0')));
});
