import test from 'ava';
import { bootstrapRecords, isLevelSupported } from './features.ts';
import {
  LATEST_METADATA_VERSION,
  losesMetadata,
  metadataVersionName,
  partitionRecordVersion,
  registerBrokerRecordVersion,
  replicaFetchVersion,
} from './metadata-version.ts';

test('the levels of metadata.version and their names are those of Kafka 4.4.0', (t) => {
  t.is(LATEST_METADATA_VERSION, 33);
  const names = [
    [7, '3.3-IV3'],
    [13, '3.6-IV1'],
    [19, '3.7-IV4'],
    [25, '4.0-IV3'],
    [30, '4.3-IV0'],
    [33, '4.4-IV2'],
  ] as const;
  for (const [level, name] of names) t.is(metadataVersionName(level), name);
});

test('a way back is where no level between changed what the metadata log can say', (t) => {
  t.false(losesMetadata(33, 33));
  t.true(losesMetadata(33, 32));
  t.true(losesMetadata(32, 31));
  t.false(losesMetadata(31, 30));
  t.true(losesMetadata(31, 29));
  t.false(losesMetadata(29, 23));
  t.true(losesMetadata(29, 22));
  t.false(losesMetadata(22, 17));
  t.true(losesMetadata(22, 16));
});

test('versions of records and requests by level', (t) => {
  const versions = [7, 8, 9, 10, 16, 17, 19, 21, 22, 23, 26, 27, 29, 30, 33].map((level) => [
    level,
    registerBrokerRecordVersion(level),
    partitionRecordVersion(level),
    replicaFetchVersion(level),
  ]);
  t.deepEqual(versions, [
    [7, 1, 0, 13],
    [8, 2, 0, 13],
    [9, 2, 0, 14],
    [10, 2, 0, 15],
    [16, 2, 0, 15],
    [17, 3, 1, 15],
    [19, 3, 1, 16],
    [21, 3, 1, 17],
    [22, 3, 1, 17],
    [23, 3, 2, 17],
    [26, 3, 2, 17],
    [27, 3, 2, 18],
    [29, 3, 2, 18],
    [30, 4, 2, 18],
    [33, 4, 2, 18],
  ]);
});

test('a new cluster has eligible leader replicas from 4.1-IV0, group.version 1 from 4.0-IV0 and transaction.version 2 from 4.0-IV2 on, and no level that core lacks is ever written', (t) => {
  const levels = (
    metadataVersion?: number,
    eligibleLeaderReplicas?: number,
    transactionVersion?: number,
    groupVersion?: number,
  ) =>
    bootstrapRecords({ metadataVersion, eligibleLeaderReplicas, groupVersion, transactionVersion }).map(({ data }) =>
      Object.values(data).join(' '),
    );
  const [replicas, groups, transactions] = ['eligible.leader.replicas.version 1', 'group.version 1', 'transaction.version 2'];
  t.deepEqual(levels(), ['metadata.version 33', replicas, groups, transactions]);
  t.deepEqual(levels(21), ['metadata.version 21']);
  t.deepEqual(levels(22), ['metadata.version 22', groups]);
  t.deepEqual(levels(24), ['metadata.version 24', groups, transactions]);
  t.deepEqual(levels(26), ['metadata.version 26', replicas, groups, transactions]);
  t.deepEqual(levels(23, 1), ['metadata.version 23', replicas, groups]);
  t.deepEqual(levels(33, 0, 0, 0), ['metadata.version 33']);
  t.deepEqual(levels(33, 0, 1, 0), ['metadata.version 33', 'transaction.version 1']);
  t.true(isLevelSupported('group.version', 1));
  t.false(isLevelSupported('group.version', 2));
  t.false(isLevelSupported('of.a.later.release', 1));
});
