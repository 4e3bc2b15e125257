import test from 'ava';
import { checkPlan } from './check-plan.ts';
import { FAULTS } from './faults/registry.ts';
import { planOfSeed } from './generate.ts';
import { type Plan, PlanError, parsePlan } from './plan.ts';

const plan = (): Plan => ({
  ...planOfSeed(
    {
      scenario: 'test',
      cluster: { brokers: 3, controllers: 3 },
      topics: [{ name: 'orders', partitions: 2, replicationFactor: 3 }],
      clients: [{ name: 'reader', count: 2, properties: { 'group.id': 'readers' } }],
      chaosMs: 40_000,
      faults: { kinds: [...FAULTS.keys()], atMost: 24, swarm: false, triggers: true },
      budget: 'beyond',
    },
    FAULTS,
    4,
  ),
});

test('a config that Kafka does not have does not compile', (t) => {
  const { cluster, topics, clients } = plan();
  // @ts-expect-error There is no such property of brokers.
  t.is(cluster.properties['num.partition'], undefined);
  // @ts-expect-error There is no such config of topics.
  t.is(topics[0]?.configs['retention.mss'], undefined);
  // @ts-expect-error There is no such property of clients.
  t.is(clients[0]?.properties['grup.id'], undefined);
});

test('a drawn plan can be used', (t) => {
  t.notThrows(() => checkPlan(parsePlan(plan())));
});

/** Configs as a plan file may have them, and code may not. */
const unknown = (configs: Readonly<Record<string, string | number>>): object => configs;

const broken: Readonly<Record<string, readonly [change: (plan: Plan) => Plan, message: RegExp]>> = {
  'more replicas than brokers': [
    (given) => ({ ...given, topics: given.topics.map((topic) => ({ ...topic, replicationFactor: 4 })) }),
    /topics\.0\.replicationFactor is 4, but there are only 3 brokers/,
  ],
  'more replicas of an internal topic than brokers': [
    (given) => ({
      ...given,
      cluster: { ...given.cluster, properties: { 'transaction.state.log.replication.factor': 4 } },
    }),
    /cluster\.properties: transaction\.state\.log\.replication\.factor is 4, but there are only 3 brokers/,
  ],
  'eligible leader replicas where the metadata has no place for them': [
    (given) => ({
      ...given,
      cluster: { ...given.cluster, features: { 'metadata.version': 22, 'eligible.leader.replicas.version': 1 } },
    }),
    /cluster\.features: eligible\.leader\.replicas\.version needs metadata\.version 23 or later/,
  ],
  'two log directories where the metadata does not know of any': [
    (given) => ({ ...given, cluster: { ...given.cluster, logDirs: 2, features: { 'metadata.version': 16 } } }),
    /cluster\.logDirs is 2, but at metadata\.version 16 brokers have one log directory/,
  ],
  'a broker property that does not exist': [
    (given) => ({ ...given, cluster: { ...given.cluster, properties: unknown({ 'num.partition': 1 }) } }),
    /cluster\.properties: "num\.partition" is no property of a broker; did you mean "num\.partitions"\?/,
  ],
  'a node of an older release that is not there': [
    (given) => ({ ...given, cluster: { ...given.cluster, features: { 'metadata.version': 21 }, releases: { b9: '3.9' } } }),
    /cluster\.releases: there is no node "b9", only b1, b2, b3, c1, c2, c3/,
  ],
  'a level that a node of an older release does not know': [
    (given) => ({ ...given, cluster: { ...given.cluster, releases: { b2: '4.0' } } }),
    /cluster\.features: metadata\.version is \d+, but b2 is of 4\.0 and knows no level above 25/,
  ],
  'a broker property out of its range': [
    (given) => ({ ...given, cluster: { ...given.cluster, properties: { 'num.partitions': 0 } } }),
    /cluster\.properties: num\.partitions is 0, but it must be at least 1/,
  ],
  'broker properties that do not fit each other': [
    (given) => ({ ...given, cluster: { ...given.cluster, properties: { 'broker.heartbeat.interval.ms': 9_000 } } }),
    /broker\.heartbeat\.interval\.ms is 9000, but it must be at most half of broker\.session\.timeout\.ms/,
  ],
  'a topic config that does not exist': [
    (given) => ({ ...given, topics: given.topics.map((topic) => ({ ...topic, configs: unknown({ 'retention.mss': '1' }) })) }),
    /topics\.0\.configs: "retention\.mss" is no property of a topic; did you mean "retention\.ms"/,
  ],
  'topic configs that do not fit each other': [
    (given) => ({
      ...given,
      topics: given.topics.map((topic) => ({
        ...topic,
        configs: { 'max.compaction.lag.ms': '1', 'min.compaction.lag.ms': '2' },
      })),
    }),
    /min\.compaction\.lag\.ms is 2, but it must be at most max\.compaction\.lag\.ms/,
  ],
  'a transactional producer without idempotence': [
    (given) => ({
      ...given,
      clients: given.clients.map((client) => ({
        ...client,
        properties: { 'transactional.id': 't', 'enable.idempotence': false },
      })),
    }),
    /clients\.0\.properties: transactional\.id is set, but without enable\.idempotence/,
  ],
  'a transactional producer that does not wait for all': [
    (given) => ({
      ...given,
      clients: given.clients.map((client) => ({ ...client, properties: { 'transactional.id': 't', acks: '1' } })),
    }),
    /clients\.0\.properties: acks is 1, but an idempotent producer needs acks to be all/,
  ],
  'transactions that may take longer than brokers allow': [
    (given) => ({
      ...given,
      clients: given.clients.map((client) => ({
        ...client,
        properties: { 'transactional.id': 't', 'transaction.timeout.ms': 99_999_999 },
      })),
    }),
    /transaction\.timeout\.ms is 99999999, but the brokers' transaction\.max\.timeout\.ms allows 900000/,
  ],
  'a client property that does not exist': [
    (given) => ({ ...given, clients: given.clients.map((client) => ({ ...client, properties: unknown({ 'grup.id': 'x' }) })) }),
    /clients\.0\.properties: "grup\.id" is no property of a client; did you mean "group\.id"/,
  ],
  'a client property out of its range': [
    (given) => ({ ...given, clients: given.clients.map((client) => ({ ...client, properties: { 'max.poll.records': 0 } })) }),
    /max\.poll\.records is 0, but it must be at least 1/,
  ],
  'two topics of one name': [
    (given) => ({ ...given, topics: [...given.topics, ...given.topics] }),
    /two topics are called "orders"/,
  ],
  'a client called as a node': [
    (given) => ({ ...given, clients: given.clients.map((client) => ({ ...client, name: 'b1' })) }),
    /two processes are called "b1"/,
  ],
  'a rare path that core does not have': [
    (given) => ({ ...given, rarePaths: ['log/early-flush', 'log/early-flash'] }),
    /rarePaths\.1: "log\/early-flash" is no rare path; did you mean "log\/early-flush"\?/,
  ],
  'a fault on a node that is not there': [
    (given) => ({
      ...given,
      faults: [{ kind: 'crash', atMs: 1, target: { role: 'node', name: 'b9' }, forMs: 1, params: {} }],
    }),
    /faults\.0\.target\.name is "b9", but there are only b1, b2, b3, c1/,
  ],
};

for (const [what, [change, message]] of Object.entries(broken)) {
  test(`refused before it runs: ${what}`, (t) => {
    t.throws(() => checkPlan(change(plan())), { instanceOf: PlanError, message });
  });
}
