/** Properties of producers, consumers and admin clients, by the Java clients' names and defaults. */
import {
  atLeast,
  between,
  boolean,
  choice,
  ConfigError,
  type ConfigKey,
  type ConfigValue,
  type ConfigValues,
  className,
  defineConfig,
  int,
  list,
  long,
  MAX_INT,
  optionalName,
  string,
} from './definition.ts';
import { resetStrategy } from './reset-strategy.ts';
import { CLIENT_SECURITY_KEYS } from './security.ts';

/** A name or an address; an IPv6 one in brackets. */
const HOST_AND_PORT = /^(?:[^:[\]]+|\[[0-9A-Fa-f:.]+(?:%\w+)?\]):\d+$/;

const bootstrapServers: ConfigKey<readonly string[]> = list([], 'high', 'Addresses to begin with, host:port each.', (value) =>
  (value as readonly string[]).length > 0 && (value as readonly string[]).every((item) => HOST_AND_PORT.test(item))
    ? null
    : 'a list of host:port',
);

/** What every client has. */
const COMMON = {
  'bootstrap.servers': bootstrapServers,
  'client.id': string('', 'medium', 'Name of the client in requests and logs.'),
  'connections.max.idle.ms': long(540_000, 'medium', 'A connection unused for this long is closed.'),
  'metadata.max.age.ms': long(300_000, 'low', 'Metadata are asked for again after this time.', atLeast(0)),
  'metadata.cluster.check.enable': boolean(
    true,
    'low',
    'Must a broker be the one that is meant, and of the cluster? Not with metadata.recovery.strategy=none.',
  ),
  'metadata.recovery.strategy': choice(
    ['none', 'rebootstrap'],
    'rebootstrap',
    'low',
    'What to do when no known broker can be reached.',
  ),
  'metadata.recovery.rebootstrap.trigger.ms': long(
    300_000,
    'low',
    'Time without metadata after which the client begins anew.',
    atLeast(0),
  ),
  'reconnect.backoff.ms': long(50, 'low', 'First wait before a broker is dialled again.', atLeast(0)),
  'reconnect.backoff.max.ms': long(1_000, 'low', 'Longest wait before a broker is dialled again.', atLeast(0)),
  'request.timeout.ms': int(30_000, 'medium', 'Time-out of one request.', atLeast(0)),
  'retry.backoff.ms': long(100, 'low', 'First wait before a failed request is repeated.', atLeast(0)),
  'retry.backoff.max.ms': long(1_000, 'low', 'Longest wait before a failed request is repeated.', atLeast(0)),
  'socket.connection.setup.timeout.ms': long(10_000, 'medium', 'Time-out of the first connection attempt.'),
  'socket.connection.setup.timeout.max.ms': long(30_000, 'medium', 'Time-out that repeated connection attempts grow to.'),
  ...CLIENT_SECURITY_KEYS,
} as const;

export const PRODUCER_CONFIG = defineConfig(
  {
    ...COMMON,
    acks: choice(['all', '-1', '0', '1'], 'all', 'low', 'Replicas that must have a record before it counts as sent.'),
    'batch.size': int(16_384, 'medium', 'Bytes of records gathered for a partition in one batch.', atLeast(0)),
    'buffer.memory': long(33_554_432, 'high', 'Bytes of records that may wait to be sent.', atLeast(0)),
    'compression.type': choice(['none', 'gzip', 'snappy', 'lz4', 'zstd'], 'none', 'high', 'Codec of batches.'),
    'delivery.timeout.ms': int(120_000, 'medium', 'A record not acknowledged after this time fails.', atLeast(0)),
    'enable.idempotence': boolean(true, 'low', 'Is each record written exactly once and in order, in spite of retries?'),
    'linger.ms': long(5, 'medium', 'How long a batch waits for more records.', atLeast(0)),
    'max.block.ms': long(60_000, 'medium', 'How long send may wait for metadata or buffer space.', atLeast(0)),
    'max.in.flight.requests.per.connection': int(5, 'low', 'Requests sent without waiting for the answer.', atLeast(1)),
    'max.request.size': int(1_048_576, 'medium', 'Largest record and request sent.', atLeast(0)),
    'metadata.max.idle.ms': long(300_000, 'low', 'A topic unused for this long is dropped from the metadata.', atLeast(5_000)),
    'partitioner.adaptive.partitioning.enable': boolean(
      true,
      'low',
      'Do records without key go rather to brokers that answer fast?',
    ),
    'partitioner.availability.timeout.ms': long(
      0,
      'low',
      'A broker that takes no request for this long gets no record without key.',
      atLeast(0),
    ),
    'partitioner.class': className(null, 'medium', 'How partitions are chosen; RoundRobinPartitioner or the built-in one.'),
    'partitioner.ignore.keys': boolean(false, 'medium', 'Are keys left out when partitions are chosen?'),
    retries: int(MAX_INT, 'high', 'How often a failed batch is sent again.', between(0, MAX_INT)),
    'transaction.timeout.ms': int(60_000, 'low', 'The coordinator aborts a transaction that is open for this long.', atLeast(1)),
    'transactional.id': optionalName('low', 'Name under which transactions go on across restarts.'),
  },
  finishProducerConfig,
);

export const CONSUMER_CONFIG = defineConfig(
  {
    ...COMMON,
    'allow.auto.create.topics': boolean(true, 'medium', 'May subscribing create a topic on the broker?'),
    'auto.commit.interval.ms': int(5_000, 'low', 'Time between automatic commits.', atLeast(0)),
    'auto.offset.reset': string('latest', 'medium', 'Where to begin without a valid position.', (value) =>
      value === 'none' || resetStrategy(String(value)) !== null
        ? null
        : 'latest, earliest, none, or by_duration: with a duration like PT1H',
    ),
    'check.crcs': boolean(true, 'low', 'Are the checksums of fetched batches checked?'),
    'client.rack': string('', 'low', 'Rack of this client, for fetching from a near replica.'),
    'default.api.timeout.ms': int(60_000, 'medium', 'Time-out of calls that give none.', atLeast(0)),
    'enable.auto.commit': boolean(true, 'medium', 'Are positions committed automatically?'),
    'exclude.internal.topics': boolean(true, 'medium', 'Does a pattern subscription leave out internal topics?'),
    'fetch.max.bytes': int(52_428_800, 'medium', 'Bytes that a fetch asks for in all.', atLeast(0)),
    'fetch.max.wait.ms': int(500, 'low', 'Longest wait of a fetch at the broker.', atLeast(0)),
    'fetch.min.bytes': int(1, 'high', 'Bytes the broker waits for before it answers a fetch.', atLeast(0)),
    'group.id': string(null, 'high', 'The consumer group.'),
    'group.protocol': choice(
      ['classic', 'consumer'],
      'classic',
      'high',
      'How members of the group agree on partitions (KIP-848).',
    ),
    'group.remote.assignor': string(
      null,
      'medium',
      'Assignor of the coordinator, in the consumer protocol; its first one if absent.',
    ),
    'group.instance.id': optionalName('medium', 'Name of a static member (KIP-345).'),
    'heartbeat.interval.ms': int(3_000, 'high', 'Time between heartbeats to the group coordinator.', atLeast(1)),
    'isolation.level': choice(
      ['read_uncommitted', 'read_committed'],
      'read_uncommitted',
      'medium',
      'Are records of open or aborted transactions seen?',
    ),
    'max.partition.fetch.bytes': int(1_048_576, 'high', 'Bytes that a fetch asks for per partition.', atLeast(0)),
    'max.poll.interval.ms': int(300_000, 'medium', 'A consumer that does not poll for this long leaves the group.', atLeast(1)),
    'max.poll.records': int(500, 'medium', 'Most records of one poll.', atLeast(1)),
    'partition.assignment.strategy': list(['range', 'cooperative-sticky'], 'medium', 'Assignors, the preferred first.'),
    'session.timeout.ms': int(45_000, 'high', 'A member silent for this long is removed from the group.', atLeast(1)),
  },
  finishConsumerConfig,
);

export const ADMIN_CONFIG = defineConfig({
  ...COMMON,
  'connections.max.idle.ms': long(300_000, 'medium', 'A connection unused for this long is closed.'),
  'default.api.timeout.ms': int(60_000, 'medium', 'Time-out of calls that give none.', atLeast(0)),
  retries: int(MAX_INT, 'low', 'How often a failed call is tried again.', between(0, MAX_INT)),
});

export type ProducerConfig = ConfigValues<typeof PRODUCER_CONFIG>;
export type ConsumerConfig = ConfigValues<typeof CONSUMER_CONFIG>;
export type AdminConfig = ConfigValues<typeof ADMIN_CONFIG>;
/** Of a producer, a consumer or an admin client. */
export type ClientConfigName = keyof (ProducerConfig & ConsumerConfig & AdminConfig) & string;

function finishProducerConfig(values: Record<string, ConfigValue>, given: ReadonlySet<string>): void {
  const config = values as unknown as ProducerConfig;
  if (config['enable.idempotence']) {
    const asked = given.has('enable.idempotence') || config['transactional.id'] !== null;
    const strongAcks = config.acks === 'all' || config.acks === '-1';
    if (asked && !strongAcks) throw new ConfigError(`acks is ${config.acks}, but an idempotent producer needs acks to be all.`);
    if (asked && config.retries === 0) throw new ConfigError('retries is 0, but an idempotent producer needs at least 1.');
    // Idempotence that was not asked for gives way to weaker settings.
    if (!strongAcks || config.retries === 0) values['enable.idempotence'] = false;
    else if (config['max.in.flight.requests.per.connection'] > 5) {
      throw new ConfigError(
        `max.in.flight.requests.per.connection is ${config['max.in.flight.requests.per.connection']}, but an idempotent producer allows at most 5.`,
      );
    }
  } else if (config['transactional.id'] !== null) {
    throw new ConfigError('transactional.id is set, but without enable.idempotence there are no transactions.');
  }
  const needed = config['linger.ms'] + config['request.timeout.ms'];
  if (config['delivery.timeout.ms'] < needed) {
    if (given.has('delivery.timeout.ms')) {
      throw new ConfigError(
        `delivery.timeout.ms is ${config['delivery.timeout.ms']}, but it must be at least linger.ms + request.timeout.ms (${needed}).`,
      );
    }
    values['delivery.timeout.ms'] = Math.min(needed, MAX_INT);
  }
}

function finishConsumerConfig(values: Record<string, ConfigValue>, given: ReadonlySet<string>): void {
  const config = values as unknown as ConsumerConfig;
  if (config['group.protocol'] === 'consumer') {
    const classic = ['heartbeat.interval.ms', 'session.timeout.ms', 'partition.assignment.strategy'].find((name) =>
      given.has(name),
    );
    if (classic !== undefined)
      throw new ConfigError(`${classic} is set, but with group.protocol=consumer the brokers decide on it.`);
  } else if (config['group.remote.assignor'] !== null) {
    throw new ConfigError(
      'group.remote.assignor is set, but without group.protocol=consumer nobody asks the coordinator for an assignor.',
    );
  }
  if (config['heartbeat.interval.ms'] >= config['session.timeout.ms']) {
    throw new ConfigError(
      `heartbeat.interval.ms is ${config['heartbeat.interval.ms']}, but it must be lower than session.timeout.ms (${config['session.timeout.ms']}).`,
    );
  }
  if (config['group.id'] === null) {
    if (given.has('enable.auto.commit') && config['enable.auto.commit']) {
      throw new ConfigError('enable.auto.commit is true, but without group.id nothing can be committed.');
    }
    values['enable.auto.commit'] = false;
  }
  if (config['partition.assignment.strategy'].length === 0 && config['group.id'] !== null) {
    throw new ConfigError('partition.assignment.strategy is empty, but a group member needs at least one assignor.');
  }
}
