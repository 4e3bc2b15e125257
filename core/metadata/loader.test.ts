import test from 'ava';
import { encodeMetadataRecord } from '../protocol/codec.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { uuidFromBytes } from '../protocol/uuid.ts';
import type { CommittedBatch } from '../raft/types.ts';
import type { MetadataImage } from './image.ts';
import { TestWorld } from '../testing/test-world.ts';
import { MetadataLoader, type MetadataManifest } from './loader.ts';
import { LATEST_METADATA_VERSION } from './metadata-version.ts';
import { encodeRecord, type MetadataRecord, metadataRecord } from './records.ts';

const id = (n: number): string => uuidFromBytes(new Uint8Array(16).fill(n));
const topic = (name: string, n: number): MetadataRecord => metadataRecord('TopicRecord', { name, topicId: id(n) });

function batch(baseOffset: number, ...records: MetadataRecord[]): CommittedBatch {
  const lastOffset = baseOffset + records.length - 1;
  return {
    baseOffset: Offset(baseOffset),
    lastOffset: Offset(lastOffset),
    epoch: LeaderEpoch(1),
    appendTimestamp: 0,
    records: records.map((record) => encodeRecord(record, LATEST_METADATA_VERSION)),
  };
}

function loaderAt(highWatermark: number) {
  const world = new TestWorld();
  const snapshots: number[] = [];
  const updates: { image: MetadataImage; manifest: MetadataManifest; topics: number; deleted: number }[] = [];
  const loader = new MetadataLoader(world.environment('b1'), {
    role: 'broker',
    raft: { highWatermark: Offset(highWatermark), createSnapshot: (endOffset) => void snapshots.push(endOffset) },
    config: { 'metadata.log.max.record.bytes.between.snapshots': 10_000, 'metadata.log.max.snapshot.interval.ms': 1_000 },
  });
  loader.addPublisher({
    onMetadataUpdate: (delta, image, manifest) =>
      void updates.push({ image, manifest, topics: delta.changedTopics.size, deleted: delta.deletedTopicIds.size }),
  });
  return { world, loader, updates, snapshots };
}

test('publishers hear nothing before the loader has caught up, then the whole image', (t) => {
  const { loader, updates, world } = loaderAt(3);
  loader.handleCommit([batch(0, topic('a', 1)), batch(1, topic('b', 2))]);
  t.is(updates.length, 0);
  loader.handleCommit([batch(2, topic('c', 3))]);
  t.like(updates, [{ topics: 3, manifest: { offset: 2, fromSnapshot: true } }]);
  loader.handleCommit([batch(3, topic('d', 4)), batch(4, topic('e', 5))]);
  t.like(updates[1], { topics: 2, manifest: { offset: 4, fromSnapshot: false } });
  t.is(world.events('metadata-applied').length, 3);
});

test('what a snapshot lacks is removed', (t) => {
  const { loader, updates } = loaderAt(1);
  loader.handleCommit([batch(0, topic('a', 1), topic('b', 2))]);
  loader.handleLoadSnapshot({
    endOffset: Offset(9),
    epoch: LeaderEpoch(2),
    lastContainedTimestamp: 5,
    batches: [batch(0, topic('b', 2), topic('c', 3))],
  });
  t.deepEqual([...loader.image.topicIds.keys()], ['b', 'c']);
  t.like(updates[1], { topics: 1, deleted: 1, manifest: { offset: 8, epoch: 2, fromSnapshot: true } });
});

test('a snapshot is written when there is something new for long enough', (t) => {
  const { loader, world, snapshots } = loaderAt(1);
  world.run(5_000);
  t.deepEqual(snapshots, []);
  loader.handleCommit([batch(0, topic('a', 1))]);
  world.run(500);
  loader.handleCommit([batch(1, topic('b', 2))]);
  world.run(500);
  t.deepEqual(snapshots, [2]);
  world.run(5_000);
  t.deepEqual(snapshots, [2]);
});

test('a batch that was applied before is an impossible state', (t) => {
  const { loader } = loaderAt(1);
  loader.handleCommit([batch(0, topic('a', 1))]);
  t.throws(() => loader.handleCommit([batch(0, topic('b', 2))]), { name: 'InvariantViolation' });
});

const begin = metadataRecord('BeginTransactionRecord', { name: 'Bootstrap records' });
const end = metadataRecord('EndTransactionRecord', {});
const abort = metadataRecord('AbortTransactionRecord', { reason: 'Controller failover' });

test('of a transaction nothing is seen before its end, and nothing at all if it is given up (KIP-868)', (t) => {
  const { loader, updates } = loaderAt(1);
  loader.handleCommit([batch(0, topic('a', 1), begin, topic('b', 2))]);
  t.true(loader.isTransactionOpen);
  t.deepEqual([...loader.image.topicIds.keys()], ['a']);
  t.is(loader.image.provenance.offset, Offset(0));
  loader.handleCommit([batch(3, topic('c', 3)), batch(4, end, topic('d', 4))]);
  t.false(loader.isTransactionOpen);
  t.deepEqual([...loader.image.topicIds.keys()], ['a', 'b', 'c', 'd']);
  t.like(updates.at(-1), { topics: 3, manifest: { offset: 5 } });
  loader.handleCommit([batch(6, begin, topic('e', 5))]);
  loader.handleCommit([batch(8, abort, topic('f', 6))]);
  t.deepEqual([...loader.image.topicIds.keys()], ['a', 'b', 'c', 'd', 'f']);
  t.is(loader.image.provenance.offset, Offset(9));
});

test('no snapshot is written of what lies before a transaction that has not ended: it may be a part of a batch', (t) => {
  const { loader, world, snapshots } = loaderAt(1);
  loader.handleCommit([batch(0, topic('a', 1))]);
  loader.handleCommit([batch(1, topic('b', 2), begin, topic('c', 3))]);
  world.run(5_000);
  t.deepEqual(snapshots, []);
  loader.handleCommit([batch(4, end)]);
  world.run(1_000);
  t.deepEqual(snapshots, [5]);
});

test('what Kafka wrote and core lacks is passed over whole and told of once', (t) => {
  const { loader, world } = loaderAt(1);
  const level = (name: string, featureLevel: number) => metadataRecord('FeatureLevelRecord', { name, featureLevel });
  const records = [level('metadata.version', 33), level('streams.version', 1), level('share.version', 2)];
  loader.handleCommit([batch(0, ...records, topic('a', 1))]);
  const lacking = encodeMetadataRecord('ClientQuotaRecord', 0, {
    entity: [],
    key: 'producer_byte_rate',
    value: 1,
    remove: false,
  });
  loader.handleCommit([
    {
      ...batch(4, level('streams.version', 1)),
      lastOffset: Offset(5),
      records: [lacking, encodeRecord(level('share.version', 2), 33)],
    },
  ]);
  t.deepEqual([...loader.image.features], [['metadata.version', 33]]);
  t.deepEqual([...loader.image.topicIds.keys()], ['a']);
  t.deepEqual(
    world.events('features-lacking').map(({ names }) => names),
    [['streams.version 1', 'share.version 2'], ['client quotas']],
  );
});

test('a metadata.version that there is not ends the node', (t) => {
  const { loader, world } = loaderAt(1);
  loader.handleCommit([batch(0, metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 34 }))]);
  t.regex(world.halted.get('b1') ?? '', /is of metadata.version 34, but this release supports 7 to 33/);
});
