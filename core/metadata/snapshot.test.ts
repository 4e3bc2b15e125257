import test from 'ava';
import fc from 'fast-check';
import { decodeMetadataRecord } from '../protocol/codec.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { uuidFromBytes, ZERO_UUID } from '../protocol/uuid.ts';
import { metadataAppliedEvent } from './applied-event.ts';
import { MetadataDelta } from './delta.ts';
import { EMPTY_IMAGE, type MetadataImage, topicByName, topicConfig } from './image.ts';
import { LATEST_METADATA_VERSION } from './metadata-version.ts';
import { encodeRecord, type MetadataRecord, metadataRecord } from './records.ts';
import { imageFromRecords, imageToRecords } from './snapshot.ts';

const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => uuidFromBytes(bytes));
const ids = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 5 });

const partitionArbitrary = fc.record({
  replicas: ids,
  isrSize: fc.nat(4),
  elr: fc.option(ids),
  leaderEpoch: fc.nat(1000),
  partitionEpoch: fc.nat(1000),
  recovering: fc.boolean(),
  directory: uuid,
});

/** Records that make up some image. */
const recordsArbitrary: fc.Arbitrary<MetadataRecord[]> = fc
  .record({
    topics: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('a', 'b', 'c.d', 'e_f'), id: uuid, partitions: fc.array(partitionArbitrary) }),
      {
        selector: (topic) => topic.name,
      },
    ),
    brokers: fc.uniqueArray(
      fc.record({ id: fc.nat(9), incarnation: uuid, rack: fc.option(fc.string()), fenced: fc.boolean(), dirs: fc.array(uuid) }),
      {
        selector: (broker) => broker.id,
      },
    ),
    configs: fc.array(fc.tuple(fc.constantFrom(2, 4), fc.constantFrom('a', '1', ''), fc.constantFrom('x.y', 'z'), fc.string())),
    acls: fc.uniqueArray(
      fc.record({
        id: uuid,
        name: fc.constantFrom('a', 'b', '*'),
        prefixed: fc.boolean(),
        code: fc.integer({ min: 2, max: 12 }),
      }),
      {
        selector: (acl) => acl.id,
      },
    ),
    credentials: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', '1:a'),
        mechanism: fc.constantFrom(1, 2),
        salt: fc.uint8Array({ maxLength: 3 }),
        storedKey: fc.uint8Array({ maxLength: 3 }),
        serverKey: fc.uint8Array({ maxLength: 3 }),
        iterations: fc.nat(9),
      }),
      { selector: ({ name, mechanism }) => `${mechanism} ${name}` },
    ),
    nextProducerId: fc.nat(100_000),
    feature: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ topics, brokers, configs, acls, credentials, nextProducerId, feature }) => [
    metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: feature }),
    ...brokers.map(({ id, incarnation, rack, fenced, dirs }) =>
      metadataRecord('RegisterBrokerRecord', {
        brokerId: id,
        isMigratingZkBroker: false,
        incarnationId: incarnation,
        brokerEpoch: id * 7,
        endPoints: [{ name: 'PLAINTEXT', host: `b${id}`, port: 9092, securityProtocol: 0 }],
        features: [{ name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion: 25 }],
        rack,
        fenced,
        inControlledShutdown: !fenced && id === 3,
        logDirs: dirs,
        cordonedLogDirs: null,
      }),
    ),
    ...topics.flatMap(({ name, id, partitions }) => [
      metadataRecord('TopicRecord', { name, topicId: id }),
      ...partitions.map((partition, partitionId) =>
        metadataRecord('PartitionRecord', {
          partitionId,
          topicId: id,
          replicas: partition.replicas,
          isr: partition.replicas.slice(0, 1 + partition.isrSize),
          removingReplicas: [],
          addingReplicas: [],
          leader: partition.replicas[0] ?? -1,
          leaderRecoveryState: partition.recovering ? 1 : 0,
          leaderEpoch: partition.leaderEpoch,
          partitionEpoch: partition.partitionEpoch,
          directories: partition.replicas.map(() => partition.directory),
          eligibleLeaderReplicas: partition.elr,
          lastKnownElr: null,
        }),
      ),
    ]),
    ...configs.map(([resourceType, resourceName, name, value]) =>
      metadataRecord('ConfigRecord', { resourceType, resourceName, name, value }),
    ),
    ...acls.map(({ id, name, prefixed, code }) =>
      metadataRecord('AccessControlEntryRecord', {
        id,
        resourceType: 2,
        resourceName: name,
        patternType: prefixed ? 4 : 3,
        principal: 'User:alice',
        host: '*',
        operation: code,
        permissionType: 2 + (code % 2),
      }),
    ),
    ...credentials.map((credential) => metadataRecord('UserScramCredentialRecord', credential)),
    metadataRecord('ProducerIdsRecord', { brokerId: 1, brokerEpoch: 2, nextProducerId }),
  ]);

const at = { offset: Offset(9), epoch: LeaderEpoch(2), lastContainedTimestamp: 5 };

function replay(image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage {
  const delta = new MetadataDelta(image);
  for (const record of records) delta.replay(record);
  return delta.apply(at);
}

test('an image written as records, through bytes, is the same image', (t) => {
  fc.assert(
    fc.property(recordsArbitrary, (records) => {
      const image = replay(EMPTY_IMAGE, records);
      const bytes = imageToRecords(image).map((record) => encodeRecord(record, LATEST_METADATA_VERSION));
      const again = imageFromRecords(
        bytes.map((encoded) => decodeMetadataRecord(encoded) as MetadataRecord),
        at,
      );
      t.deepEqual(again, image);
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('records replayed one by one or at once give the same image', (t) => {
  fc.assert(
    fc.property(recordsArbitrary, (records) => {
      let oneByOne = EMPTY_IMAGE;
      for (const record of records) oneByOne = replay(oneByOne, [record]);
      t.deepEqual({ ...oneByOne, provenance: at }, { ...replay(EMPTY_IMAGE, records), provenance: at });
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('a snapshot replaces any image wholly, and its delta holds only differences', (t) => {
  fc.assert(
    fc.property(recordsArbitrary, recordsArbitrary, (before, after) => {
      const target = replay(EMPTY_IMAGE, after);
      const start = replay(EMPTY_IMAGE, before);
      const delta = new MetadataDelta(start, 'snapshot');
      for (const record of imageToRecords(target)) delta.replay(record);
      delta.finishSnapshot();
      const loaded = delta.apply(at);
      const sort = (image: MetadataImage) => ({
        brokers: new Map([...image.brokers].sort(([a], [b]) => a - b)),
        topicsById: new Map([...image.topicsById].sort(([a], [b]) => (a < b ? -1 : 1))),
        topicIds: new Map([...image.topicIds].sort(([a], [b]) => (a < b ? -1 : 1))),
        configs: Object.fromEntries(image.configs),
        features: image.features,
        scramCredentials: new Map([...image.scramCredentials].sort(([a], [b]) => (a < b ? -1 : 1))),
        nextProducerId: image.nextProducerId,
      });
      t.deepEqual(sort(loaded), sort(target));

      const same = new MetadataDelta(target, 'snapshot');
      for (const record of imageToRecords(target)) same.replay(record);
      same.finishSnapshot();
      t.is(same.changedTopics.size + same.deletedTopicIds.size + same.changedBrokers.size + same.changedConfigs.size, 0);
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('a deleted topic takes its configs with it, and its name may come again under another id', (t) => {
  const first = uuidFromBytes(new Uint8Array(16).fill(1));
  const second = uuidFromBytes(new Uint8Array(16).fill(2));
  const config = metadataRecord('ConfigRecord', { resourceType: 2, resourceName: 'a', name: 'retention.ms', value: '5' });
  const image = replay(EMPTY_IMAGE, [metadataRecord('TopicRecord', { name: 'a', topicId: first }), config]);
  t.deepEqual(topicConfig(image, 'a'), { 'retention.ms': '5' });
  const delta = new MetadataDelta(image);
  delta.replay(metadataRecord('RemoveTopicRecord', { topicId: first }));
  delta.replay(metadataRecord('TopicRecord', { name: 'a', topicId: second }));
  const after = delta.apply(at);
  t.is(topicByName(after, 'a')?.id, second);
  t.deepEqual(topicConfig(after, 'a'), {});
  t.deepEqual([...delta.deletedTopicIds], [first]);
  t.deepEqual([...delta.changedTopicIds], [second]);
});

test('a topic that comes and goes within one delta is in no image, but its end is told', (t) => {
  const topicId = uuidFromBytes(new Uint8Array(16).fill(1));
  const delta = new MetadataDelta(EMPTY_IMAGE);
  delta.replay(metadataRecord('TopicRecord', { name: 'a', topicId }));
  delta.replay(
    metadataRecord('PartitionRecord', {
      topicId,
      partitionId: 0,
      replicas: [1],
      isr: [1],
      leader: 1,
      removingReplicas: [],
      addingReplicas: [],
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [ZERO_UUID],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    }),
  );
  delta.replay(metadataRecord('RemoveTopicRecord', { topicId }));
  const after = delta.apply(at);
  t.is(topicByName(after, 'a'), undefined);
  t.is(delta.deletedTopicIds.size + delta.changedTopics.size, 0);
  const { partitions, removedPartitions } = metadataAppliedEvent('broker', delta, after, false);
  t.deepEqual(partitions, []);
  t.deepEqual(removedPartitions, [{ partition: 'a-0', topic: 'a', topicId }]);
});

test('of a topic that is enlarged and deleted within one delta the end of every partition is told', (t) => {
  const topicId = uuidFromBytes(new Uint8Array(16).fill(1));
  const partition = (partitionId: number) =>
    metadataRecord('PartitionRecord', {
      topicId,
      partitionId,
      replicas: [1],
      isr: [1],
      leader: 1,
      removingReplicas: [],
      addingReplicas: [],
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [ZERO_UUID],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    });
  const first = new MetadataDelta(EMPTY_IMAGE);
  first.replay(metadataRecord('TopicRecord', { name: 'a', topicId }));
  first.replay(partition(0));
  const delta = new MetadataDelta(first.apply(at));
  delta.replay(partition(1));
  delta.replay(metadataRecord('RemoveTopicRecord', { topicId }));
  const { removedPartitions } = metadataAppliedEvent('broker', delta, delta.apply(at), false);
  t.deepEqual(removedPartitions.map((each) => each.partition).toSorted(), ['a-0', 'a-1']);
});

test('records that do not fit are impossible states', (t) => {
  const topicId = uuidFromBytes(new Uint8Array(16).fill(1));
  const topic = metadataRecord('TopicRecord', { name: 'a', topicId });
  t.throws(() => replay(EMPTY_IMAGE, [topic, topic]), { name: 'InvariantViolation' });
  t.throws(() => replay(EMPTY_IMAGE, [metadataRecord('RemoveTopicRecord', { topicId })]), { name: 'InvariantViolation' });
  t.throws(() => replay(EMPTY_IMAGE, [metadataRecord('FenceBrokerRecord', { id: 1, epoch: 1 })]), { name: 'InvariantViolation' });
  t.throws(() => replay(EMPTY_IMAGE, [{ type: 'ClientQuotaRecord', data: {} } as unknown as MetadataRecord]), {
    message: /unknown metadata record/,
  });
});
