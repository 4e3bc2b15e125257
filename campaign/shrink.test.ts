import test from 'ava';
import standard from '../scenarios/standard.ts';
import type { Plan } from '../sim/plan.ts';
import { bisect, ddmin } from './ddmin.ts';
import { planOf } from './run-scenario.ts';
import { shrinkPlan } from './shrink.ts';

test('ddmin keeps what is needed, bisect the smallest number', async (t) => {
  const items = Array.from({ length: 40 }, (_, index) => index);
  const kept = await ddmin(items, async (list) => [3, 17, 31].every((item) => list.includes(item)));
  t.deepEqual(kept, [3, 17, 31]);
  const found = await bisect(10_000, 0, async (value) => value >= 777);
  t.true(found >= 777 && found < 860);
});

test('a plan shrinks to the faults, clients and times that the failure needs', async (t) => {
  const fault = (kind: string, atMs: number): Plan['faults'][number] => ({
    kind,
    atMs,
    target: { role: 'broker', index: 0 },
    forMs: 5_000,
    params: {},
  });
  const start = {
    ...planOf(standard, 3),
    faults: ['pause', 'crash', 'ring', 'slow-disk', 'bridge'].map((kind, i) => fault(kind, i * 900)),
  };
  const stillFails = async (plan: Plan) =>
    plan.faults.some(({ kind, atMs }) => kind === 'crash' && (atMs ?? 0) >= 300) && plan.topics.length >= 1;
  const { plan, runs } = await shrinkPlan(start, { stillFails });
  t.deepEqual(
    plan.faults.map(({ kind }) => kind),
    ['crash'],
  );
  t.true((plan.faults[0]?.atMs ?? 0) < 400);
  t.is(plan.faults[0]?.forMs, 0);
  t.is(plan.clients.length, 0);
  t.is(plan.topics.length, 1);
  t.true(runs < 200);
});
