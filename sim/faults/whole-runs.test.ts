/** Kinds that concern what Kafka has stored or knows, in whole runs: what they are for does happen, and every promise is kept. */
import test from 'ava';
import { simulate } from '../../campaign/simulate.ts';
import { scenario } from '../../scenarios/scenario.ts';
import { groupReader } from '../../scenarios/workloads/group-reader.ts';
import { writer } from '../../scenarios/workloads/writer.ts';
import type { FaultPlan, Plan } from '../plan.ts';
import type { TraceLine } from '../run.ts';
import type { FaultKind } from './registry.ts';

type Fault = FaultPlan & { readonly kind: FaultKind };

const B2 = { role: 'node', name: 'b2' } as const;
const LOG = 'orders-0';

async function run(always: readonly Fault[], budget: Plan['budget'], properties: Record<string, number> = {}) {
  const lines: TraceLine[] = [];
  const input = {
    seed: 1,
    scenario: scenario({
      name: 'faults',
      about: 'a fault happens',
      cluster: {
        brokers: 3,
        controllers: 1,
        properties: {
          'broker.session.timeout.ms': 3_000,
          'broker.heartbeat.interval.ms': 500,
          'min.insync.replicas': 2,
          'offsets.topic.num.partitions': 1,
          ...properties,
        },
      },
      topics: [{ name: 'orders', partitions: 1, replicationFactor: 3, configs: { 'internal.segment.bytes': '2048' } }],
      clients: [
        { name: 'writer', count: 1, run: writer, properties: { acks: 'all' }, params: { topics: 'orders', bytes: 200 } },
        { name: 'reader', count: 1, run: groupReader, properties: { 'group.id': 'readers' }, params: { topics: 'orders' } },
      ],
      chaosMs: 25_000,
      faults: { kinds: [], always },
      budget,
    }),
  };
  const result = await simulate(input, { onTrace: (line) => lines.push(line) });
  /** What b2 told, or what was told of it. */
  const told = <T extends TraceLine['what']['type']>(type: T) =>
    lines.flatMap(({ what, node, timeUs }) =>
      node === 'b2' && what.type === type ? [{ timeUs, what: what as Extract<TraceLine['what'], { type: T }> }] : [],
    );
  return { ...result, told };
}

test('restore-disk: a broker comes back with an older log, and copies what is missing', async (t) => {
  t.timeout(60_000);
  const params = { everyMs: 8_000 };
  const restore: Fault = { kind: 'restore-disk', atMs: 15_000, target: B2, forMs: 3_000, params };
  const { verdict, violations, faults, told } = await run([restore], 'beyond');
  t.deepEqual([verdict, violations, faults], ['pass', [], { 'restore-disk': 1 }]);
  const [restored] = told('disk-restored');
  t.is(restored?.what.ageMs, 7_000);
  const ends = told('log-loaded').flatMap(({ what }) => (what.partition === LOG ? [what.logEndOffset] : []));
  const [before = 0] = told('log-appended')
    .filter(({ what, timeUs }) => what.partition === LOG && timeUs < (restored?.timeUs ?? 0))
    .map(({ what }) => what.lastOffset)
    .slice(-1);
  const [end = 0] = ends.slice(-1);
  t.true(end > 0 && end < before, `${end} of ${before}`);
});

test('lost-write: what a broker believes to be synced is gone with the power, and no promise with it', async (t) => {
  t.timeout(60_000);
  const lie: Fault = { kind: 'lost-write', atMs: 5_000, target: B2, forMs: 6_000, params: { syncs: 20 } };
  const power: Fault = { kind: 'power-loss', atMs: 12_000, target: B2, forMs: 1_000, params: {} };
  const { verdict, violations, faults, told } = await run([lie, power], 'within', { 'log.flush.interval.messages': 1 });
  t.deepEqual([verdict, violations, faults], ['pass', [], { 'lost-write': 1, 'power-loss': 1 }]);
  t.true(told('sync-lied').length > 5);
  const lost = told('power-lost')[0]?.timeUs ?? 0;
  const flushed = told('log-flushed').filter(({ what, timeUs }) => what.partition === LOG && timeUs < lost);
  const loaded = told('log-loaded').filter(({ what, timeUs }) => what.partition === LOG && timeUs > lost);
  t.true((loaded[0]?.what.logEndOffset ?? 0) < (flushed.at(-1)?.what.upTo ?? 0));
});

test('torn-write: after a loss of power a log has rotten bytes, and the result says so', async (t) => {
  t.timeout(60_000);
  const lie: Fault = { kind: 'torn-write', atMs: 2_000, target: B2, forMs: 9_000, params: { syncs: 20 } };
  const power: Fault = { kind: 'power-loss', atMs: 12_000, target: B2, forMs: 1_000, params: {} };
  const { verdict, violations, faults, told, excuses } = await run([lie, power], 'beyond');
  t.deepEqual([verdict, violations, faults], ['pass', [], { 'torn-write': 1, 'power-loss': 1 }]);
  const torn = told('disk-corrupted').map(({ what }) => what.path);
  t.true(torn.length > 0 && torn.every((path) => path.endsWith('.log')), torn.join());
  t.regex(Object.values(excuses).join('\n'), /rotted on its disk/);
});

test('slow-metadata: a broker applies what is committed late, all that has come meanwhile at once', async (t) => {
  t.timeout(60_000);
  const slow: Fault = { kind: 'slow-metadata', atMs: 2_000, target: B2, forMs: 15_000, params: { lateMs: 3_000 } };
  const down: Fault = { kind: 'crash', atMs: 5_000, target: { role: 'node', name: 'b3' }, forMs: 4_000, params: {} };
  const { verdict, violations, faults, told } = await run([slow, down], 'within');
  t.deepEqual([verdict, violations, faults], ['pass', [], { 'slow-metadata': 1, crash: 1 }]);
  const applied = told('metadata-applied').map(({ timeUs }) => timeUs);
  const gaps = applied.slice(1).map((at, index) => at - (applied[index] ?? 0));
  t.true(gaps.filter((us) => us >= 3_000_000).length >= 4, 'a no-op every half a second, otherwise');
});
