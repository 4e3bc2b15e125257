/** Records that a plan leaves out are not sent, and nothing else of the workload changes its mind. */
import test from 'ava';
import { simulate } from '../../campaign/simulate.ts';
import calm from '../../scenarios/calm.ts';
import { isProbe } from './final.ts';
import { planOf } from '../../campaign/run-scenario.ts';

test('a client sends those records alone that its plan names, counted from 0', async (t) => {
  const drawn = planOf(calm, 1);
  const plan = { ...drawn, warmUpMs: 500, chaosMs: 1_500, faults: [] };
  const writer = plan.clients.find(({ workload }) => workload === 'writer');
  const sent = async (onlySends?: number[]) => {
    const clients = plan.clients
      .filter((client) => client === writer)
      .map((client) => ({ ...client, ...(onlySends && { onlySends }) }));
    const values: string[] = [];
    const result = await simulate(
      { scenario: calm, plan: { ...plan, clients } },
      {
        onTrace: ({ node, what }) => {
          if (what.type !== 'invoke' || isProbe(what) || node !== writer?.name) return;
          if (what.call.f === 'send') values.push(what.call.value);
        },
      },
    );
    return { result, values };
  };
  const all = await sent();
  t.is(all.result.verdict, 'pass');
  t.true(all.values.length > 3);
  t.is(all.result.sends[writer?.name ?? ''], all.values.length);
  const some = await sent([1, 3]);
  t.is(some.result.verdict, 'pass');
  t.is(some.values.length, 2);
  t.deepEqual((await sent([])).values, []);
});

test('a client begins so many things as its plan allows, and is not taken for one that has stopped polling or goes on', async (t) => {
  const drawn = planOf(calm, 1);
  const begun = async (beginsAtMost?: number) => {
    const clients = drawn.clients.map((client) => ({ ...client, ...(beginsAtMost !== undefined && { beginsAtMost }) }));
    const result = await simulate({ scenario: calm, plan: { ...drawn, warmUpMs: 500, chaosMs: 1_500, faults: [], clients } });
    t.is(result.verdict, 'pass', JSON.stringify(result.violations));
    return result;
  };
  const all = await begun();
  const writer = drawn.clients.find(({ workload }) => workload === 'writer')?.name ?? '';
  t.true((all.begins[writer] ?? 0) > 3);
  t.is(all.operations[writer], all.sends[writer]);
  const few = await begun(2);
  t.is(few.begins[writer], 2);
  t.is(few.sends[writer], 2);
  t.is((await begun(0)).operations[writer], undefined);
});
