import test from 'ava';
import type { Workload } from '../sim/workload/context.ts';
import { between, oneOf, scenario, ScenarioError, type ScenarioOptions } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';
import { writer } from './workloads/writer.ts';

const own: Workload = async () => undefined;

const GOOD: ScenarioOptions = {
  name: 'mine',
  about: "a scenario of one's own",
  cluster: { brokers: between(3, 5), controllers: 3, properties: { 'min.insync.replicas': oneOf(1, 2, undefined) } },
  topics: [
    { name: 'orders', partitions: between(1, 3), replicationFactor: 3, configs: { 'retention.ms': oneOf('1000', '2000') } },
  ],
  clients: [
    {
      name: 'writer',
      count: between(1, 2),
      run: writer,
      properties: { acks: 'all' },
      params: { topics: 'orders', perSecond: 0.5 },
    },
    {
      name: 'reader',
      count: 2,
      run: groupReader,
      properties: { 'group.id': oneOf('a', 'b') },
      params: { topics: 'orders', commit: oneOf('sync', 'auto') },
    },
    { name: 'own', count: 1, run: own, params: { whatever: 1 } },
  ],
  faults: { kinds: ['crash', 'pause'] },
};

/** The good scenario with something else in one place; no type checker stands between. */
function withChange(path: string, value: unknown): ScenarioOptions {
  const copy = {
    ...GOOD,
    cluster: { ...GOOD.cluster },
    topics: [{ ...GOOD.topics[0] }],
    clients: GOOD.clients.map((c) => ({ ...c })),
  };
  const keys = path.split('/');
  const last = keys.pop() as string;
  const at = keys.reduce<Record<string, unknown>>(
    (outer, key) => {
      outer[key] = Array.isArray(outer[key]) ? [...outer[key]] : { ...(outer[key] as object) };
      return outer[key] as Record<string, unknown>;
    },
    copy as unknown as Record<string, unknown>,
  );
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy as ScenarioOptions;
}

test('where faults are given there are 30 seconds of chaos and a few faults, if nothing else is said', (t) => {
  const { spec } = scenario(GOOD);
  t.is(spec.chaosMs, 30_000);
  t.like(spec.faults, { atMost: 8, swarm: true });
  t.is(scenario({ ...GOOD, chaosMs: 5 }).spec.chaosMs, 5);
});

const refused: readonly (readonly [path: string, value: unknown, message: RegExp])[] = [
  ['chaosMss', 1, /^scenario mine: "chaosMss" is no key of it; did you mean "chaosMs"\?$/],
  ['cluster/broker', 3, /cluster: "broker" is no key of it; did you mean "brokers"/],
  ['cluster/brokers', undefined, /cluster\.brokers is missing: it must be a whole number from 1 to 100/],
  ['cluster/brokers', -1, /cluster\.brokers is -1, but it must be a whole number from 1 to 100/],
  ['cluster/brokers', 'three', /cluster\.brokers is "three", but it must be a whole number/],
  ['cluster/brokers', between(5, 3), /cluster\.brokers is .*, but it must be two whole numbers, the smaller one first/],
  ['cluster/brokers', oneOf(), /cluster\.brokers\.oneOf is \[\], but it must be at least one value/],
  ['cluster/brokers', oneOf(3, 'x' as never), /cluster\.brokers\.oneOf\.1 is "x", but it must be a whole number/],
  ['cluster/combined', 1, /cluster\.combined is 1, but it must be true or false/],
  [
    'cluster/properties/min.insync.replica',
    2,
    /"min\.insync\.replica" is no property of a broker; did you mean "min\.insync\.replicas"/,
  ],
  ['cluster/properties/min.insync.replicas', 0, /min\.insync\.replicas is 0, but it must be at least 1/],
  [
    'cluster/properties/log.segment.bytes',
    oneOf(1_048_576, 4_096),
    /log\.segment\.bytes is 4096, but it must be at least 1048576/,
  ],
  ['cluster/properties/node.id', 7, /"node\.id" can't be given: it follows from/],
  ['topics/0/replicationFactor', 9, /topics\.0\.replicationFactor is 9, but there may be only 3 brokers/],
  ['topics/0/replicationFactor', oneOf(3, 4), /topics\.0\.replicationFactor is .*, but there may be only 3 brokers/],
  ['topics/0/configs/retention', '1', /topics\.0\.configs: "retention" is no property of a topic/],
  ['topics/0/configs/segment.bytes', '1', /segment\.bytes is "1", but it must be at least 1048576/],
  ['topics/0/name', 'or ders', /topics\.0\.name is "or ders", but it must be a name/],
  ['clients/0/run', undefined, /clients\.0\.run is missing: it must be a function/],
  ['clients/0/count', 1e9, /clients\.0\.count is 1000000000, but/],
  ['clients/0/name', 'reader', /two clients are called "reader"/],
  ['clients/0/properties/ack', 1, /clients\.0\.properties: "ack" is no property of a client; did you mean "acks"/],
  ['clients/0/properties/acks', 7, /acks is 7, but it must be one of all, -1, 0, 1/],
  ['clients/0/properties/bootstrap.servers', 'x:1', /"bootstrap\.servers" can't be given/],
  ['clients/0/params/perSecnd', 5, /clients\.0\.params: "perSecnd" is no key of it; did you mean "perSecond"/],
  ['clients/0/params/perSecond', 0, /perSecond is 0, but it must be a number above 0/],
  ['clients/0/params', undefined, /clients\.0\.params: topics is missing/],
  ['clients/1/params/topics', 'order', /clients\.1\.params: topics names "order", which nobody has; did you mean "orders"/],
  ['clients/1/params/topics', oneOf('orders', 'payments'), /topics names "payments", which nobody has: there are orders$/],
  ['clients/1/params/commit', 'never', /commit is "never", but it must be one of sync, async, auto, per-record/],
  ['faults', undefined, /faults is missing: it must be 'none', or/],
  ['faults', 'all', /faults is "all", but it must be 'none', or/],
  ['faults/kinds', ['crash', 'puase'], /faults\.kinds\.1: "puase" is no kind of fault; did you mean "pause"/],
  ['faults/kinds', [], /faults\.kinds names no kind: no fault would happen/],
  ['faults/kinds', ['bit-rot'], /"bit-rot", which leaves the durability budget/],
  ['faults/atmost', 3, /faults: "atmost" is no key of it; did you mean "atMost"/],
  ['faults/atMost', 0, /faults\.atMost is 0: no fault would happen/],
  ['faults/atLeast', 9, /^ok$/],
  ['faults', { kinds: ['crash'], atLeast: 9, atMost: 3 }, /faults\.atLeast is 9, but faults\.atMost is 3/],
  [
    'faults/always',
    [{ kind: 'crash', atMs: 1, target: { role: 'leder', partition: 'orders-0' }, forMs: 1, params: {} }],
    /faults\.always\.0\.target\.role is "leder", but it must be one of .*did you mean "leader"/,
  ],
  [
    'faults/always',
    [{ kind: 'slow-disk', atMs: 1, target: { role: 'broker', index: 0 }, forMs: 1, params: { factr: 5 } }],
    /params: "factr" is no parameter of slow-disk; did you mean "factor"/,
  ],
  [
    'faults/always',
    [{ kind: 'slow-disk', atMs: 1, target: { role: 'broker', index: 0 }, forMs: 1, params: { factor: 1e9 } }],
    /params\.factor is 1000000000, but it must be a whole number from 5 to 1000/,
  ],
  [
    'faults/always',
    [{ kind: 'crash', on: { event: 'log-trunkated', nth: 1, afterMs: 0 }, target: { role: 'emitter' }, forMs: 1, params: {} }],
    /on\.event is "log-trunkated", which is no trace event; did you mean "log-truncated"/,
  ],
  ['chaosMs', 0, /chaosMs is 0, but that is the phase in which faults happen/],
  ['chaosMs', 1e12, /chaosMs is 1000000000000, but it must be a whole number from 0 to 86400000 \(a day, since/],
  ['world', { latencyMs: 3 }, /world: "latencyMs" is no key of it; did you mean "latencyUs"/],
  ['heal', { restartAll: 'yes' }, /heal\.restartAll is "yes", but it must be true or false/],
  ['budget', 'byond', /budget is "byond", but it must be one of within, beyond; did you mean "beyond"/],
  ['properties', ['J1', 'J99'], /properties\.1: "J99" is no property/],
  ['checks', [{}], /checks\.0 is \{\}, but it must be a definition of properties/],
  ['name', 'My Scenario', /name is "My Scenario", but it must be small letters/],
];

for (const [path, value, message] of refused) {
  test(`${path} ${JSON.stringify(value)}: ${message.source === '^ok$' ? 'fine' : 'refused by its key, with what would be right'}`, (t) => {
    const options = withChange(path, value);
    if (message.source === '^ok$') t.notThrows(() => scenario(options));
    else t.throws(() => scenario(options), { instanceOf: ScenarioError, message });
  });
}
