import test from 'ava';
import { simulate } from '../../campaign/simulate.ts';
import { scenario } from '../../scenarios/scenario.ts';
import type { Unmet, Violation, ViolationFacts } from '../observe.ts';
import { parsePlan, type Plan } from '../plan.ts';
import type { Workload } from '../workload/context.ts';
import { settle } from './settle.ts';

const PLAN = parsePlan({
  formatVersion: 1,
  scenario: 'test',
  seed: 1,
  cluster: { brokers: 1, controllers: 1, combined: true, racks: 1, logDirs: 1, properties: {} },
  topics: [],
  clients: [],
  world: {
    latencyUs: 100,
    jitterUs: 100,
    bytesPerMs: 100_000,
    syncUs: 100,
    serviceUs: 1,
    serviceUsPerKiB: 1,
    wallSkewMs: 0,
    driftPpm: 0,
    buggify: false,
  },
  warmUpMs: 0,
  chaosMs: 0,
  faults: [],
  heal: { restartAll: false, leaveMinorityDown: false },
  budget: 'within',
});

/** How long a cluster that never settles is waited for, ms; `positionAt` says how far its reader is. */
async function waitedMs(positionAt: ((ms: number) => number) | null, plan = PLAN): Promise<number> {
  const { message } = await neverSettled(positionAt, plan);
  return Number(/^not settled (\d+) ms/.exec(message)?.[1]);
}

async function neverSettled(
  positionAt: ((ms: number) => number) | null,
  plan: Plan,
): Promise<Pick<Violation, 'message' | 'facts'>> {
  const world = { now: 0 };
  const violations: Pick<Violation, 'message' | 'facts'>[] = [];
  const unsettled = (): Unmet => ({
    property: 'L11',
    message: 'reader-1 is on its way',
    facts: { client: 'reader-1' },
    ...(positionAt === null ? {} : { progress: { of: 'reader-1/orders-0', at: positionAt(world.now / 1_000) } }),
  });
  const run = {
    plan,
    world,
    recorder: { acknowledged: 0 },
    applications: { unfinished: () => null, abandonedGroups: () => [] },
    checkers: [{ unsettled }],
    findings: {
      violated: (_: string, message: string, facts: ViolationFacts) => void violations.push({ message, facts }),
      evaluated: () => undefined,
    },
    refused: { about: () => '' },
    view: () => ({}),
    pace: {
      enter: () => undefined,
      until: async (everyMs: number, limitMs: number, holds: () => boolean) => {
        for (let waited = 0; !holds(); waited += everyMs) {
          if (waited >= limitMs) return false;
          world.now += everyMs * 1_000;
        }
        return true;
      },
    },
  };
  await settle(run as never);
  return violations[0] ?? { message: '', facts: {} };
}

test('what is unmet becomes a violation with its facts', async (t) => {
  t.deepEqual((await neverSettled(null, PLAN)).facts, { client: 'reader-1' });
});

test('while a reader comes nearer to the end nobody is stuck, up to four times the time in which a cluster settles', async (t) => {
  const limitMs = await waitedMs(null);
  t.true(limitMs > 60_000);
  t.is(await waitedMs(() => 7), limitMs, 'stands still');
  t.is(await waitedMs((ms) => Math.min(Math.floor(ms / 1_000), 30)), limitMs + 30_000, 'stands still after 30 s');
  t.is(await waitedMs((ms) => (ms / 1_000) % 20), limitMs + 19_000, 'begins again and again');
  t.true((await waitedMs((ms) => ms)) >= 4 * limitMs);
});

test('where topics are made again a consumer may hold on to a leader epoch of the former one for as long as metadata may be stale', async (t) => {
  const operator = { name: 'operator-1', workload: 'operator', properties: {}, params: { makes: 'extra-0', everyMs: 1_000 } };
  t.is(await waitedMs(null, { ...PLAN, clients: [operator] }), (await waitedMs(null)) + 300_000);
  const idle = { ...operator, params: { makes: '', everyMs: 1_000 } };
  t.is(await waitedMs(null, { ...PLAN, clients: [idle] }), await waitedMs(null));
});

test('where clients have transactional ids the longest time-out of a transaction counts, until its coordinator has looked twice', async (t) => {
  const writer = (properties: Plan['clients'][number]['properties']) => ({ name: 'w', workload: 'w', properties, params: {} });
  const one = writer({ 'transactional.id': 't', 'transaction.timeout.ms': 7_000 });
  const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500 };
  const plan = { ...PLAN, cluster: { ...PLAN.cluster, properties }, clients: [one, writer({})] };
  t.is(await waitedMs(null, plan), (await waitedMs(null)) + 8_000);
  t.is(await waitedMs(null, { ...plan, clients: [writer({})] }), await waitedMs(null));
});

test('L14: a producer that has written before is asked to write once more; one that can not is told of, one that is closed is not asked', async (t) => {
  const writes =
    (properties: Parameters<Parameters<Workload>[0]['producer']>[0], closes: boolean): Workload =>
    async (context) => {
      const producer = context.producer(properties);
      await producer.send({ topic: 'orders', value: context.uniqueValue() });
      if (closes) await producer.close();
      while (context.running()) await context.sleep(500);
    };
  const play = async (run: Workload): Promise<readonly Violation[]> => {
    const tried = scenario({
      name: 'tried',
      about: 'tried by a test',
      cluster: { brokers: 1, controllers: 1 },
      topics: [{ name: 'orders', partitions: 2, replicationFactor: 1 }],
      clients: [{ name: 'app', count: 1, run }],
      warmUpMs: 500,
      chaosMs: 500,
      faults: 'none',
    });
    return (await simulate({ scenario: tried, seed: 1 })).violations;
  };
  t.deepEqual(await play(writes({}, false)), []);
  // Enough for what the application writes.
  const small = { 'max.request.size': 100 };
  const [violation, ...others] = await play(writes(small, false));
  t.deepEqual([violation?.property, others], ['L14', []]);
  t.regex(
    violation?.message ?? '',
    /^after heal, a write of a producer that had written before failed: one of app-1 to orders-0 failed with /,
  );
  t.like(violation?.facts, { client: 'app-1', partition: 'orders-0' });
  t.deepEqual(await play(writes(small, true)), []);
});
