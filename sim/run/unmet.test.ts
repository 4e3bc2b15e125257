import test from 'ava';
import { between, scenario } from '../../scenarios/scenario.ts';
import { simulate } from '../../campaign/simulate.ts';
import { groupReader } from '../../scenarios/workloads/group-reader.ts';
import { writer } from '../../scenarios/workloads/writer.ts';
import type { Workload } from '../workload/context.ts';

const forgetful: Workload = async (context) => {
  const producer = context.producer();
  await producer.close();
};

const base = {
  name: 'nothing',
  about: 'nothing happens',
  cluster: { brokers: 1, controllers: 1, properties: { 'offsets.topic.replication.factor': 1 } },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 1 }],
  chaosMs: 2_000,
  faults: 'none',
} as const;

const reader = {
  name: 'reader',
  count: 1,
  run: groupReader,
  properties: { 'group.id': 'readers', 'auto.offset.reset': 'earliest' },
  params: { topics: 'orders' },
} as const;

test('what was asked for and never happened is told', async (t) => {
  t.timeout(60_000);
  const unread = await simulate({ scenario: scenario({ ...base, clients: [reader] }), seed: 1 });
  t.deepEqual(unread.unmet, { deliveries: 'nothing was delivered, though there were consumers (1)' });
  const unsent = await simulate({
    scenario: scenario({ ...base, clients: [{ name: 'app', count: 1, run: forgetful }] }),
    seed: 1,
  });
  t.deepEqual(Object.keys(unsent.unmet), ['sends']);
  const idle = await simulate({
    scenario: scenario({ ...base, clients: [{ name: 'app', count: 1, run: async () => undefined }] }),
    seed: 1,
  });
  t.deepEqual(Object.keys(idle.unmet), ['clients']);
  // The fault would hit the leader of a partition that is not there.
  const faults = {
    kinds: [],
    always: [{ kind: 'crash', atMs: 100, target: { role: 'leader', partition: 'orders-7' }, forMs: 100, params: {} }],
  } as const;
  const clients = [{ name: 'writer', count: between(1, 1), run: writer, params: { topics: 'orders' } }, reader];
  const spared = await simulate({ scenario: scenario({ ...base, clients, faults }), seed: 1 });
  t.deepEqual(spared.unmet, { faults: 'no fault took effect, of 1 in the plan' });
  const busy = await simulate({ scenario: scenario({ ...base, clients }), seed: 1 });
  t.deepEqual([busy.verdict, busy.unmet], ['pass', {}]);
});
