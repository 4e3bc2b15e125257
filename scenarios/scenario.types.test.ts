/** What the compiler, and so an editor, knows of a scenario: these lines are checked by `npm run typecheck`. */
import test from 'ava';
import { scenario, type ScenarioOptions } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

const RIGHT = {
  name: 'typed',
  about: 'a scenario that the compiler takes',
  cluster: { brokers: 3, controllers: 1, properties: { 'min.insync.replicas': 2 } },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 3, configs: { 'retention.ms': 60_000 } }],
  clients: [
    { name: 'writer', count: 1, run: writer, properties: { acks: 'all' }, params: { topics: 'orders', perSecond: 5 } },
    { name: 'reader', count: 2, run: groupReader, properties: { 'group.id': 'g' }, params: { topics: 'orders' } },
    { name: 'own', count: 1, run: async () => {}, params: { anything: true } },
  ],
  chaosMs: 5_000,
  faults: { kinds: ['crash'], atMost: 1 },
  properties: ['J1'],
} as const;

// @ts-expect-error -- no kind of fault is called so
const WRONG_FAULT: ScenarioOptions['faults'] = { kinds: ['crush'] };
// @ts-expect-error -- no property of Trial is called so
const WRONG_PROPERTY: NonNullable<ScenarioOptions['properties']> = ['J999'];
// @ts-expect-error -- no broker config is called so
const WRONG_CONFIG: ScenarioOptions['cluster'] = { brokers: 1, controllers: 1, properties: { 'min.insync.replica': 2 } };

test('what the compiler refuses, the scenario refuses when it is made', (t) => {
  t.is(scenario(RIGHT).name, 'typed');
  t.throws(() => scenario({ ...RIGHT, faults: WRONG_FAULT }), { message: /"crush"/ });
  t.throws(() => scenario({ ...RIGHT, properties: WRONG_PROPERTY }), { message: /"J999"/ });
  t.throws(() => scenario({ ...RIGHT, cluster: WRONG_CONFIG }), { message: /min\.insync\.replica/ });
  t.throws(
    () =>
      scenario({
        ...RIGHT,
        // @ts-expect-error -- the writer has no such parameter
        clients: [{ name: 'writer', count: 1, run: writer, params: { topics: 'orders', perSecnd: 5 } }],
      }),
    { message: /perSecnd/ },
  );
});
