import test from 'ava';
import standard from '../scenarios/standard.ts';
import type { Plan } from '../sim/plan.ts';
import { bisect, ddmin } from './ddmin.ts';
import { planDifference } from './plan-difference.ts';
import { planOf } from './run-scenario.ts';
import { type Failed, shrinkPlan } from './shrink.ts';

const FAILED: Failed = { atMs: 1_000_000, sends: {}, begins: {} };

function ifFails(stillFails: (plan: Plan) => Promise<boolean>) {
  return async (plan: Plan): Promise<Failed | null> => ((await stillFails(plan)) ? FAILED : null);
}

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
  const { plan, runs } = await shrinkPlan(start, FAILED, { failure: ifFails(stillFails) });
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

test('brokers, partitions, offsets partitions and params that do not matter are dropped', async (t) => {
  const drawn = planOf(standard, 3);
  const start: Plan = {
    ...drawn,
    cluster: { ...drawn.cluster, brokers: 5, combined: false, properties: {} },
    topics: [{ name: 'orders', partitions: 6, replicationFactor: 3, configs: {} }],
    clients: [{ name: 'writer-1', workload: 'writer', properties: { acks: 'all' }, params: { topics: 'orders', perSecond: 5 } }],
  };
  // A failure of two replicas, with somebody who writes.
  const stillFails = async ({ cluster, topics, clients }: Plan) =>
    (topics[0]?.replicationFactor ?? 0) >= 2 && cluster.brokers >= 2 && clients[0]?.params['topics'] === 'orders';
  const { plan } = await shrinkPlan(start, FAILED, { failure: ifFails(stillFails) });
  t.is(plan.cluster.brokers, 2);
  t.is(plan.cluster.properties['offsets.topic.num.partitions'], 1);
  t.like(plan.topics[0], { partitions: 1, replicationFactor: 2 });
  t.deepEqual(plan.clients[0]?.params, { topics: 'orders' });
  t.deepEqual(plan.clients[0]?.properties, {});
});

test('what got smaller is told in words', (t) => {
  const before = planOf(standard, 3);
  t.deepEqual(planDifference(before, before), []);
  const after: Plan = {
    ...before,
    faults: before.faults.slice(0, 1),
    cluster: { ...before.cluster, brokers: 2, properties: {} },
    chaosMs: 2_500,
  };
  const told = planDifference({ ...before, cluster: { ...before.cluster, properties: { 'message.max.bytes': 5 } } }, after);
  t.deepEqual(told, [
    `faults 1 instead of ${before.faults.length}`,
    `brokers 2 instead of ${before.cluster.brokers}`,
    'cluster without message.max.bytes',
    `chaosMs 2500 instead of ${before.chaosMs}`,
  ]);
});

test('only the records that matter are still sent', async (t) => {
  const drawn = planOf(standard, 3);
  const writers = ['writer-1', 'writer-2'].map((name) => ({
    name,
    workload: 'writer',
    properties: {},
    params: { topics: 'orders' },
  }));
  const start: Plan = { ...drawn, clients: writers };
  const sends = { 'writer-1': 400, 'writer-2': 30 };
  const sent = (plan: Plan, name: string, ordinal: number): boolean => {
    const client = plan.clients.find((each) => each.name === name);
    return client !== undefined && (client.onlySends?.includes(ordinal) ?? ordinal < sends[name as keyof typeof sends]);
  };
  const stillFails = async (plan: Plan) =>
    sent(plan, 'writer-1', 290) && sent(plan, 'writer-1', 303) && plan.clients.some(({ name }) => name === 'writer-1');
  const failure = async (plan: Plan): Promise<Failed | null> =>
    (await stillFails(plan)) ? { atMs: 1, sends, begins: {} } : null;
  const { plan, runs } = await shrinkPlan(start, { atMs: 1, sends, begins: {} }, { failure });
  t.deepEqual(
    plan.clients.map(({ name, onlySends }) => [name, onlySends]),
    [['writer-1', [290, 303]]],
  );
  t.true(runs < 150, String(runs));
});

test('time that is needed before the first fault is a warm-up', async (t) => {
  const fault = { kind: 'crash', atMs: 9_000, target: { role: 'broker', index: 0 } as const, forMs: 0, params: {} };
  const start: Plan = { ...planOf(standard, 3), clients: [], warmUpMs: 0, chaosMs: 9_500, faults: [fault] };
  const stillFails = async ({ warmUpMs, chaosMs, faults: [first] }: Plan) =>
    first !== undefined && warmUpMs + (first.atMs ?? 0) >= 6_000 && chaosMs >= (first.atMs ?? 0) + 400;
  const { plan } = await shrinkPlan(start, FAILED, { failure: ifFails(stillFails) });
  t.is(plan.faults[0]?.atMs, 0);
  t.true(plan.warmUpMs >= 6_000 && plan.warmUpMs < 7_000, String(plan.warmUpMs));
  t.true(plan.chaosMs >= 400 && plan.chaosMs < 500, String(plan.chaosMs));
});

test('clients begin as little as it takes', async (t) => {
  const drawn = planOf(standard, 3);
  const begins = { 'transactional-1': 90, 'mover-1': 12 };
  const clients = Object.keys(begins).map((name) => ({ name, workload: 'operator', properties: {}, params: {} }));
  const most = (plan: Plan, name: string): number => plan.clients.find((each) => each.name === name)?.beginsAtMost ?? 1_000;
  const failure = async (plan: Plan): Promise<Failed | null> =>
    plan.clients.length === 2 && most(plan, 'transactional-1') >= 7 ? { atMs: 1, sends: {}, begins } : null;
  const { plan } = await shrinkPlan({ ...drawn, clients }, { atMs: 1, sends: {}, begins }, { failure });
  t.deepEqual(
    plan.clients.map(({ name, beginsAtMost }) => [name, beginsAtMost]),
    [
      ['transactional-1', 7],
      ['mover-1', 0],
    ],
  );
});

test('what may only have shifted goes with another seed, and nothing is tried when time is over', async (t) => {
  const drawn = planOf(standard, 3);
  const fault = (kind: string): Plan['faults'][number] => ({
    kind,
    atMs: 0,
    target: { role: 'broker', index: 0 },
    forMs: 0,
    params: {},
  });
  const start: Plan = { ...drawn, clients: [], faults: ['pause', 'crash', 'ring'].map(fault) };
  const stillFails = async ({ seed, faults }: Plan) => faults.length === 3 || (seed === 5 && faults.length === 2);
  const { plan } = await shrinkPlan(start, FAILED, { failure: ifFails(stillFails) });
  t.is(plan.faults.length, 2);
  t.is(plan.seed, 5);
  const over = await shrinkPlan(start, FAILED, { failure: ifFails(stillFails), isOver: () => true });
  t.deepEqual([over.plan, over.runs], [start, 0]);
});
