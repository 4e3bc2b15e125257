import test from 'ava';
import {
  BROKER_CONFIG,
  checkGroupConfig,
  ConfigSource,
  describeGroupConfig,
  parseConfig,
  type Properties,
  validateBrokerOverrides,
} from './index.ts';

const NODE: Properties = { 'node.id': 1, 'process.roles': 'broker', 'controller.quorum.voters': '3000@c1:9093' };
const BROKER = parseConfig(BROKER_CONFIG, NODE);

test('a group goes as far as the broker lets it (Kafka 4.4)', (t) => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['consumer.session.timeout.ms', '10', /at least group\.consumer\.min\.session\.timeout\.ms \(45000\)/],
    ['consumer.session.timeout.ms', '60001', /at most group\.consumer\.max\.session\.timeout\.ms \(60000\)/],
    ['consumer.assignment.interval.ms', '20000', /at most group\.consumer\.max\.assignment\.interval\.ms/],
    ['share.delivery.count.limit', '11', /at most group\.share\.max\.delivery\.count\.limit \(10\)/],
    ['share.partition.max.record.locks', '99', /at least 100/],
    ['share.isolation.level', 'READ_COMMITTED', /one of read_committed/],
    ['share.auto.offset.reset', 'EARLIEST', /earliest, latest, or by_duration/],
    ['share.auto.offset.reset', 'none', /earliest, latest, or by_duration/],
    ['share.auto.offset.reset', 'by_duration:-PT1H', /earliest, latest, or by_duration/],
    ['streams.num.standby.replicas', '3', /at most group\.streams\.max\.standby\.replicas \(2\)/],
    ['streams.assignor.name', 'x', /one of sticky/],
    ['streams.num.warmup.replicas', '30', /at most group\.streams\.max\.warmup\.replicas \(20\)/],
    ['streams.task.offset.interval.ms', '1', /at least group\.streams\.min\.task\.offset\.interval\.ms/],
    ['errors.deadletterqueue.topic.name', '__x', /does not begin with __/],
    ['no.such', '1', /is not a property of a group/],
  ];
  for (const [name, value, message] of refused) t.throws(() => checkGroupConfig(BROKER, { [name]: value }), { message }, name);
  for (const [name, value] of [
    ['consumer.session.timeout.ms', '50000'],
    ['consumer.heartbeat.interval.ms', '15000'],
    ['share.auto.offset.reset', 'by_duration:PT1H'],
    ['share.auto.offset.reset', 'by_duration:p1dt2h'],
    ['streams.assignor.name', 'sticky'],
    ['streams.initial.rebalance.delay.ms', '99999999'],
    ['errors.deadletterqueue.topic.name', 'a b'],
  ] as const)
    t.notThrows(() => checkGroupConfig(BROKER, { [name]: value }), name);
});

test('a session lasts longer than the time between heartbeats, for a group and for a broker', (t) => {
  const broker = parseConfig(BROKER_CONFIG, { ...NODE, 'group.consumer.max.heartbeat.interval.ms': 50_000 });
  t.throws(() => checkGroupConfig(broker, { 'consumer.heartbeat.interval.ms': '45000' }), {
    message: /must be above consumer\.heartbeat/,
  });
  const wrong = { ...NODE, 'group.consumer.max.heartbeat.interval.ms': 50_000, 'group.consumer.heartbeat.interval.ms': 45_000 };
  t.throws(() => parseConfig(BROKER_CONFIG, wrong), { message: /must be above group\.consumer\.heartbeat/ });
  const late = validateBrokerOverrides({ 'group.consumer.assignment.interval.ms': '400000' }, 'cluster', BROKER);
  t.regex(late ?? '', /at most group\.consumer\.max\.assignment\.interval\.ms \(15000\)/);
});

test('behind what a group has stands what the broker says of all groups (Kafka 4.4)', (t) => {
  const layers = { started: NODE, clusterOverrides: { 'group.consumer.assignment.interval.ms': '2000' }, brokerOverrides: {} };
  const broker = { ...BROKER, 'group.consumer.assignment.interval.ms': 2_000 };
  const overrides = { 'consumer.session.timeout.ms': '50000', 'streams.acceptable.recovery.lag': '5' };
  const described = new Map(describeGroupConfig(null, overrides, layers, broker).map((config) => [config.name, config]));
  const told = (name: string) => {
    const { value, source, synonyms } = described.get(name) ?? {};
    return [value, source, synonyms?.map((synonym) => `${synonym.name}=${synonym.value} ${synonym.source}`)];
  };
  t.deepEqual(told('consumer.session.timeout.ms'), [
    '50000',
    ConfigSource.GROUP,
    ['consumer.session.timeout.ms=50000 8', 'group.consumer.session.timeout.ms=45000 5'],
  ]);
  t.deepEqual(told('consumer.assignment.interval.ms'), [
    '2000',
    ConfigSource.DYNAMIC_CLUSTER,
    ['group.consumer.assignment.interval.ms=2000 3', 'group.consumer.assignment.interval.ms=1000 5'],
  ]);
  t.deepEqual(told('streams.assignor.name'), ['sticky', ConfigSource.DEFAULT, ['group.streams.assignors=sticky 5']]);
  t.deepEqual(told('share.isolation.level'), [
    'read_uncommitted',
    ConfigSource.DEFAULT,
    ['share.isolation.level=read_uncommitted 5'],
  ]);
  // What is there for tests is told where it is set.
  t.is(told('streams.acceptable.recovery.lag')[0], '5');
  t.false(described.has('streams.num.warmup.replicas'));
});
