import test from 'ava';
import type { InitialFeatures } from '../metadata/features.ts';
import { partitionOf } from '../metadata/image.ts';
import { metadataRecord } from '../metadata/records.ts';
import { decodeMetadataRecord } from '../protocol/codec.ts';
import { DIRECTORY_MIGRATING } from '../protocol/directory-ids.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { TestQuorum } from './testing/quorum.ts';
import { creation, heartbeat, isrChange, registration, testUuid } from './testing/requests.ts';

const [UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE] = [1, 2, 3];

/** A controller that is the only voter, and brokers that are unfenced; their epochs. */
function cluster(features: InitialFeatures, brokers = 0, config: Record<string, string> = {}) {
  const quorum = new TestQuorum({ features, config: { 'controller.quorum.voters': '0@c0:9093', 'node.id': 0, ...config } });
  quorum.elect(0);
  quorum.commit();
  const epochs = [-1];
  for (let id = 1; id <= brokers; id++) {
    const { brokerEpoch } = quorum.call('BrokerRegistration', registration(id));
    quorum.call('BrokerHeartbeat', heartbeat(id, brokerEpoch, quorum.logEndOffset));
    epochs.push(brokerEpoch);
  }
  const update = (feature: string, level: number, upgradeType = UPGRADE, validateOnly = false, version = 2) =>
    quorum.call(
      'UpdateFeatures',
      {
        timeoutMs: 1_000,
        featureUpdates: [{ feature, maxVersionLevel: level, allowDowngrade: false, upgradeType }],
        validateOnly,
      },
      { version },
    );
  const levels = (): Record<string, number> => Object.fromEntries(quorum.active.image.features);
  return { quorum, epochs, update, levels };
}

/** Types and versions of the records that are committed. */
function written(quorum: TestQuorum): string[] {
  return quorum.committedBatches.flatMap(({ records }) =>
    records.map((bytes) => {
      const { type, version } = decodeMetadataRecord(bytes);
      return `${type} ${version}`;
    }),
  );
}

test('Kafka 4.4.0: metadata.version goes up, and down where no level between changed the metadata', (t) => {
  const { update, levels } = cluster({ metadataVersion: 25 });
  t.deepEqual(Object(update('metadata.version', 29)), { errorCode: 0, errorMessage: null });
  t.is(levels()['metadata.version'], 29);
  t.is(update('metadata.version', 26).errorCode, ErrorCode.INVALID_UPDATE_VERSION, 'an upgrade to less');
  t.is(update('metadata.version', 26, SAFE_DOWNGRADE).errorCode, 0);
  t.is(levels()['metadata.version'], 26);
  t.is(update('metadata.version', 27, SAFE_DOWNGRADE).errorCode, ErrorCode.INVALID_UPDATE_VERSION, 'a downgrade to more');
  for (const type of [SAFE_DOWNGRADE, UNSAFE_DOWNGRADE]) {
    t.regex(update('metadata.version', 22, type).errorMessage ?? '', /could be lost/, 'neither kind of downgrade loses metadata');
  }
  t.is(update('metadata.version', 34).errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  t.is(update('metadata.version', 6, SAFE_DOWNGRADE).errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  t.is(update('metadata.version', -1, SAFE_DOWNGRADE).errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  t.is(update('metadata.version', 27, 9).errorCode, ErrorCode.INVALID_UPDATE_VERSION, 'a type that there is not');
  t.is(levels()['metadata.version'], 26);
});

test('only validated, nothing changes; below version 2 each feature has an answer', (t) => {
  const { update, levels } = cluster({ metadataVersion: 25 });
  t.is(update('metadata.version', 33, UPGRADE, true).errorCode, 0);
  t.is(update('metadata.version', 34, UPGRADE, true).errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  t.is(levels()['metadata.version'], 25);
  t.like(update('metadata.version', 26, UPGRADE, false, 1), {
    errorCode: 0,
    results: [{ feature: 'metadata.version', errorCode: 0 }],
  });
});

test('a level that core lacks is refused as one that the controller does not support; level 0 of it is what there is', (t) => {
  const { update, levels } = cluster({});
  for (const feature of ['share.version', 'streams.version', 'kraft.version', 'no.such']) {
    t.regex(update(feature, 1).errorMessage ?? '', /Controller 0 does not support this feature/);
  }
  t.is(update('share.version', 0).errorCode, 0);
  t.is(update('kraft.version', 0).errorCode, 0);
  const used = ['metadata.version', 'eligible.leader.replicas.version', 'group.version', 'transaction.version'];
  t.deepEqual(Object.keys(levels()), used);
});

test('transaction.version goes up to 2, and back', (t) => {
  const { update, levels } = cluster({ transactionVersion: 0 });
  t.is(update('transaction.version', 2).errorCode, 0);
  t.is(levels()['transaction.version'], 2);
  t.regex(update('transaction.version', 3).errorMessage ?? '', /Controller 0 supports 0 to 2/);
  t.is(update('transaction.version', 1).errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  t.is(update('transaction.version', 1, SAFE_DOWNGRADE).errorCode, 0);
  t.is(levels()['transaction.version'], 1);
});

test('all of a request or nothing', (t) => {
  const { quorum, levels } = cluster({ metadataVersion: 25 });
  const featureUpdates = [
    { feature: 'metadata.version', maxVersionLevel: 26, allowDowngrade: false, upgradeType: UPGRADE },
    { feature: 'share.version', maxVersionLevel: 1, allowDowngrade: false, upgradeType: UPGRADE },
  ];
  t.is(
    quorum.call('UpdateFeatures', { timeoutMs: 1_000, featureUpdates, validateOnly: false }).errorCode,
    ErrorCode.INVALID_UPDATE_VERSION,
  );
  t.is(levels()['metadata.version'], 25);
});

test('a broker, or a controller that has not registered, holds an upgrade back', (t) => {
  const { quorum, update } = cluster({ metadataVersion: 25, groupVersion: 0, transactionVersion: 0 });
  const features = [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 28 }];
  quorum.call('BrokerRegistration', registration(1, 0, { features }));
  t.is(update('metadata.version', 28).errorCode, 0);
  t.regex(update('metadata.version', 29).errorMessage ?? '', /Broker 1 supports 7 to 28/);
  t.regex(update('eligible.leader.replicas.version', 1).errorMessage ?? '', /Broker 1 does not support this feature/);
  const others = cluster({ metadataVersion: 25, groupVersion: 0 }, 0, { 'controller.quorum.voters': '0@c0:9093,1@c1:9093' });
  t.regex(others.update('metadata.version', 28).errorMessage ?? '', /Controller 1 has not registered/);
  // Before 3.7-IV0 controllers do not register at all.
  const older = cluster({ metadataVersion: 14 }, 0, { 'controller.quorum.voters': '0@c0:9093,1@c1:9093' });
  t.is(older.update('metadata.version', 33).errorCode, 0);
});

test('eligible leader replicas need 4.0-IV1, and bring the cluster a min.insync.replicas of its own', (t) => {
  const { quorum, update, levels } = cluster({ metadataVersion: 22 }, 1, { 'min.insync.replicas': '2' });
  t.regex(update('eligible.leader.replicas.version', 1).errorMessage ?? '', /needs metadata.version 23/);
  const configs = [{ name: 'min.insync.replicas', configOperation: 0, value: '3' }];
  const resources = [{ resourceType: 4, resourceName: '1', configs }];
  t.is(quorum.call('IncrementalAlterConfigs', { resources, validateOnly: false }).responses[0]?.errorCode, 0);
  const featureUpdates = ['metadata.version', 'eligible.leader.replicas.version'].map((feature, index) => ({
    feature,
    maxVersionLevel: index === 0 ? 23 : 1,
    allowDowngrade: false,
    upgradeType: UPGRADE,
  }));
  t.is(quorum.call('UpdateFeatures', { timeoutMs: 1_000, featureUpdates, validateOnly: false }).errorCode, 0);
  t.deepEqual(levels(), { 'metadata.version': 23, 'eligible.leader.replicas.version': 1, 'group.version': 1 });
  t.deepEqual([...quorum.active.image.configs], [['broker:', { 'min.insync.replicas': '2' }]]);
  t.is(update('eligible.leader.replicas.version', 0, SAFE_DOWNGRADE).errorCode, 0);
  t.deepEqual(levels(), { 'metadata.version': 23, 'group.version': 1 });
});

test('the first records of a cluster are a transaction from 3.6-IV1 on, with the minimum of the ISR where replicas can be eligible', (t) => {
  const first = (features: InitialFeatures): string[] => written(cluster(features).quorum);
  t.deepEqual(first({ metadataVersion: 12 }), ['FeatureLevelRecord 0']);
  t.deepEqual(first({ metadataVersion: 13 }), ['BeginTransactionRecord 0', 'FeatureLevelRecord 0', 'EndTransactionRecord 0']);
  t.deepEqual(first({}), [
    'BeginTransactionRecord 0',
    'FeatureLevelRecord 0',
    'FeatureLevelRecord 0',
    'FeatureLevelRecord 0',
    'FeatureLevelRecord 0',
    'ConfigRecord 0',
    'EndTransactionRecord 0',
  ]);
});

test('a transaction that another controller left open is given up, and a cluster that it was to begin begins anew (KIP-868)', (t) => {
  const begin = metadataRecord('BeginTransactionRecord', { name: 'Bootstrap records' });
  const level = metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 30 });
  const partial = new TestQuorum({ features: {} });
  partial.append(begin, level);
  partial.elect(0, true);
  partial.commit();
  t.deepEqual(written(partial).slice(2), [
    'AbortTransactionRecord 0',
    'BeginTransactionRecord 0',
    'FeatureLevelRecord 0',
    'FeatureLevelRecord 0',
    'FeatureLevelRecord 0',
    'FeatureLevelRecord 0',
    'ConfigRecord 0',
    'EndTransactionRecord 0',
  ]);
  t.is(partial.active.image.features.get('metadata.version'), 33);

  const later = new TestQuorum({ features: {}, controllers: 2 });
  later.elect(0);
  later.commit();
  later.append(begin, metadataRecord('TopicRecord', { name: 't', topicId: testUuid(9, 0) }));
  later.elect(1, true);
  later.commit();
  t.deepEqual(written(later).slice(-3), ['BeginTransactionRecord 0', 'TopicRecord 0', 'AbortTransactionRecord 0']);
  t.false(later.active.image.topicIds.has('t'));
});

test('records are written in the versions of the level, and log directories are told of from 3.7-IV2 on', (t) => {
  const rows = [
    [7, 1, 0, DIRECTORY_MIGRATING],
    [16, 2, 0, DIRECTORY_MIGRATING],
    [17, 3, 1, testUuid(2, 1)],
    [29, 3, 2, testUuid(2, 1)],
    [30, 4, 2, testUuid(2, 1)],
  ] as const;
  for (const [metadataVersion, ofBroker, ofPartition, directory] of rows) {
    const { quorum } = cluster({ metadataVersion, eligibleLeaderReplicas: 0 }, 1);
    quorum.call('CreateTopics', creation('t', 1, 1));
    const versions = written(quorum);
    t.true(versions.includes(`RegisterBrokerRecord ${ofBroker}`), `${metadataVersion}: ${versions.join()}`);
    t.true(versions.includes(`PartitionRecord ${ofPartition}`), `${metadataVersion}: ${versions.join()}`);
    t.true(versions.includes('BrokerRegistrationChangeRecord 0'), 'a change is written in the lowest version that can say it');
    t.deepEqual(partitionOf(quorum.active.image, 't', 0)?.directories, [directory]);
  }
});

test('before 3.6-IV0 a smaller ISR raises the leader epoch (KAFKA-15021)', (t) => {
  for (const [metadataVersion, raised] of [
    [11, 1],
    [12, 0],
  ] as const) {
    const { quorum, epochs } = cluster({ metadataVersion }, 2);
    quorum.call('CreateTopics', creation('t', 1, 2));
    const before = partitionOf(quorum.active.image, 't', 0);
    if (before === undefined) throw new Error('no partition');
    const epoch = epochs[before.leader] ?? -1;
    const change = {
      leaderEpoch: before.leaderEpoch,
      partitionEpoch: before.partitionEpoch,
      isr: [[before.leader, epoch]] as const,
    };
    const topicId = quorum.active.image.topicIds.get('t') ?? '';
    t.is(quorum.call('AlterPartition', isrChange(before.leader, epoch, topicId, change)).errorCode, 0);
    const after = partitionOf(quorum.active.image, 't', 0);
    t.deepEqual(after?.isr, [before.leader]);
    t.is((after?.leaderEpoch ?? 0) - before.leaderEpoch, raised);
  }
});

test('what came with a later level is refused: controllers register from 3.7-IV0 on, directories are assigned from 3.7-IV2 on', (t) => {
  const controller = { controllerId: 1, incarnationId: testUuid(3, 1), zkMigrationReady: false, listeners: [], features: [] };
  t.is(
    cluster({ metadataVersion: 14 }).quorum.call('ControllerRegistration', controller).errorCode,
    ErrorCode.UNSUPPORTED_VERSION,
  );
  t.is(cluster({ metadataVersion: 15 }).quorum.call('ControllerRegistration', controller).errorCode, 0);
  for (const [metadataVersion, code] of [
    [16, ErrorCode.UNSUPPORTED_VERSION],
    [17, ErrorCode.NONE],
  ] as const) {
    const { quorum, epochs } = cluster({ metadataVersion }, 1);
    const request = { brokerId: 1, brokerEpoch: epochs[1] ?? -1, directories: [] };
    t.is(quorum.call('AssignReplicasToDirs', request).errorCode, code);
  }
});

test('a snapshot holds records of the level', (t) => {
  const { quorum } = cluster({ metadataVersion: 16 }, 1, { 'metadata.log.max.record.bytes.between.snapshots': '10' });
  quorum.call('CreateTopics', creation('t', 1, 1));
  const records = quorum.snapshots.at(-1)?.records.map((bytes) => decodeMetadataRecord(bytes)) ?? [];
  t.is(records.find(({ type }) => type === 'RegisterBrokerRecord')?.version, 2);
  t.is(records.find(({ type }) => type === 'PartitionRecord')?.version, 0);
});
