import test from 'ava';
import { STANDARD_AUTHORIZER, superUsers } from './authorizer.ts';
import {
  BROKER_CONFIG,
  CONSUMER_CONFIG,
  ConfigError,
  ConfigSource,
  cordonedDirectories,
  DYNAMIC_BROKER_CONFIGS,
  describeBrokerConfig,
  describeTopicConfig,
  effectiveBrokerConfig,
  effectiveTopicConfig,
  formatValue,
  NO_LIMIT,
  PRODUCER_CONFIG,
  parseConfig,
  type Properties,
  validateBrokerOverrides,
  validateTopicConfig,
} from './index.ts';

const NODE: Properties = { 'node.id': 1, 'process.roles': 'broker', 'controller.quorum.voters': '3000@c1:9093' };
const BOOTSTRAP: Properties = { 'bootstrap.servers': 'b1:9092' };

test('values are typed by the table, from text as well as from values', (t) => {
  const config = parseConfig(BROKER_CONFIG, {
    ...NODE,
    'num.partitions': '3',
    'auto.create.topics.enable': 'FALSE',
    'log.dirs': 'a, b',
  });
  t.is(config['num.partitions'], 3);
  t.false(config['auto.create.topics.enable']);
  t.deepEqual(config['log.dirs'], ['a', 'b']);
  t.is(config['broker.session.timeout.ms'], 9000);
  t.is(config['log.retention.ms'], null);
});

test('an error names the property, the value and what would be right', (t) => {
  const fails = (properties: Properties, message: RegExp) =>
    t.throws(() => parseConfig(BROKER_CONFIG, properties), { instanceOf: ConfigError, message });
  fails({ ...NODE, 'num.partitions': 0 }, /^num\.partitions is 0, but it must be at least 1\.$/);
  fails({ ...NODE, 'num.partitions': 'x' }, /whole number/);
  fails({ ...NODE, 'num.partition': 1 }, /^num\.partition is not a known property\. Did you mean num\.partitions\?$/);
  fails({ 'process.roles': 'broker' }, /^node\.id is missing/);
  fails({ ...NODE, 'node.id': 3000 }, /must not be among controller\.quorum\.voters/);
  fails({ ...NODE, 'broker.heartbeat.interval.ms': 5000 }, /at most half of broker\.session\.timeout\.ms/);
});

test('longs beyond safe integers mean no limit', (t) => {
  const config = parseConfig(BROKER_CONFIG, { ...NODE, 'log.flush.interval.messages': '9223372036854775807' });
  t.is(config['log.flush.interval.messages'], NO_LIMIT);
});

test('idempotence that was not asked for gives way, asked for it insists', (t) => {
  t.true(parseConfig(PRODUCER_CONFIG, BOOTSTRAP)['enable.idempotence']);
  t.false(parseConfig(PRODUCER_CONFIG, { ...BOOTSTRAP, acks: '1' })['enable.idempotence']);
  t.throws(() => parseConfig(PRODUCER_CONFIG, { ...BOOTSTRAP, acks: '1', 'enable.idempotence': true }), {
    message: /acks to be all/,
  });
  t.throws(() => parseConfig(PRODUCER_CONFIG, { ...BOOTSTRAP, 'max.in.flight.requests.per.connection': 6 }), {
    message: /at most 5/,
  });
  t.throws(() => parseConfig(PRODUCER_CONFIG, { ...BOOTSTRAP, 'delivery.timeout.ms': 10 }), { message: /linger\.ms \+ request/ });
});

test('a consumer heartbeats within its session', (t) => {
  t.throws(() => parseConfig(CONSUMER_CONFIG, { ...BOOTSTRAP, 'heartbeat.interval.ms': 45_000 }), {
    message: /lower than session/,
  });
  t.false(parseConfig(CONSUMER_CONFIG, BOOTSTRAP)['enable.auto.commit']);
});

test('auto.offset.reset takes a duration that is not negative (KIP-1106)', (t) => {
  const reset = (value: string) =>
    parseConfig(CONSUMER_CONFIG, { ...BOOTSTRAP, 'auto.offset.reset': value })['auto.offset.reset'];
  for (const taken of [
    'earliest',
    'latest',
    'none',
    'by_duration:PT0S',
    'by_duration:P1DT2H',
    'by_duration:PT0.5S',
    'by_duration:pt1,5s',
  ])
    t.is(reset(taken), taken);
  for (const refused of [
    'by_duration',
    'by_duration:',
    'by_duration:P',
    'by_duration:PT',
    'by_duration:-PT1S',
    'by_duration:1H',
    'Latest',
  ])
    t.throws(() => reset(refused), { message: /auto\.offset\.reset/ }, refused);
});

test('topic configs come from overrides, then from the strongest broker synonym', (t) => {
  const broker = parseConfig(BROKER_CONFIG, { ...NODE, 'log.retention.hours': 2, 'log.segment.bytes': 2_097_152 });
  t.is(effectiveTopicConfig(broker, {})['retention.ms'], 7_200_000);
  t.is(effectiveTopicConfig(broker, {})['segment.bytes'], 2_097_152);
  t.is(effectiveTopicConfig(broker, { 'segment.bytes': '1048576' })['segment.bytes'], 1_048_576);
  const minutes = parseConfig(BROKER_CONFIG, { ...NODE, 'log.retention.hours': 2, 'log.retention.minutes': 3 });
  t.is(effectiveTopicConfig(minutes, {})['retention.ms'], 180_000);
});

test('topic overrides are checked by name and value', (t) => {
  const broker = parseConfig(BROKER_CONFIG, NODE);
  t.is(validateTopicConfig({ 'min.insync.replicas': '2' }, broker), null);
  t.regex(validateTopicConfig({ 'min.insync.replicas': '0' }, broker) ?? '', /at least 1/);
  t.regex(validateTopicConfig({ 'no.such': '0' }, broker) ?? '', /not a known topic property/);
  t.regex(validateBrokerOverrides({ 'log.dirs': 'x' }, 'broker', broker) ?? '', /cannot be changed/);
});

test('dynamic broker configs: the broker over the cluster over what it was started with', (t) => {
  t.true(DYNAMIC_BROKER_CONFIGS.has('log.retention.ms'));
  const config = effectiveBrokerConfig(NODE, { 'log.retention.ms': '5', 'message.max.bytes': '7' }, { 'log.retention.ms': '6' });
  t.is(config['log.retention.ms'], 6);
  t.is(config['message.max.bytes'], 7);
});

test('dynamic broker configs without a meaning here are kept, and so are names that nobody knows', (t) => {
  const broker = parseConfig(BROKER_CONFIG, NODE);
  const problem = (overrides: Record<string, string>): string | null => validateBrokerOverrides(overrides, 'cluster', broker);
  for (const [name, value] of [
    ['num.io.threads', '4'],
    ['log.cleaner.io.buffer.size', '1'],
    ['max.connection.creation.rate', '7'],
    ['metric.reporters', 'a.B'],
    ['transaction.partition.verification.enable', 'false'],
    ['leader.replication.throttled.rate', '1000'],
    ['somebody.elses.property', 'x'],
  ] as const)
    t.is(problem({ [name]: value }), null, name);
  t.regex(problem({ 'num.io.threads': '0' }) ?? '', /at least 1/);
  t.regex(problem({ 'follower.replication.throttled.rate': '-1' }) ?? '', /at least 0/);
  for (const name of ['broker.id', 'socket.send.buffer.bytes', 'num.partitions', 'ssl.keystore.location', 'listener.name.a.b'])
    t.regex(problem({ [name]: '1' }) ?? '', /cannot be changed/, name);
});

test('of what nobody knows the value is told to nobody', (t) => {
  const started = { 'node.id': 1, 'process.roles': 'broker,controller', 'controller.quorum.voters': '1@a:1' };
  const clusterOverrides = {
    'somebody.elses.property': 'secret',
    'num.io.threads': '4',
    'leader.replication.throttled.rate': '9',
  };
  const config = effectiveBrokerConfig(started, clusterOverrides, {});
  const layers = { started, clusterOverrides, brokerOverrides: {} };
  const [unknown, threads, rate] = describeBrokerConfig(Object.keys(clusterOverrides), layers, config);
  const source = ConfigSource.DYNAMIC_CLUSTER;
  t.like(unknown, { value: null, sensitive: true, readOnly: true, type: 0, source, doc: null });
  t.is(unknown?.synonyms[0]?.value, null);
  t.like(threads, { value: '4', sensitive: false, readOnly: false, type: 3, source });
  t.like(rate, { value: '9', sensitive: false, readOnly: false, type: 5, source, doc: null });
  t.false(describeBrokerConfig(null, layers, config).some(({ name }) => name === 'follower.replication.throttled.rate'));
});

test('doubles are written as Java writes them', (t) => {
  for (const [value, text] of [
    [0.5, '0.5'],
    [1, '1.0'],
    [1e7, '1.0E7'],
    [12_345_678.5, '1.23456785E7'],
    [0.000_25, '2.5E-4'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
  ] as const)
    t.is(formatValue(value, 'double'), text);
});

test('descriptions tell where a value comes from', (t) => {
  const started = { ...NODE, 'log.segment.bytes': 2_097_152 };
  const broker = parseConfig(BROKER_CONFIG, started);
  const layers = { started, clusterOverrides: {}, brokerOverrides: {} };
  const [inherited] = describeTopicConfig(['segment.bytes'], {}, layers, effectiveTopicConfig(broker, {}));
  t.like(inherited, { value: '2097152', source: ConfigSource.STATIC_BROKER, readOnly: false });
  const overrides = { 'segment.bytes': '1048576' };
  const [own] = describeTopicConfig(['segment.bytes'], overrides, layers, effectiveTopicConfig(broker, overrides));
  t.is(own?.source, ConfigSource.TOPIC);
  t.deepEqual(
    own?.synonyms.map(({ value }) => value),
    ['1048576', '2097152', '1073741824'],
  );
  const [id] = describeBrokerConfig(['node.id'], layers, broker);
  t.like(id, { value: '1', readOnly: true, default: null });
});

test('the authorizer is the one there is, and super users are principals', (t) => {
  const refused = (properties: Record<string, string>): string =>
    t.throws(() => parseConfig(BROKER_CONFIG, { ...NODE, ...properties }), { instanceOf: ConfigError })?.message ?? '';
  t.is(
    refused({ 'authorizer.class.name': 'my.Authorizer' }),
    `authorizer.class.name is my.Authorizer, but it must be empty or ${STANDARD_AUTHORIZER}.`,
  );
  t.is(refused({ 'super.users': 'User:a; bob' }), 'super.users holds bob, but each must be type:name, like User:admin.');
  const config = parseConfig(BROKER_CONFIG, { ...NODE, 'super.users': ' User:a ;User:CN=b,O=c; ' });
  t.deepEqual(superUsers(config), ['User:a', 'User:CN=b,O=c']);
});

test('segments below 1 MiB are for tests, and only the property for tests makes them (Kafka 4.1 and later)', (t) => {
  const broker = parseConfig(BROKER_CONFIG, NODE);
  t.regex(validateTopicConfig({ 'segment.bytes': '1048575' }, broker) ?? '', /at least 1048576/);
  t.is(validateTopicConfig({ 'internal.segment.bytes': '2048' }, broker), null);
  t.throws(() => parseConfig(BROKER_CONFIG, { ...NODE, 'log.segment.bytes': 1_048_575 }), { message: /at least 1048576/ });
  t.throws(() => parseConfig(BROKER_CONFIG, { ...NODE, 'metadata.log.segment.bytes': 8_388_607 }), {
    message: /at least 8388608/,
  });
  const layers = { started: NODE, clusterOverrides: {}, brokerOverrides: {} };
  const names = (overrides: Record<string, string>): string[] =>
    describeTopicConfig(null, overrides, layers, effectiveTopicConfig(broker, overrides)).map(({ name }) => name);
  t.false(names({}).includes('internal.segment.bytes'));
  t.true(names({ 'internal.segment.bytes': '2048' }).includes('internal.segment.bytes'));
  // It is not told as a synonym, nor as a default: the property for tests stands beside the other.
  const overrides = { 'internal.segment.bytes': '2048' };
  const described = describeTopicConfig(
    ['internal.segment.bytes', 'segment.bytes'],
    overrides,
    layers,
    effectiveTopicConfig(broker, overrides),
  );
  t.deepEqual(
    described.map(({ name, value, source, synonyms }) => [name, value, source, synonyms.map((synonym) => synonym.name)]),
    [
      ['segment.bytes', '1073741824', ConfigSource.DEFAULT, ['log.segment.bytes']],
      ['internal.segment.bytes', '2048', ConfigSource.TOPIC, ['internal.segment.bytes']],
    ],
  );
});

test('a list holds no empty entry, and an entry twice counts once, but cannot be set so while a broker runs', (t) => {
  const broker = parseConfig(BROKER_CONFIG, { ...NODE, 'log.cleanup.policy': 'compact, compact' });
  t.deepEqual(broker['log.cleanup.policy'], ['compact']);
  t.throws(() => parseConfig(BROKER_CONFIG, { ...NODE, 'log.cleanup.policy': 'compact,,delete' }), { message: /empty entries/ });
  for (const name of ['log.dirs', 'listeners', 'controller.listener.names', 'group.streams.assignors'])
    t.throws(() => parseConfig(BROKER_CONFIG, { ...NODE, [name]: '' }), { message: /not empty/ }, name);
  t.deepEqual(parseConfig(BROKER_CONFIG, { ...NODE, 'process.roles': 'broker,broker' })['process.roles'], ['broker']);
  t.is(validateTopicConfig({ 'cleanup.policy': 'compact,compact' }, broker), null);
  t.regex(validateBrokerOverrides({ 'log.cleanup.policy': 'compact,compact' }, 'cluster', broker) ?? '', /entry twice/);
});

test('cordoned log directories are those of the broker, or all of them, and altered for each broker alone (KIP-1066)', (t) => {
  const cordoned = (value: string): readonly string[] =>
    cordonedDirectories(parseConfig(BROKER_CONFIG, { ...NODE, 'log.dirs': 'a,b', 'cordoned.log.dirs': value }));
  t.deepEqual(cordoned(''), []);
  t.deepEqual(cordoned('b'), ['b']);
  t.deepEqual(cordoned('*'), ['a', 'b']);
  t.throws(() => cordoned('c'), { message: /holds c, but that is no log directory/ });
  t.throws(() => cordoned('*,a'), { message: /nothing else/ });
  const broker = parseConfig(BROKER_CONFIG, { ...NODE, 'log.dirs': 'a,b' });
  t.is(validateBrokerOverrides({ 'cordoned.log.dirs': 'a' }, 'broker', broker), null);
  t.regex(validateBrokerOverrides({ 'cordoned.log.dirs': 'a' }, 'cluster', broker) ?? '', /each broker's own/);
});
