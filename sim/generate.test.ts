import test from 'ava';
import fc from 'fast-check';
import standard from '../scenarios/standard.ts';
import { checkPlan } from './check-plan.ts';
import { DONE, fault } from './faults/definition.ts';
import { FAULTS } from './faults/registry.ts';
import { planArbitrary, type PlanSpec, planOfSeed } from './generate.ts';
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

test('most plans have eligible leader replicas, as new clusters have; where the metadata has no place for them, none', (t) => {
  const levels = (spec: PlanSpec) =>
    Array.from(
      { length: 40 },
      (_, seed) => planOfSeed(spec, FAULTS, seed).cluster.features?.['eligible.leader.replicas.version'],
    );
  const on = levels(SPEC).filter((level) => level === 1).length;
  t.true(on > 20 && on < 40, `${on} of 40`);
  const older = { ...SPEC, cluster: { ...SPEC.cluster, features: { 'metadata.version': 22 } } };
  t.deepEqual([...new Set(levels(older))], [0]);
});

test('levels of metadata.version are drawn, and where there are several log directories none that does not know of them', (t) => {
  const cluster = { ...SPEC.cluster, logDirs: { oneOf: [1, 2] }, features: { 'metadata.version': { oneOf: [33, 14] } } };
  const drawn = Array.from({ length: 40 }, (_, seed) => planOfSeed({ ...SPEC, cluster }, FAULTS, seed).cluster);
  const levels = (logDirs: number) =>
    new Set(drawn.filter((plan) => plan.logDirs === logDirs).map(({ features }) => features?.['metadata.version']));
  t.deepEqual([...levels(1)].toSorted(), [14, 33]);
  t.deepEqual([...levels(2)].toSorted(), [17, 33]);
});

test('a fault that waits for a trace event may hit its emitter; one with a time never does', (t) => {
  const atEmitter = faults.filter((fault) => fault.target.role === 'emitter');
  t.true(atEmitter.length > 10);
  t.true(atEmitter.every((fault) => fault.on !== undefined && fault.kind !== 'split'));
  const plan = plans[0];
  const timed = { kind: 'crash', atMs: 5, target: { role: 'emitter' }, forMs: 1, params: {} };
  t.throws(() => parsePlan({ ...plan, faults: [timed] }), { instanceOf: PlanError, message: /emitter/ });
});

const SEEDS = Array.from({ length: 300 }, (_, index) => index + 1);

test('a fault that waits for an event of which a run has few waits for one of the first, and follows at once', (t) => {
  const waits = Array.from({ length: 300 }, (_, seed) => planOfSeed(standard.spec, FAULTS, seed).faults).flat();
  const of = (event: string) => waits.flatMap(({ on }) => (on?.event === event ? [on] : []));
  const rare = of('log-truncated');
  t.deepEqual([...new Set(rare.map(({ nth }) => nth))].sort(), [1, 2, 3]);
  t.true(rare.every(({ afterMs }) => afterMs <= 10));
  t.true(of('high-watermark-advanced').some(({ nth, afterMs }) => nth > 20 && afterMs > 100));
});

test('faults wait for the windows of transactions where somebody writes in any, and the other draws stay as they are', (t) => {
  const spec: PlanSpec = {
    ...SPEC,
    clients: [{ name: 'writer', count: 2, properties: { 'transactional.id': '{process}' } }],
    faults: { kinds: ['crash', 'pause', 'client-crash', 'split'], atMost: 24, swarm: false, triggers: true },
  };
  const aimed: PlanSpec = { ...spec, faults: { ...spec.faults, transactionWindowsOneIn: 2 } };
  const waits = SEEDS.slice(0, 40).flatMap((seed) => {
    const plan = planOfSeed(aimed, FAULTS, seed);
    t.notThrows(() => checkPlan(parsePlan(JSON.parse(JSON.stringify(plan)))));
    const plain = planOfSeed(spec, FAULTS, seed);
    t.deepEqual({ ...plan, faults: [] }, { ...plain, faults: [] });
    t.deepEqual(
      plan.faults.map(({ kind, forMs }) => [kind, forMs]),
      plain.faults.map(({ kind, forMs }) => [kind, forMs]),
    );
    return plan.faults.filter((fault, index) => JSON.stringify(fault) !== JSON.stringify(plain.faults[index]));
  });
  t.true(waits.length > 100, String(waits.length));
  t.true(
    waits.every(
      ({ on }) => on !== undefined && on.afterMs < 10 && on.event.includes('transaction') !== on.event.includes('stable'),
    ),
  );
  const hit = new Set(
    waits.map(({ target }) => (target.role === 'transaction-coordinator' ? target.transactionalId : target.role)),
  );
  for (const each of ['emitter', 'writer-1', 'writer-2', 'broker']) t.true(hit.has(each), each);
  // Without a transactional id there are no windows.
  const { faults: wanted } = planOfSeed({ ...aimed, clients: SPEC.clients }, FAULTS, 1);
  t.deepEqual(wanted, planOfSeed({ ...spec, clients: SPEC.clients }, FAULTS, 1).faults);
});

test('a share of the faults of a kind that has a window waits for it, and nothing else of the plans changes', (t) => {
  const where = { reason: 'diverging-epoch' } as const;
  const window = {
    moments: [
      { event: 'log-truncated', where },
      { event: 'quorum-voted', where, nthAtMost: 3 },
    ],
    oneIn: 2,
  } as const;
  const crash = FAULTS.get('crash');
  if (crash === undefined) throw new Error('there is no such kind');
  const withWindow = new Map([...FAULTS, ['crash', { ...crash, window }]]);
  const seen = new Set<string>();
  let waiting = 0;
  let others = 0;
  for (const seed of SEEDS.slice(0, 40)) {
    const plain = planOfSeed(SPEC, FAULTS, seed);
    const aimed = planOfSeed(SPEC, withWindow, seed);
    t.deepEqual({ ...aimed, faults: [] }, { ...plain, faults: [] });
    aimed.faults.forEach((fault, index) => {
      const { kind, forMs, params } = plain.faults[index] as (typeof plain.faults)[number];
      if (fault.on?.where !== undefined) {
        waiting++;
        const { event, nth } = fault.on;
        seen.add(`${event} ${nth}`);
        t.deepEqual(fault, { kind: 'crash', on: { event, where, nth, afterMs: 0 }, target: { role: 'emitter' }, forMs, params });
      } else {
        if (kind === 'crash') others++;
        t.deepEqual(fault, plain.faults[index]);
      }
    });
  }
  t.true(waiting > 50 && others > 50, `${waiting} and ${others}`);
  t.deepEqual([...seen].sort(), ['log-truncated 1', 'quorum-voted 1', 'quorum-voted 2', 'quorum-voted 3']);
  const untriggered = { ...SPEC, faults: { ...SPEC.faults, triggers: false } };
  t.deepEqual(planOfSeed(untriggered, withWindow, 1), planOfSeed(untriggered, FAULTS, 1));
});

test('each process of a client has properties with its own name', (t) => {
  const spec: PlanSpec = {
    ...SPEC,
    clients: [{ name: 'writer', count: 2, properties: { 'transactional.id': '{process}', acks: 'all' } }],
  };
  t.deepEqual(
    planOfSeed(spec, FAULTS, 1).clients.map(({ properties }) => properties),
    [
      { 'transactional.id': 'writer-1', acks: 'all' },
      { 'transactional.id': 'writer-2', acks: 'all' },
    ],
  );
});

test('most plans have the newest protocol of transactions; with nodes that do not know it none', (t) => {
  const levels = SEEDS.slice(0, 60).map((seed) => planOfSeed(SPEC, FAULTS, seed).cluster.features?.['transaction.version']);
  t.deepEqual([...new Set(levels)].toSorted(), [0, 1, 2]);
  t.true(levels.filter((level) => level === 2).length > 25);
  const mixed: PlanSpec = { ...SPEC, releases: { of: ['3.9'], nodesOneIn: 1, clientsOneIn: 1_000 } };
  const older = SEEDS.slice(0, 20).map((seed) => planOfSeed(mixed, FAULTS, seed));
  for (const plan of older) t.notThrows(() => checkPlan(plan));
  t.deepEqual([...new Set(older.map(({ cluster }) => cluster.features?.['transaction.version']))], [0]);
});

test('older releases are drawn rarely, for some nodes or clients, and then the cluster has a level that all know', (t) => {
  const drawn = Array.from({ length: 400 }, (_, seed) => planOfSeed(standard.spec, FAULTS, seed));
  const mixed = drawn.filter(({ cluster }) => cluster.releases !== undefined);
  t.true(mixed.length > 10 && mixed.length < 80, String(mixed.length));
  for (const plan of mixed) {
    const { releases = {}, features } = plan.cluster;
    t.true((features?.['metadata.version'] ?? 33) <= (Object.values(releases)[0] === '3.9' ? 21 : 25));
    t.notThrows(() => checkPlan(plan));
  }
  t.true(mixed.some(({ cluster }) => Object.keys(cluster.releases ?? {}).length < cluster.brokers));
  t.deepEqual(
    [true, false].filter((upgraded) => mixed.some(({ cluster }) => cluster.upgradedByRestart === upgraded)),
    [true, false],
  );
  const clients = drawn.flatMap((plan) => plan.clients);
  const older = clients.filter(({ release }) => release !== undefined);
  t.true(older.length > 0 && older.length < clients.length / 4, `${older.length} of ${clients.length}`);
  // Of a spec without it everything else is drawn as it was.
  const { releases: _, ...without } = standard.spec;
  for (const plan of drawn.slice(0, 60)) {
    const { releases: _releases, upgradedByRestart: _upgraded, ...cluster } = plan.cluster;
    const isMixed = plan.cluster.releases !== undefined;
    const newest = { ...plan, cluster, clients: plan.clients.map(({ release: _release, ...client }) => client) };
    const alone = planOfSeed(without, FAULTS, plan.seed);
    // Nodes of two releases have levels that both know.
    t.deepEqual(isMixed ? { ...alone, cluster: { ...alone.cluster, features: cluster.features } } : alone, newest);
  }
});

test('a kind of fault that is new changes the plans that have it, and no other', (t) => {
  const dummy = fault({
    kind: 'dummy',
    about: 'nothing happens',
    targets: ['client', 'broker'],
    minMs: 0,
    maxMs: 1_000,
    params: {},
    stake: 'nothing',
    facts: [],
    inject: () => DONE,
  });
  const definitions = new Map([['dummy', dummy], ...FAULTS]);
  const { spec } = standard;
  const more: PlanSpec = { ...spec, faults: { ...spec.faults, kinds: ['dummy', ...spec.faults.kinds] } };
  let having = 0;
  for (const seed of SEEDS) {
    const plan = planOfSeed(more, definitions, seed);
    const hasIt = plan.faults.some(({ kind }) => kind === 'dummy');
    if (hasIt) having++;
    else t.deepEqual(plan, planOfSeed(spec, FAULTS, seed), `seed ${seed}`);
    // In those that have it the other faults are where they were.
    const before = planOfSeed(spec, FAULTS, seed);
    for (const other of plan.faults.filter(({ kind }) => kind !== 'dummy'))
      t.true(
        before.faults.some((each) => JSON.stringify(each) === JSON.stringify(other)),
        `seed ${seed}`,
      );
  }
  t.true(having > 10 && having < 150, `${having} of ${SEEDS.length} plans have it`);
});

test('a kind that can hit nobody in a plan takes no place in it', (t) => {
  const kinds = ['crash', 'client-crash'];
  const spec = { ...SPEC, clients: [], faults: { kinds, atMost: 24, swarm: false } };
  for (const seed of SEEDS.slice(0, 50)) {
    const alone = planOfSeed({ ...spec, faults: { ...spec.faults, kinds: ['crash'] } }, FAULTS, seed);
    t.deepEqual(planOfSeed(spec, FAULTS, seed), alone);
  }
});

test('a property, topic, client or setting more leaves everything else as it was', (t) => {
  const { spec } = standard;
  const oneOf = [1, 2, 3, 4];
  const [topic, client] = [spec.topics[0], spec.clients[0]];
  if (topic === undefined || client === undefined) throw new Error('standard has topics and clients');
  const more: PlanSpec = {
    ...spec,
    cluster: { ...spec.cluster, properties: { 'num.network.threads': { oneOf }, ...spec.cluster.properties } },
    topics: [...spec.topics, { ...topic, name: 'another' }],
    clients: [
      { ...client, properties: { 'client.dns.lookup': { oneOf: ['a', 'b'] }, ...client.properties } },
      ...spec.clients.slice(1),
    ],
    world: { bytesPerMs: { from: 1_000, to: 2_000 }, ...spec.world },
    faults: { ...spec.faults, kinds: [] },
  };
  const plain = { ...spec, faults: more.faults };
  const drawn = new Set<unknown>();
  for (const seed of SEEDS.slice(0, 50)) {
    const { cluster, topics, clients, world, ...rest } = planOfSeed(more, FAULTS, seed);
    const { 'num.network.threads': threads, ...properties } = cluster.properties;
    drawn.add(threads);
    t.deepEqual(
      {
        ...rest,
        cluster: { ...cluster, properties },
        topics: topics.slice(0, -1),
        clients: clients.map((each) => {
          const { ['client.dns.lookup' as string]: _, ...others } = each.properties as Record<string, string>;
          return { ...each, properties: others };
        }),
        world: { ...world, bytesPerMs: 100_000 },
      },
      planOfSeed(plain, FAULTS, seed),
    );
  }
  t.is(drawn.size, 4);
});

test('each kind is drawn, a rare one less often than others; beyond the budget only where a plan may go there', (t) => {
  const counts = new Map<string, number>();
  for (const seed of SEEDS) {
    const { faults: some, budget } = planOfSeed({ ...standard.spec, budget: seed % 2 === 0 ? 'beyond' : 'within' }, FAULTS, seed);
    for (const { kind } of some) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      t.true(budget === 'beyond' || FAULTS.get(kind)?.stake !== 'beyond', kind);
    }
  }
  const usual = counts.get('crash') ?? 0;
  for (const [kind, { isRare, stake }] of FAULTS) {
    const share = ((counts.get(kind) ?? 0) * (stake === 'beyond' ? 2 : 1)) / usual;
    t.true(isRare === true ? share > 0 && share < 0.6 : share > 0.4, `${kind}: ${share}`);
  }
});

test('a swarm has at least one kind, and so a plan of many slots has faults', (t) => {
  const spec = { ...SPEC, faults: { kinds: ['crash', 'pause'], atLeast: 5, atMost: 5, swarm: true } };
  for (const seed of SEEDS) t.is(planOfSeed(spec, FAULTS, seed).faults.length, 5);
});

test('fast-check shrinks a plan: fewer faults and clients, and the first of the values', (t) => {
  const plansOf = planArbitrary({ ...SPEC, cluster: { ...SPEC.cluster, brokers: { from: 3, to: 9 } } }, FAULTS);
  const run = fc.check(
    fc.property(plansOf, (plan) => plan.faults.filter(({ kind }) => kind === 'crash').length < 2),
    { seed: 1, numRuns: 50 },
  );
  const smallest = run.counterexample?.[0];
  t.deepEqual([smallest?.faults.map(({ kind }) => kind), smallest?.cluster.brokers], [['crash', 'crash'], 3]);
});
