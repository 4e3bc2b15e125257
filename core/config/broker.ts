/** Properties of a node of the cluster, broker or controller, by Kafka's names and defaults: those that this cluster honours. Long because it is one table. */
import { isMigrationPolicy, MIGRATION_POLICIES } from './migration-policy.ts';
import {
  atLeast,
  between,
  boolean,
  choice,
  ConfigError,
  type ConfigValue,
  type ConfigValues,
  defineConfig,
  double,
  int,
  internal,
  list,
  listOf,
  long,
  MAX_INT,
  NO_LIMIT,
  notEmpty,
  requiredInt,
  requiredList,
  short,
  string,
} from './definition.ts';
import { AUTHORIZER_KEYS, checkAuthorizer } from './authorizer.ts';
import { checkGroupBounds, GROUP_BROKER_KEYS } from './group-bounds.ts';
import { hostCounts } from './host-counts.ts';
import { INERT_BROKER_KEYS } from './inert.ts';
import { composedBrokerKey } from './listener-keys.ts';
import { SECURITY_KEYS } from './security.ts';
import { CLEANUP_POLICIES, COMPRESSION_TYPES, MAX_DECOMPRESSED_BYTES, SEGMENT_BYTES_MIN, TIMESTAMP_TYPES } from './topic.ts';

const HOUR_MS = 3_600_000;
/** The largest double, which Kafka takes for no limit. */
const NO_RATE_LIMIT = Number.MAX_VALUE;
const ALL_DIRECTORIES = '*';
/** A listener named as a protocol has that one. */
const DEFAULT_PROTOCOL_MAP = 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT';

export const BROKER_CONFIG = defineConfig(
  {
    // Identity, roles and addresses.
    'node.id': requiredInt('high', 'Number of this node, unique in the cluster.', atLeast(0)),
    'process.roles': requiredList('high', 'What this process is: broker, controller, or both.', listOf('broker', 'controller')),
    listeners: list(
      ['PLAINTEXT://:9092'],
      'high',
      'Addresses to listen on, NAME://host:port each; an empty host is the own one.',
      notEmpty,
    ),
    'advertised.listeners': list(null, 'high', 'Addresses told to others; those of listeners if absent.', notEmpty),
    'listener.security.protocol.map': string(
      DEFAULT_PROTOCOL_MAP,
      'low',
      'Security protocol of each listener, NAME:PROTOCOL each, separated by commas.',
    ),
    'controller.listener.names': list(
      ['CONTROLLER'],
      'high',
      'Listeners that controllers serve; the first is the one dialled.',
      notEmpty,
    ),
    'inter.broker.listener.name': string(null, 'medium', 'Listener that brokers use among themselves; the first one if absent.'),
    'broker.rack': string(null, 'medium', 'Rack of this broker, for replica placement and rack-aware fetching.'),
    'log.dir': list(['/tmp/kafka-logs'], 'high', 'The log directories when log.dirs is absent.', notEmpty),
    'log.dirs': list(null, 'high', 'Directories that hold the logs; log.dir if absent.', notEmpty),
    'cordoned.log.dirs': list([], 'medium', 'Log directories that take no new replicas; * for all of them.'),
    'initial.broker.registration.timeout.ms': int(
      60_000,
      'medium',
      'How long a starting broker tries to register before it gives up.',
    ),
    'broker.heartbeat.interval.ms': int(
      2_000,
      'medium',
      'Time between a broker and its next heartbeat to the controller.',
      atLeast(1),
    ),
    'broker.session.timeout.ms': int(9_000, 'medium', 'A broker silent for this long is fenced.', atLeast(1)),
    'server.max.startup.time.ms': internal(
      long(NO_LIMIT, 'medium', 'A node not started after this time ends itself.', atLeast(0)),
    ),

    // The metadata quorum and its log.
    'controller.quorum.voters': list([], 'high', 'The voters, id@host:port each.'),
    'controller.quorum.election.timeout.ms': int(
      1_000,
      'high',
      'A candidate without a majority for this long tries again.',
      atLeast(1),
    ),
    'controller.quorum.fetch.timeout.ms': int(
      2_000,
      'high',
      'A follower without a good fetch for this long starts an election.',
      atLeast(1),
    ),
    'controller.quorum.election.backoff.max.ms': int(1_000, 'high', 'Largest random wait after a lost election.', atLeast(0)),
    'controller.quorum.append.linger.ms': int(
      25,
      'medium',
      'How long the leader gathers writes before it flushes them.',
      atLeast(0),
    ),
    'controller.quorum.fetch.max.bytes': int(1_048_576, 'low', 'Bytes of the metadata log that a fetch asks for.', atLeast(1)),
    'controller.quorum.fetch.snapshot.max.bytes': int(
      1_048_576,
      'low',
      'Bytes of a snapshot that one request asks for.',
      atLeast(1),
    ),
    'controller.quorum.request.timeout.ms': int(2_000, 'medium', 'Time-out of a request between quorum nodes.', atLeast(1)),
    'controller.quorum.retry.backoff.ms': int(20, 'low', 'Wait before a failed quorum request is repeated.', atLeast(0)),
    'metadata.log.dir': string(null, 'high', 'Directory of the metadata log; the first log directory if absent.'),
    'metadata.log.max.record.bytes.between.snapshots': long(
      20 * 1024 * 1024,
      'high',
      'New metadata bytes that call for a snapshot.',
      atLeast(1),
    ),
    'metadata.log.max.snapshot.interval.ms': long(
      HOUR_MS,
      'high',
      'Longest time between snapshots when there is something new; 0 for none.',
      atLeast(0),
    ),
    'metadata.log.segment.bytes': int(
      1_073_741_824,
      'high',
      'Size at which the metadata log begins a new segment.',
      atLeast(8 * 1024 * 1024),
    ),
    'internal.metadata.log.segment.bytes': internal(
      int(null, 'low', 'Size at which the metadata log begins a new segment, of any number of bytes.', atLeast(1)),
    ),
    'metadata.log.segment.ms': long(7 * 24 * HOUR_MS, 'high', 'Age at which the metadata log begins a new segment.'),
    'metadata.max.retention.bytes': long(100 * 1024 * 1024, 'high', 'Size of log and snapshots above which old snapshots go.'),
    'metadata.max.retention.ms': long(7 * 24 * HOUR_MS, 'high', 'Age above which old snapshots go.'),
    'metadata.max.idle.interval.ms': int(
      500,
      'low',
      'How often an idle active controller writes a no-op record; 0 for never.',
      atLeast(0),
    ),

    // Replication.
    'default.replication.factor': int(1, 'medium', 'Replicas of a topic created without saying how many.', atLeast(1)),
    'min.insync.replicas': int(1, 'high', 'In-sync replicas that an acks=all append needs.', atLeast(1)),
    'num.replica.fetchers': int(1, 'high', 'Fetchers per source broker.', atLeast(1)),
    'replica.fetch.backoff.ms': int(1_000, 'medium', 'Wait after a failed fetch of a partition.', atLeast(0)),
    'replica.fetch.max.bytes': int(1_048_576, 'medium', 'Bytes a follower asks for per partition.', atLeast(0)),
    'replica.fetch.min.bytes': int(1, 'high', 'Bytes the leader waits for before it answers a follower.'),
    'replica.fetch.response.max.bytes': int(10 * 1024 * 1024, 'medium', 'Bytes a follower asks for in all.', atLeast(0)),
    'replica.fetch.wait.max.ms': int(500, 'high', 'Longest wait of a follower fetch at the leader.', atLeast(0)),
    'replica.high.watermark.checkpoint.interval.ms': long(
      5_000,
      'high',
      'How often high watermarks are written to disk.',
      atLeast(1),
    ),
    'replica.lag.time.max.ms': long(30_000, 'high', 'A follower behind for this long leaves the ISR.', atLeast(1)),
    'replica.selector.class': string(null, 'medium', 'How consumers are sent to replicas; RackAwareReplicaSelector or none.'),
    'replica.socket.timeout.ms': int(30_000, 'high', 'Time-out of requests between brokers.', atLeast(1)),
    'controller.socket.timeout.ms': int(30_000, 'medium', 'Time-out of requests to the controller.', atLeast(1)),
    'auto.leader.rebalance.enable': boolean(
      true,
      'high',
      'Does the controller give leadership back to preferred replicas by itself?',
    ),
    'leader.imbalance.check.interval.seconds': long(300, 'high', 'How often leader imbalance is looked at.', atLeast(1)),
    'unclean.leader.election.enable': boolean(false, 'high', 'May a replica outside the ISR lead, at the cost of data?'),
    'unclean.leader.election.interval.ms': internal(
      long(300_000, 'medium', 'How often partitions without a leader are looked at for unclean election.', atLeast(1)),
    ),

    // Topics and their logs.
    'auto.create.topics.enable': boolean(true, 'high', 'Is an unknown topic created when a client asks for it?'),
    'delete.topic.enable': boolean(true, 'high', 'May topics be deleted?'),
    'num.partitions': int(1, 'medium', 'Partitions of a topic created without saying how many.', atLeast(1)),
    'compression.type': choice(COMPRESSION_TYPES, 'producer', 'high', 'Codec of stored batches; producer keeps what was sent.'),
    'message.max.bytes': int(1_048_588, 'high', 'Largest record batch accepted, after compression.', atLeast(0)),
    'max.decompressed.message.bytes': int(
      MAX_DECOMPRESSED_BYTES,
      'medium',
      'Largest record accepted out of a compressed batch.',
      between(1, MAX_DECOMPRESSED_BYTES),
    ),
    'log.cleaner.backoff.ms': long(15_000, 'medium', 'Wait of the cleaner when there is nothing to clean.', atLeast(0)),
    'log.cleaner.dedupe.buffer.size': long(134_217_728, 'medium', 'Memory of all cleaners for keys, in bytes.'),
    'log.cleaner.delete.retention.ms': long(24 * HOUR_MS, 'medium', 'How long a tombstone stays readable.', atLeast(0)),
    'log.cleaner.enable': boolean(true, 'medium', 'Does the cleaner run?'),
    'log.cleaner.io.buffer.load.factor': double(0.9, 'medium', 'Share of the memory for keys that is used.'),
    'log.cleaner.io.buffer.size': int(
      524_288,
      'medium',
      'Bytes that all cleaners together read and write in one step.',
      atLeast(0),
    ),
    'log.cleaner.io.max.bytes.per.second': double(
      NO_RATE_LIMIT,
      'medium',
      'Bytes that all cleaners together read and write in a second, on average.',
    ),
    'log.cleaner.max.compaction.lag.ms': long(NO_LIMIT, 'medium', 'Longest time a record may stay uncompacted.', atLeast(1)),
    'log.cleaner.min.cleanable.ratio': double(
      0.5,
      'medium',
      'Share of uncompacted log that makes compaction worth it.',
      between(0, 1),
    ),
    'log.cleaner.min.compaction.lag.ms': long(0, 'medium', 'Shortest time a record stays uncompacted.', atLeast(0)),
    'log.cleaner.threads': int(1, 'medium', 'Logs that are compacted at the same time.', atLeast(0)),
    'log.cleanup.policy': list(['delete'], 'medium', 'How old data goes: delete, compact, or both.', listOf(...CLEANUP_POLICIES)),
    'log.dir.failure.timeout.ms': long(
      30_000,
      'low',
      'A broker that cannot tell of a failed directory for this long ends itself.',
      atLeast(1),
    ),
    'log.flush.interval.messages': long(NO_LIMIT, 'high', 'Sync a log after so many records.', atLeast(1)),
    'log.flush.interval.ms': long(null, 'high', 'Sync a log at least this often; log.flush.scheduler.interval.ms if absent.'),
    'log.flush.offset.checkpoint.interval.ms': int(60_000, 'high', 'How often recovery points are written.', atLeast(0)),
    'log.flush.scheduler.interval.ms': long(NO_LIMIT, 'high', 'How often logs are looked at for syncing.'),
    'log.flush.start.offset.checkpoint.interval.ms': int(60_000, 'high', 'How often log start offsets are written.', atLeast(0)),
    'log.index.interval.bytes': int(4096, 'medium', 'Bytes of log between two entries of the offset index.', atLeast(0)),
    'log.index.size.max.bytes': int(10_485_760, 'medium', 'Largest size of an index file.', atLeast(4)),
    'log.initial.task.delay.ms': internal(
      long(30_000, 'low', 'Wait before the first run of the periodic log tasks.', atLeast(0)),
    ),
    'log.message.timestamp.after.max.ms': long(
      HOUR_MS,
      'medium',
      'How far a record may be dated after the broker clock.',
      atLeast(0),
    ),
    'log.message.timestamp.before.max.ms': long(
      NO_LIMIT,
      'medium',
      'How far a record may be dated before the broker clock.',
      atLeast(0),
    ),
    'log.message.timestamp.type': choice(
      TIMESTAMP_TYPES,
      'CreateTime',
      'medium',
      'Whose clock dates the records: producer or leader.',
    ),
    'log.preallocate': boolean(false, 'medium', 'Allocate segment files in full when they are created.'),
    'log.retention.bytes': long(-1, 'high', 'Size of a partition above which old segments go; -1 for no limit.'),
    'log.retention.check.interval.ms': long(300_000, 'medium', 'How often logs are looked at for retention.', atLeast(1)),
    'log.retention.hours': int(168, 'high', 'Age in hours above which segments go.'),
    'log.retention.minutes': int(null, 'high', 'Age in minutes above which segments go; stronger than hours.'),
    'log.retention.ms': long(null, 'high', 'Age above which segments go; stronger than minutes. -1 for no limit.'),
    'log.roll.hours': int(168, 'high', 'Age in hours at which a new segment begins.', atLeast(1)),
    'log.roll.ms': long(null, 'high', 'Age at which a new segment begins; stronger than hours.'),
    'log.roll.jitter.hours': int(0, 'high', 'Largest random time taken off the roll age, in hours.', atLeast(0)),
    'log.roll.jitter.ms': long(null, 'high', 'Largest random time taken off the roll age; stronger than hours.'),
    'log.segment.bytes': int(1_073_741_824, 'high', 'Size at which a new segment begins.', atLeast(SEGMENT_BYTES_MIN)),
    'log.segment.delete.delay.ms': long(60_000, 'high', 'Wait between marking a file deleted and removing it.', atLeast(0)),
    'producer.id.expiration.ms': int(86_400_000, 'low', 'An idle producer id is forgotten after this time.', atLeast(1)),
    'producer.id.expiration.check.interval.ms': internal(
      int(600_000, 'low', 'How often idle producer ids are looked for.', atLeast(1)),
    ),

    // Requests and connections.
    'request.timeout.ms': int(30_000, 'high', 'Time-out of requests that this node sends.', atLeast(1)),
    'connections.max.idle.ms': long(600_000, 'medium', 'A connection unused for this long is closed.'),
    'max.connections': int(MAX_INT, 'medium', 'Connections beyond this number wait until others end.', atLeast(0)),
    'max.connections.per.ip': int(MAX_INT, 'medium', 'Connections of one address beyond this number are closed.', atLeast(0)),
    'max.connections.per.ip.overrides': string(
      '',
      'medium',
      'max.connections.per.ip of single addresses, as address:number each.',
      (value) => (hostCounts(String(value)) === null ? 'a list of address:number' : null),
    ),
    'socket.connection.setup.timeout.ms': long(10_000, 'medium', 'Time-out of the first connection attempt.'),
    'socket.connection.setup.timeout.max.ms': long(30_000, 'medium', 'Time-out that repeated connection attempts grow to.'),
    'socket.request.max.bytes': int(104_857_600, 'high', 'Largest request accepted.', atLeast(1)),
    'fetch.max.bytes': int(55 * 1024 * 1024, 'medium', 'Most bytes that a fetch answer holds.', atLeast(1024)),
    'max.incremental.fetch.session.cache.slots': int(1_000, 'medium', 'Fetch sessions kept.', atLeast(0)),
    'max.request.partition.size.limit': int(
      2_000,
      'medium',
      'Most partitions in one DescribeTopicPartitions answer.',
      atLeast(1),
    ),
    'controlled.shutdown.enable': boolean(true, 'medium', 'Does a stopping broker hand over its leaderships first?'),

    ...INERT_BROKER_KEYS,
    ...GROUP_BROKER_KEYS,

    // What clients may do.
    ...AUTHORIZER_KEYS,
    // TLS and SASL. Each can be given for one listener: listener.name.<name in lower case>.<property>.
    ...SECURITY_KEYS,

    // Groups and their offsets.
    'group.initial.rebalance.delay.ms': int(3_000, 'medium', 'How long a new group waits for more members.', atLeast(0)),
    'group.max.session.timeout.ms': int(1_800_000, 'medium', 'Longest session time-out a member may ask for.'),
    'group.max.size': int(MAX_INT, 'medium', 'Most members of a group.', atLeast(1)),
    'group.min.session.timeout.ms': int(6_000, 'medium', 'Shortest session time-out a member may ask for.'),
    'group.consumer.assignors': list(
      ['uniform', 'range'],
      'medium',
      'Assignors that members of consumer groups may ask for; the first is for those who ask for none.',
      (value) => listOf('uniform', 'range')(value) ?? notEmpty(value),
    ),
    'group.consumer.max.size': int(MAX_INT, 'medium', 'Most members of a group of the consumer protocol.', atLeast(1)),
    'group.consumer.migration.policy': string(
      'bidirectional',
      'medium',
      'Which groups with members may change their protocol: classic ones (upgrade), consumer groups (downgrade), both, or none (disabled).',
      (value) => (isMigrationPolicy(String(value).toLowerCase()) ? null : `one of ${MIGRATION_POLICIES.join(', ')}`),
    ),
    'group.consumer.regex.refresh.interval.ms': internal(
      int(600_000, 'medium', 'How often the topics of regular expressions are looked up again.', atLeast(10_000)),
    ),
    'group.coordinator.rebalance.protocols': list(
      ['classic', 'consumer', 'streams'],
      'medium',
      'Group protocols that this broker answers to, as far as it has them.',
      (value) => listOf('classic', 'consumer', 'share', 'streams')(value) ?? notEmpty(value),
    ),
    'group.coordinator.append.linger.ms': int(
      -1,
      'medium',
      'How long the coordinator gathers records before it appends; -1: until it has nothing else to do.',
      atLeast(-1),
    ),
    'offset.metadata.max.bytes': int(4_096, 'high', 'Most characters of the note kept with a committed offset.'),
    'offsets.commit.timeout.ms': int(5_000, 'high', 'A commit not replicated after this time fails.', atLeast(1)),
    'offsets.load.buffer.size': int(5 * 1024 * 1024, 'high', 'Bytes read at a time when a coordinator loads.', atLeast(1)),
    'offsets.retention.check.interval.ms': long(600_000, 'high', 'How often expired offsets are looked for.', atLeast(1)),
    'offsets.retention.minutes': int(7 * 24 * 60, 'high', 'How long offsets of an empty group are kept.', atLeast(1)),
    'offsets.topic.compression.codec': int(0, 'high', 'Codec of the offsets topic; 0 for none.'),
    'offsets.topic.num.partitions': int(50, 'high', 'Partitions of the offsets topic.', atLeast(1)),
    'offsets.topic.replication.factor': short(3, 'high', 'Replicas of the offsets topic.', atLeast(1)),
    'offsets.topic.segment.bytes': int(100 * 1024 * 1024, 'high', 'Segment size of the offsets topic.', atLeast(1)),

    // Transactions.
    'transactional.id.expiration.ms': int(
      7 * 24 * HOUR_MS,
      'high',
      'An idle transactional id is forgotten after this time.',
      atLeast(1),
    ),
    'transaction.max.timeout.ms': int(900_000, 'high', 'Longest transaction time-out a producer may ask for.', atLeast(1)),
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(
      10_000,
      'low',
      'How often transactions that ran out of time are aborted.',
      atLeast(1),
    ),
    'transaction.remove.expired.transaction.cleanup.interval.ms': int(
      HOUR_MS,
      'low',
      'How often expired transactional ids are removed.',
      atLeast(1),
    ),
    'transaction.state.log.load.buffer.size': int(
      5 * 1024 * 1024,
      'high',
      'Bytes read at a time when a coordinator loads.',
      atLeast(1),
    ),
    'transaction.state.log.min.isr': int(2, 'high', 'min.insync.replicas of the transaction topic.', atLeast(1)),
    'transaction.state.log.num.partitions': int(50, 'high', 'Partitions of the transaction topic.', atLeast(1)),
    'transaction.state.log.replication.factor': short(3, 'high', 'Replicas of the transaction topic.', atLeast(1)),
    'transaction.state.log.segment.bytes': int(100 * 1024 * 1024, 'high', 'Segment size of the transaction topic.', atLeast(1)),
    'add.partitions.to.txn.retry.backoff.max.ms': int(
      100,
      'high',
      "How long a broker tries to add a partition to a transaction while the producer's last one ends.",
      atLeast(0),
    ),
    'add.partitions.to.txn.retry.backoff.ms': int(20, 'high', 'Wait before it tries again.', atLeast(1)),
    'transaction.partition.verification.enable': boolean(
      true,
      'low',
      'Is a transactional append checked with the coordinator first?',
    ),
  },
  finishBrokerConfig,
  (name) => composedBrokerKey(SECURITY_KEYS, name),
);

export type BrokerConfig = ConfigValues<typeof BROKER_CONFIG>;
export type BrokerConfigName = keyof BrokerConfig & string;

function finishBrokerConfig(values: Record<string, ConfigValue>): void {
  const config = values as unknown as BrokerConfig;
  const fail = (sentence: string): never => {
    throw new ConfigError(sentence);
  };
  if (config['process.roles'].length === 0) fail('process.roles is empty, but it must be broker, controller, or both.');
  if (config['controller.quorum.voters'].length === 0)
    fail('controller.quorum.voters is empty, but it must name the voters as id@host:port.');
  for (const voter of config['controller.quorum.voters']) {
    if (!/^\d+@[^@:]+:\d+$/.test(voter)) fail(`controller.quorum.voters holds ${voter}, but each voter must be id@host:port.`);
  }
  const isVoter = voterIds(config).includes(config['node.id']);
  if (config['process.roles'].includes('controller') && !isVoter) {
    fail(`node.id is ${config['node.id']}, but with the controller role it must be among controller.quorum.voters.`);
  }
  if (!config['process.roles'].includes('controller') && isVoter) {
    fail(`node.id is ${config['node.id']}, but without the controller role it must not be among controller.quorum.voters.`);
  }
  for (const listener of [...config.listeners, ...(config['advertised.listeners'] ?? [])]) {
    if (!/^[A-Za-z0-9_]+:\/\/[^:/]*:\d+$/.test(listener)) fail(`listeners hold ${listener}, but each must be NAME://host:port.`);
  }
  const mapped = new Set<string>();
  for (const entry of protocolMap(config)) {
    const [, listener, protocol] = /^([A-Za-z0-9_]+):(.+)$/.exec(entry) ?? [];
    if (listener === undefined || !['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol as string)) {
      fail(
        `listener.security.protocol.map holds ${entry}, but each must be NAME:PROTOCOL with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.`,
      );
    } else if (mapped.has(listener)) {
      fail(`listener.security.protocol.map names ${listener} twice.`);
    } else {
      mapped.add(listener);
    }
  }
  if (config['broker.heartbeat.interval.ms'] * 2 > config['broker.session.timeout.ms']) {
    fail(
      `broker.heartbeat.interval.ms is ${config['broker.heartbeat.interval.ms']}, but it must be at most half of broker.session.timeout.ms (${config['broker.session.timeout.ms']}).`,
    );
  }
  if (config['replica.fetch.wait.max.ms'] > config['replica.lag.time.max.ms']) {
    fail(
      `replica.fetch.wait.max.ms is ${config['replica.fetch.wait.max.ms']}, but it must be at most replica.lag.time.max.ms (${config['replica.lag.time.max.ms']}), or ISRs shrink for nothing.`,
    );
  }
  if (config['replica.fetch.wait.max.ms'] > config['replica.socket.timeout.ms']) {
    fail(
      `replica.socket.timeout.ms is ${config['replica.socket.timeout.ms']}, but it must be at least replica.fetch.wait.max.ms (${config['replica.fetch.wait.max.ms']}).`,
    );
  }
  if (config['max.connections.per.ip'] === 0 && config['max.connections.per.ip.overrides'] === '') {
    fail('max.connections.per.ip is 0, but then max.connections.per.ip.overrides must name the addresses that may connect.');
  }
  if (config['group.min.session.timeout.ms'] > config['group.max.session.timeout.ms']) {
    fail(
      `group.min.session.timeout.ms is ${config['group.min.session.timeout.ms']}, but it must be at most group.max.session.timeout.ms (${config['group.max.session.timeout.ms']}).`,
    );
  }
  for (const name of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'] as const) {
    const value = config[name];
    if (value !== null && (value === 0 || value < -1)) fail(`${name} is ${value}, but it must be -1 (no limit) or at least 1.`);
  }
  const uncordonable = cordonProblem(config, config['cordoned.log.dirs']);
  if (uncordonable !== null) fail(uncordonable);
  checkGroupBounds(config);
  checkAuthorizer(config);
  if (config['offsets.topic.compression.codec'] !== 0) {
    fail(`offsets.topic.compression.codec is ${config['offsets.topic.compression.codec']}, but only 0 (none) is supported.`);
  }
}

/** The controllers that there are to be. */
export function voterIds(config: Pick<BrokerConfig, 'controller.quorum.voters'>): number[] {
  return config['controller.quorum.voters'].map((voter) => Number.parseInt(voter, 10));
}

/** The entries of `listener.security.protocol.map`. */
export function protocolMap(config: Pick<BrokerConfig, 'listener.security.protocol.map'>): string[] {
  const entries = config['listener.security.protocol.map'].split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

/** Where the logs are. */
export function logDirectories(config: Pick<BrokerConfig, 'log.dirs' | 'log.dir'>): readonly string[] {
  return config['log.dirs'] ?? config['log.dir'];
}

/** The log directories that take no new replicas (KIP-1066). */
export function cordonedDirectories(config: Pick<BrokerConfig, 'log.dirs' | 'log.dir' | 'cordoned.log.dirs'>): readonly string[] {
  const cordoned = config['cordoned.log.dirs'];
  return cordoned.includes(ALL_DIRECTORIES) ? logDirectories(config) : cordoned;
}

/** Why a broker cannot have these as `cordoned.log.dirs`: one sentence, or null when it can. */
export function cordonProblem(config: Pick<BrokerConfig, 'log.dirs' | 'log.dir'>, cordoned: readonly string[]): string | null {
  if (cordoned.includes(ALL_DIRECTORIES))
    return cordoned.length === 1 ? null : `cordoned.log.dirs holds ${ALL_DIRECTORIES}, but then it must hold nothing else.`;
  const unknown = cordoned.find((directory) => !logDirectories(config).includes(directory));
  return unknown === undefined ? null : `cordoned.log.dirs holds ${unknown}, but that is no log directory.`;
}
