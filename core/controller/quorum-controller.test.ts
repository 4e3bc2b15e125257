import test from 'ava';
import { partitionOf, topicByName, topicConfig } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { TestQuorum } from './testing/quorum.ts';
import { creation, heartbeat, isrChange, manualCreation, registration } from './testing/requests.ts';

/** A quorum with a leader and `count` registered, unfenced brokers; their epochs. */
function cluster(
  count: number,
  options: ConstructorParameters<typeof TestQuorum>[0] = {},
): { quorum: TestQuorum; epochs: number[] } {
  const quorum = new TestQuorum(options);
  quorum.elect(0);
  quorum.commit();
  const epochs = [-1];
  for (let id = 1; id <= count; id++) epochs.push(join(quorum, id, 0));
  return { quorum, epochs };
}

function join(quorum: TestQuorum, id: number, incarnation: number): number {
  const { brokerEpoch, errorCode } = quorum.call('BrokerRegistration', registration(id, incarnation));
  if (errorCode !== 0) throw new Error(`registration refused: ${errorCode}`);
  quorum.call('BrokerHeartbeat', heartbeat(id, brokerEpoch, quorum.logEndOffset));
  return brokerEpoch;
}

function partition(quorum: TestQuorum) {
  const found = partitionOf(quorum.active.image, 'orders', 0);
  if (found === undefined) throw new Error('no such partition');
  return found;
}

test('an empty log gets a metadata version first', (t) => {
  const { quorum } = cluster(0);
  t.deepEqual([...quorum.active.image.features], [['metadata.version', 33]]);
});

test('a broker epoch is the offset of the registration record, and nothing is answered before its commit', (t) => {
  const { quorum } = cluster(0);
  const offset = quorum.logEndOffset;
  const answer = quorum.ask('BrokerRegistration', registration(1));
  t.is(answer.body, null);
  quorum.commit();
  t.like(answer.body, { errorCode: 0, brokerEpoch: offset });
  t.true(quorum.active.image.brokers.get(1)?.fenced);
});

test('a broker is unfenced only when it has applied its own registration', (t) => {
  const { quorum } = cluster(0);
  const { brokerEpoch } = quorum.call('BrokerRegistration', registration(1));
  t.like(quorum.call('BrokerHeartbeat', heartbeat(1, brokerEpoch, brokerEpoch - 1)), { isFenced: true, isCaughtUp: false });
  t.like(quorum.call('BrokerHeartbeat', heartbeat(1, brokerEpoch, brokerEpoch)), { isFenced: false, isCaughtUp: true });
  t.like(quorum.call('BrokerHeartbeat', heartbeat(1, brokerEpoch - 1, 99)), { errorCode: ErrorCode.STALE_BROKER_EPOCH });
});

test('a second incarnation is refused while the first has a session, then takes its place with a higher epoch', (t) => {
  const { quorum, epochs } = cluster(1);
  t.is(quorum.call('BrokerRegistration', registration(1, 1)).errorCode, ErrorCode.DUPLICATE_BROKER_REGISTRATION);
  t.like(quorum.call('BrokerRegistration', registration(1, 0)), { errorCode: 0, brokerEpoch: epochs[1] });
  quorum.world.run(9_001);
  const { errorCode, brokerEpoch } = quorum.call('BrokerRegistration', registration(1, 1));
  t.is(errorCode, 0);
  t.true(brokerEpoch > (epochs[1] as number));
});

test('a registration is refused for another cluster, without directories, with those of another broker, or for want of a feature', (t) => {
  const { quorum } = cluster(1);
  const refusal = (more: Parameters<typeof registration>[2]): number =>
    quorum.call('BrokerRegistration', registration(2, 0, more)).errorCode;
  t.is(refusal({ clusterId: 'other' }), ErrorCode.INCONSISTENT_CLUSTER_ID);
  t.is(refusal({ logDirs: [] }), ErrorCode.INVALID_REGISTRATION);
  t.is(refusal({ logDirs: registration(1).logDirs }), ErrorCode.INVALID_REGISTRATION);
  // Kafka 4.4.0: a registration must speak of metadata.version; each level of the cluster must be within the broker's range, and a
  // feature that is not in use is at level 0.
  t.is(refusal({ features: [] }), ErrorCode.INVALID_REGISTRATION);
  const range = (name: string, minSupportedVersion: number, maxSupportedVersion: number) => ({
    name,
    minSupportedVersion,
    maxSupportedVersion,
  });
  t.is(refusal({ features: [range('metadata.version', 7, 32)] }), ErrorCode.UNSUPPORTED_VERSION);
  const metadataVersion = range('metadata.version', 7, 33);
  t.is(refusal({ features: [metadataVersion, range('group.version', 1, 1)] }), ErrorCode.UNSUPPORTED_VERSION);
  t.is(refusal({ features: [metadataVersion] }), ErrorCode.NONE);
});

test('two sessions that expire together: the second fence sees the first', (t) => {
  const { quorum, epochs } = cluster(3);
  quorum.call('CreateTopics', manualCreation('orders', [[1, 2, 3]]));
  quorum.world.run(5_000);
  quorum.call('BrokerHeartbeat', heartbeat(3, epochs[3] as number, quorum.logEndOffset));
  quorum.world.run(5_000);
  quorum.commit();
  t.like(partition(quorum), { leader: 3, isr: [3] });
  t.true(quorum.active.image.brokers.get(1)?.fenced);
  t.true(quorum.active.image.brokers.get(2)?.fenced);
  quorum.world.run(9_000);
  quorum.commit();
  t.like(partition(quorum), { leader: -1, isr: [3] });
  const { leaderEpoch } = partition(quorum);
  quorum.call('BrokerHeartbeat', heartbeat(1, epochs[1] as number, quorum.logEndOffset));
  t.like(partition(quorum), { leader: -1, isr: [3] });
  quorum.call('BrokerHeartbeat', heartbeat(3, epochs[3] as number, quorum.logEndOffset));
  t.like(partition(quorum), { leader: 3, isr: [3], leaderEpoch: leaderEpoch + 1 });
});

test('a new incarnation is in no ISR', (t) => {
  const { quorum, epochs } = cluster(2);
  quorum.call('CreateTopics', manualCreation('orders', [[1, 2]]));
  quorum.call('CreateTopics', manualCreation('alone', [[1]]));
  quorum.world.run(5_000);
  quorum.call('BrokerHeartbeat', heartbeat(2, epochs[2] as number, quorum.logEndOffset));
  // The session has just ended, and the timer that fences has not fired.
  quorum.passUnnoticed(4_001);
  t.is(quorum.call('BrokerRegistration', registration(1, 1)).errorCode, 0);
  t.like(partition(quorum), { leader: 2, isr: [2] });
  t.like(partitionOf(quorum.active.image, 'alone', 0), { leader: -1, isr: [1] });
});

test('controlled shutdown: leaderships move, then the broker may go when the others know', (t) => {
  const { quorum, epochs } = cluster(2);
  quorum.call('CreateTopics', manualCreation('orders', [[1, 2]]));
  const wish = (offset: number) => heartbeat(1, epochs[1] as number, offset, { wantShutDown: true });
  t.like(quorum.call('BrokerHeartbeat', wish(9)), { shouldShutDown: false, isFenced: false });
  t.like(partition(quorum), { leader: 2, isr: [2] });
  t.true(quorum.active.image.brokers.get(1)?.inControlledShutdown);
  t.like(quorum.call('BrokerHeartbeat', wish(9)), { shouldShutDown: false });
  quorum.call('BrokerHeartbeat', heartbeat(2, epochs[2] as number, quorum.logEndOffset));
  t.like(quorum.call('BrokerHeartbeat', wish(9)), { shouldShutDown: true, isFenced: true });
  t.true(quorum.active.image.brokers.get(1)?.fenced);
  t.is(quorum.world.events('controlled-shutdown-granted').length, 1);
});

test('AlterPartition asks for the exact state and for live replicas', (t) => {
  const { quorum, epochs } = cluster(3);
  quorum.call('CreateTopics', manualCreation('orders', [[1, 2, 3]]));
  const id = topicByName(quorum.active.image, 'orders')?.id ?? '';
  const [, e1, e2, e3] = epochs as [number, number, number, number];
  const alter = (isr: [number, number][], leaderEpoch: number, partitionEpoch: number, broker = 1) => {
    const body = quorum.call(
      'AlterPartition',
      isrChange(broker, epochs[broker] as number, id, { leaderEpoch, partitionEpoch, isr }),
    );
    return body.topics[0]?.partitions[0];
  };
  t.like(alter([[1, e1]], 0, 0), { errorCode: 0, isr: [1], partitionEpoch: 1, leaderEpoch: 0, leaderId: 1 });
  t.is(alter([[1, e1]], 0, 0)?.errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  t.is(alter([[1, e1]], 1, 1)?.errorCode, ErrorCode.NOT_CONTROLLER);
  t.is(alter([[1, e1]], 0, 2)?.errorCode, ErrorCode.NOT_CONTROLLER);
  t.is(alter([[1, e1]], -1, 1)?.errorCode, ErrorCode.FENCED_LEADER_EPOCH);
  t.is(alter([[2, e2]], 0, 1, 2)?.errorCode, ErrorCode.INVALID_REQUEST);
  t.is(alter([[2, e2]], 0, 1)?.errorCode, ErrorCode.INVALID_REQUEST);
  t.is(
    alter(
      [
        [1, e1],
        [4, 4],
      ],
      0,
      1,
    )?.errorCode,
    ErrorCode.INVALID_REQUEST,
  );
  t.is(
    alter(
      [
        [1, e1],
        [2, e2 - 1],
      ],
      0,
      1,
    )?.errorCode,
    ErrorCode.INELIGIBLE_REPLICA,
  );
  quorum.call('BrokerHeartbeat', heartbeat(3, e3, 99, { wantFence: true }));
  t.is(
    alter(
      [
        [1, e1],
        [3, e3],
      ],
      0,
      1,
    )?.errorCode,
    ErrorCode.INELIGIBLE_REPLICA,
  );
  t.like(
    alter(
      [
        [1, e1],
        [2, e2],
      ],
      0,
      1,
    ),
    { errorCode: 0, isr: [1, 2], partitionEpoch: 2 },
  );
  const body = quorum.call('AlterPartition', isrChange(1, e1 - 1, id, { leaderEpoch: 0, partitionEpoch: 2, isr: [] }));
  t.is(body.errorCode, ErrorCode.STALE_BROKER_EPOCH);
  t.is(quorum.world.events('alter-partition-answered').length, 11);
});

test('losing the leadership fails who waits and forgets what was not committed', (t) => {
  const { quorum } = cluster(1, { controllers: 2 });
  const answer = quorum.ask('CreateTopics', creation('orders', 1, 1));
  const ids = quorum.ask('AllocateProducerIds', { brokerId: 1, brokerEpoch: quorum.active.image.brokers.get(1)?.epoch ?? -1 });
  t.is(answer.body, null);
  quorum.elect(1);
  t.is(answer.body?.topics[0]?.errorCode, ErrorCode.NOT_CONTROLLER);
  t.is(ids.body?.errorCode, ErrorCode.NOT_CONTROLLER);
  t.is(topicByName(quorum.active.image, 'orders'), undefined);
  t.is(quorum.ask('CreateTopics', creation('orders', 1, 1), { to: 0 }).body?.topics[0]?.errorCode, ErrorCode.NOT_CONTROLLER);
  t.is(quorum.call('CreateTopics', creation('orders', 1, 1)).topics[0]?.errorCode, 0);
});

test('a session begins anew with a new controller', (t) => {
  const { quorum } = cluster(1, { controllers: 2 });
  quorum.world.run(8_000);
  quorum.elect(1);
  quorum.commit();
  quorum.world.run(8_000);
  quorum.commit();
  t.false(quorum.active.image.brokers.get(1)?.fenced);
  quorum.world.run(1_001);
  quorum.commit();
  t.true(quorum.active.image.brokers.get(1)?.fenced);
});

test('topics are validated', (t) => {
  const { quorum } = cluster(2);
  const create = (request: ReturnType<typeof creation>): number =>
    quorum.call('CreateTopics', request).topics[0]?.errorCode ?? -1;
  t.is(create(creation('a.b', 2, 2, { 'retention.ms': '10' })), 0);
  t.deepEqual(topicConfig(quorum.active.image, 'a.b'), { 'retention.ms': '10' });
  t.is(create(creation('a.b', 2, 2)), ErrorCode.TOPIC_ALREADY_EXISTS);
  t.is(create(creation('a_b', 2, 2)), ErrorCode.INVALID_TOPIC_EXCEPTION);
  t.is(create(creation('a b', 2, 2)), ErrorCode.INVALID_TOPIC_EXCEPTION);
  t.is(create(creation('c', 2, 3)), ErrorCode.INVALID_REPLICATION_FACTOR);
  t.is(create(creation('c', 0, 2)), ErrorCode.INVALID_PARTITIONS);
  t.is(create(creation('c', 1, 1, { 'retention.ms': 'x' })), ErrorCode.INVALID_CONFIG);
  t.is(create(manualCreation('c', [[1, 1]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  t.is(create(manualCreation('c', [[7]])), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  t.is(create({ ...creation('c', 1, 1), validateOnly: true }), 0);
  t.is(topicByName(quorum.active.image, 'c'), undefined);
  const grow = (count: number) =>
    quorum.call('CreatePartitions', { topics: [{ name: 'a.b', count, assignments: null }], timeoutMs: 1, validateOnly: false });
  t.is(grow(2).results[0]?.errorCode, ErrorCode.INVALID_PARTITIONS);
  t.is(grow(4).results[0]?.errorCode, 0);
  t.is(topicByName(quorum.active.image, 'a.b')?.partitions.size, 4);
  const remove = () =>
    quorum.call('DeleteTopics', { topics: [{ name: 'a.b', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], topicNames: [], timeoutMs: 1 });
  t.is(remove().responses[0]?.errorCode, 0);
  t.is(remove().responses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('topics that are given twice, too many, or the own one of the cluster', (t) => {
  const { quorum } = cluster(1);
  const create = (request: ReturnType<typeof creation>) => quorum.call('CreateTopics', request).topics[0];
  t.is(create(creation('__cluster_metadata', 1, 1))?.errorCode, ErrorCode.INVALID_REQUEST);
  t.is(create(creation('many', 10_001, 1))?.errorCode, ErrorCode.POLICY_VIOLATION);
  const made = create(creation('a', 1, 1, { 'retention.ms': '5' }));
  const source = (name: string) => made?.configs?.find((config) => config.name === name);
  t.like(source('retention.ms'), { value: '5', configSource: 1 });
  t.like(source('segment.bytes'), { value: '1073741824', configSource: 5 });
  const topics = [2, 3].map((count) => ({ name: 'a', count, assignments: null }));
  const grown = quorum.call('CreatePartitions', { topics, timeoutMs: 1, validateOnly: false });
  t.deepEqual(
    grown.results.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST],
  );
  const remove = (...asked: { name: string | null; topicId: string }[]) =>
    quorum.call('DeleteTopics', { topics: asked, topicNames: [], timeoutMs: 1 }).responses.map(({ errorCode }) => errorCode);
  const byName = { name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' };
  const byId = { name: null, topicId: made?.topicId ?? '' };
  t.deepEqual(remove(byName, byName), [ErrorCode.INVALID_REQUEST]);
  t.deepEqual(remove(byName, byId), [ErrorCode.INVALID_REQUEST]);
  t.deepEqual(remove(byId), [0]);
});

test('configs are refused with the codes of Kafka', (t) => {
  const { quorum } = cluster(1);
  quorum.call('CreateTopics', creation('a', 1, 1));
  const alter = (resourceType: number, resourceName: string, ...configs: [string, string | null][]) =>
    quorum.call('AlterConfigs', {
      resources: [{ resourceType, resourceName, configs: configs.map(([name, value]) => ({ name, value })) }],
      validateOnly: false,
    }).responses[0]?.errorCode;
  t.is(alter(2, '', ['flush.ms', '1']), ErrorCode.INVALID_REQUEST);
  t.is(alter(2, 'bad name', ['flush.ms', '1']), ErrorCode.INVALID_TOPIC_EXCEPTION);
  t.is(alter(2, 'a', ['flush.ms', '1'], ['flush.ms', '2']), ErrorCode.INVALID_REQUEST);
  t.is(alter(2, 'a', ['flush.ms', null]), ErrorCode.INVALID_REQUEST);
  t.is(alter(4, '1', ['num.partitions', '2']), ErrorCode.INVALID_REQUEST);
  t.is(alter(4, '99', ['message.max.bytes', '2000']), ErrorCode.INVALID_REQUEST);
});

test('what is taken from an empty list leaves it empty', (t) => {
  const { quorum } = cluster(1);
  quorum.call('CreateTopics', creation('a', 1, 1, { 'cleanup.policy': '' }));
  const configs = [{ name: 'cleanup.policy', configOperation: 3, value: 'compact' }];
  const resources = [{ resourceType: 2, resourceName: 'a', configs }];
  t.is(quorum.call('IncrementalAlterConfigs', { resources, validateOnly: false }).responses[0]?.errorCode, 0);
  t.deepEqual(topicConfig(quorum.active.image, 'a'), { 'cleanup.policy': '' });
});

test('configs change step by step', (t) => {
  const { quorum } = cluster(1);
  quorum.call('CreateTopics', creation('a', 1, 1));
  const alter = (name: string, configOperation: number, value: string | null, validateOnly = false): number =>
    quorum.call('IncrementalAlterConfigs', {
      resources: [{ resourceType: 2, resourceName: 'a', configs: [{ name, configOperation, value }] }],
      validateOnly,
    }).responses[0]?.errorCode ?? -1;
  t.is(alter('cleanup.policy', 0, 'delete'), 0);
  t.is(alter('cleanup.policy', 2, 'compact'), 0);
  t.deepEqual(topicConfig(quorum.active.image, 'a'), { 'cleanup.policy': 'delete,compact' });
  t.is(alter('cleanup.policy', 3, 'delete'), 0);
  t.is(alter('retention.ms', 2, '1'), ErrorCode.INVALID_CONFIG);
  t.is(alter('no.such', 0, '1'), ErrorCode.INVALID_CONFIG);
  t.is(alter('retention.ms', 0, '1', true), 0);
  t.deepEqual(topicConfig(quorum.active.image, 'a'), { 'cleanup.policy': 'compact' });
  const body = quorum.call('AlterConfigs', {
    resources: [{ resourceType: 2, resourceName: 'a', configs: [{ name: 'retention.ms', value: '7' }] }],
    validateOnly: false,
  });
  t.is(body.responses[0]?.errorCode, 0);
  t.deepEqual(topicConfig(quorum.active.image, 'a'), { 'retention.ms': '7' });
});

test('unclean election only where it is configured', (t) => {
  const { quorum, epochs } = cluster(2, { config: { 'unclean.leader.election.interval.ms': 100 } });
  quorum.call('CreateTopics', manualCreation('orders', [[1, 2]]));
  quorum.call('BrokerHeartbeat', heartbeat(2, epochs[2] as number, 99, { wantFence: true }));
  quorum.call('BrokerHeartbeat', heartbeat(1, epochs[1] as number, 99, { wantFence: true }));
  quorum.call('BrokerHeartbeat', heartbeat(2, epochs[2] as number, 99));
  quorum.world.run(200);
  quorum.commit();
  t.like(partition(quorum), { leader: -1, isr: [1] });
  quorum.call('IncrementalAlterConfigs', {
    resources: [
      {
        resourceType: 2,
        resourceName: 'orders',
        configs: [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }],
      },
    ],
    validateOnly: false,
  });
  quorum.world.run(200);
  quorum.commit();
  t.like(partition(quorum), { leader: 2, isr: [2], leaderRecoveryState: 1 });
});

test('ElectLeaders gives leadership back to the preferred replica', (t) => {
  const { quorum, epochs } = cluster(2);
  quorum.call('CreateTopics', manualCreation('orders', [[1, 2]]));
  const id = topicByName(quorum.active.image, 'orders')?.id ?? '';
  const [, e1, e2] = epochs as [number, number, number];
  const elect = () =>
    quorum.call('ElectLeaders', { electionType: 0, topicPartitions: [{ topic: 'orders', partitions: [0] }], timeoutMs: 1 });
  t.is(elect().replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.ELECTION_NOT_NEEDED);
  quorum.call('BrokerHeartbeat', heartbeat(1, e1, 99, { wantFence: true }));
  t.is(elect().replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE);
  quorum.call('BrokerHeartbeat', heartbeat(1, e1, 99));
  const { leaderEpoch, partitionEpoch } = partition(quorum);
  quorum.call(
    'AlterPartition',
    isrChange(2, e2, id, {
      leaderEpoch,
      partitionEpoch,
      isr: [
        [1, e1],
        [2, e2],
      ],
    }),
  );
  t.is(elect().replicaElectionResults[0]?.partitionResult[0]?.errorCode, 0);
  t.like(partition(quorum), { leader: 1, leaderEpoch: leaderEpoch + 1 });
});

test('producer id blocks are disjoint over fail-overs', (t) => {
  const { quorum, epochs } = cluster(1, { controllers: 2 });
  const block = () => quorum.call('AllocateProducerIds', { brokerId: 1, brokerEpoch: epochs[1] as number });
  t.like(block(), { producerIdStart: 0, producerIdLen: 1000 });
  quorum.elect(1);
  t.like(block(), { producerIdStart: 1000, producerIdLen: 1000 });
});

test('a snapshot is written after so many bytes, of committed state', (t) => {
  const { quorum } = cluster(1, { config: { 'metadata.log.max.record.bytes.between.snapshots': 200 } });
  quorum.call('CreateTopics', creation('a', 5, 1));
  t.true(quorum.snapshots.length > 0);
  t.true((quorum.snapshots.at(-1)?.endOffset ?? 0) <= quorum.highWatermark);
});
