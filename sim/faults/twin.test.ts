import test from 'ava';
import { simulate } from '../../campaign/simulate.ts';
import { scenario } from '../../scenarios/scenario.ts';
import { writer } from '../../scenarios/workloads/writer.ts';
import type { FaultKind } from './registry.ts';
import type { FaultPlan } from '../plan.ts';

type Fault = FaultPlan & { readonly kind: FaultKind };

const TAKEN_OVER = 'a second process was registered under a node id whose session was over';

const twin: Fault = { kind: 'second-process', atMs: 500, target: { role: 'node', name: 'b2' }, forMs: 20_000, params: {} };

const run = (always: readonly Fault[], combined = false) =>
  simulate({
    seed: 1,
    scenario: scenario({
      name: 'twins',
      about: 'a broker is started twice',
      cluster: {
        brokers: 3,
        controllers: 3,
        combined,
        properties: { 'broker.session.timeout.ms': 3_000, 'broker.heartbeat.interval.ms': 500, 'min.insync.replicas': 2 },
      },
      topics: [{ name: 'orders', partitions: 3, replicationFactor: 3 }],
      clients: [{ name: 'writer', count: 1, run: writer, properties: { acks: 'all' }, params: { topics: 'orders' } }],
      chaosMs: 25_000,
      faults: { kinds: [], always },
    }),
  });

test('a second process with a node id is refused while the first one lives', async (t) => {
  t.timeout(60_000);
  const { verdict, violations, evaluations, marks, faults } = await run([twin]);
  t.deepEqual([verdict, violations], ['pass', []]);
  t.deepEqual(faults, { 'second-process': 1 });
  t.true((evaluations['C17'] ?? 0) >= 2);
  t.is(marks[TAKEN_OVER], undefined);
});

test('it is registered once the session of the first one is over, and makes way for it', async (t) => {
  t.timeout(60_000);
  const down: Fault = { kind: 'crash', atMs: 2_000, target: { role: 'node', name: 'b2' }, forMs: 18_000, params: {} };
  const dead = await run([twin, down]);
  t.deepEqual([dead.verdict, dead.violations, dead.marks[TAKEN_OVER]], ['pass', [], 1]);
  // The first one is up all the time, and would wait for ever with a registration that is void.
  const alone: Fault = { ...down, kind: 'isolate' };
  const cutOff = await run([twin, alone]);
  t.deepEqual([cutOff.verdict, cutOff.violations, cutOff.marks[TAKEN_OVER]], ['pass', [], 1]);
});

test('it may come while the first one is down', async (t) => {
  t.timeout(60_000);
  const down: Fault = { kind: 'crash', atMs: 400, target: { role: 'node', name: 'b2' }, forMs: 10_000, params: {} };
  const { verdict, violations, marks } = await run([twin, down]);
  t.deepEqual([verdict, violations, marks[TAKEN_OVER]], ['pass', [], 1]);
});

test('a voter gets none', async (t) => {
  t.timeout(60_000);
  t.deepEqual((await run([twin], true)).faults, {});
});
