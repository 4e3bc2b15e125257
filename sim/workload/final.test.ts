import { kafkaEnvironment } from '../kafka-environment.ts';
import test from 'ava';
import { createNodeHost } from '../../campaign/host-node.ts';
import { parsePlan } from '../plan.ts';
import { World } from '../../world/world.ts';
import { FinalReading } from './final.ts';

const SECOND = 1_000_000;

const PLAN = parsePlan({
  formatVersion: 1,
  scenario: 'test',
  seed: 1,
  cluster: { brokers: 1, controllers: 1, combined: true, racks: 1, logDirs: 1, properties: {} },
  topics: [
    { name: 'orders', partitions: 2, replicationFactor: 1, configs: {} },
    { name: 'events', partitions: 1, replicationFactor: 1, configs: {} },
  ],
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

test('a partition that nobody serves is told as unread, with the reason; it ends no run', async (t) => {
  const world = new World({ seed: 1 });
  for (const name of ['b1', 'harness']) {
    world.createProcess({ name, machine: world.createMachine({ name }), entry: () => undefined, async: name === 'harness' });
  }
  const harness = world.process('harness');
  harness.start();
  const reading = new FinalReading(PLAN, new Map([['events-0', 'it has no clean replica']]));
  t.deepEqual([...reading.unread.keys()], ['orders-0', 'orders-1']);
  harness.spawn((env) => reading.run(kafkaEnvironment(env), 'b1:9092'));
  await world.run({ until: 100 * SECOND, host: createNodeHost() });
  t.is(reading.reads, null);
  t.deepEqual([...reading.unread.keys()], ['orders-0', 'orders-1']);
  for (const fact of reading.unread.values()) t.regex(fact, /^could not be located, REQUEST_TIMED_OUT: /);
});

test('what is left out needs not be read', (t) => {
  const excused = new Map(['orders-0', 'orders-1', 'events-0'].map((name) => [name, 'lost']));
  const reading = new FinalReading(PLAN, excused);
  t.is(reading.unread.size, 0);
  t.is(reading.reads?.size, 0);
});
