import test from 'ava';
import { FAULTS } from './faults/registry.ts';
import { type PlanSpec, planOfSeed } from './generate.ts';
import { PlanError, parsePlan } from './plan.ts';

const SPEC: PlanSpec = {
  scenario: 'test',
  cluster: { brokers: 3, controllers: 3 },
  topics: [{ name: 'orders', partitions: 2, replicationFactor: 3 }],
  clients: [{ name: 'reader', count: 2, properties: { 'group.id': 'readers' } }],
  chaosMs: 40_000,
  faults: { kinds: ['one-way-cut', 'split', 'crash'], atMost: 24, swarm: false, triggers: true },
};

const plans = Array.from({ length: 60 }, (_, index) => planOfSeed(SPEC, FAULTS, index + 1));
const faults = plans.flatMap((plan) => plan.faults);

test('every plan that is drawn is one that can be read', (t) => {
  for (const plan of plans) t.notThrows(() => parsePlan(JSON.parse(JSON.stringify(plan))));
});

test('both values of a yes-or-no parameter are drawn often, and the ends of a range are reached', (t) => {
  const inward = faults.filter((fault) => fault.kind === 'one-way-cut').map((fault) => fault.params['inward']);
  const yes = inward.filter((value) => value === 1).length;
  t.true(yes > inward.length / 4 && yes < (inward.length * 3) / 4, `${yes} of ${inward.length}`);
  const masks = faults.filter((fault) => fault.kind === 'split').map((fault) => fault.params['mask'] ?? 0);
  t.true(masks.every((mask) => mask >= 1 && mask <= 254));
});

test('a fault that waits for a trace event may hit its emitter; one with a time never does', (t) => {
  const atEmitter = faults.filter((fault) => fault.target.role === 'emitter');
  t.true(atEmitter.length > 10);
  t.true(atEmitter.every((fault) => fault.on !== undefined && fault.kind !== 'split'));
  const plan = plans[0];
  const timed = { kind: 'crash', atMs: 5, target: { role: 'emitter' }, forMs: 1, params: {} };
  t.throws(() => parsePlan({ ...plan, faults: [timed] }), { instanceOf: PlanError, message: /emitter/ });
});
