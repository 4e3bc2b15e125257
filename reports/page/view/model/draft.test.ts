/** A plan that is changed in the page. */
import test from 'ava';
import type { Plan } from '../../../../sim/plan.ts';
import { changesOf, draftOf, planOfDraft } from './draft.ts';

const plan = {
  seed: 1,
  cluster: { properties: { 'min.insync.replicas': 2 } },
  clients: [{ name: 'writer-1' }, { name: 'reader-1' }],
  world: { latencyUs: 500, jitterUs: 100 },
  faults: [
    { kind: 'crash', atMs: 100, forMs: 10 },
    { kind: 'isolate', atMs: 200, forMs: 10 },
  ],
} as unknown as Plan;

test('what is not changed is the same plan', (t) => {
  t.deepEqual(planOfDraft(draftOf(plan)), plan);
  t.is(changesOf(draftOf(plan)), 'nothing changed');
});

test('a fault is switched off, and on again', (t) => {
  const draft = draftOf(plan);
  const off = { ...draft, faults: draft.faults.map((each, index) => (index === 0 ? { ...each, isOn: false } : each)) };
  t.deepEqual(planOfDraft(off).faults, plan.faults.slice(1));
  t.is(changesOf(off), 'without crash');
  t.deepEqual(planOfDraft({ ...off, faults: draft.faults }), plan);
});

test('configs, clients, latency and chance', (t) => {
  const draft = draftOf(plan);
  const changed = {
    ...draft,
    latencyUs: 900,
    chanceOf: 7,
    clients: draft.clients.map((each, index) => ({ ...each, isOn: index === 0 })),
    configs: [
      { name: 'min.insync.replicas', value: '' },
      { name: 'unclean.leader.election.enable', value: 'true' },
    ],
  };
  const made = planOfDraft(changed);
  t.deepEqual(made.cluster.properties as unknown, { 'unclean.leader.election.enable': true });
  t.is(made.clients.length, 1);
  t.is(made.chanceOf, 7);
  t.is(
    changesOf(changed),
    'without reader-1, latency 900+100 µs, without min.insync.replicas, unclean.leader.election.enable=true, chance of 7',
  );
});
