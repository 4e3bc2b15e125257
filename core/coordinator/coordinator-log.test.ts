import test from 'ava';
import { StorageError } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { encodeBatch } from '../protocol/records.ts';
import type { ReplicaManager } from '../replication/replica-manager.ts';
import { TestCluster, TOPIC } from '../replication/testing/test-cluster.ts';
import { ReplicatedCoordinatorLog } from './coordinator-log.ts';

/** The log of one partition, whose reads do this. */
function logThat(read: () => unknown): ReplicatedCoordinatorLog {
  const replicas = { partition: () => ({ log: { read } }) };
  return new ReplicatedCoordinatorLog(replicas as never, '__consumer_offsets');
}

test('a disk that fails while a coordinator loads ends its loading, not its process', (t) => {
  const broken = logThat(() => {
    throw new StorageError('EIO');
  });
  t.is(broken.read(0, Offset(0), 100), null);
  t.is(logThat(() => 'out-of-range').read(0, Offset(0), 100), null);
  const wrong = logThat(() => {
    throw new Error('a fault of the program');
  });
  t.throws(() => wrong.read(0, Offset(0), 100), { message: 'a fault of the program' });
});

test('an offset is awaited until the high watermark has reached it', (t) => {
  const cluster = new TestCluster(1, { isFaulty: false });
  cluster.run(200);
  const log = new ReplicatedCoordinatorLog(cluster.brokers[0]?.replicas as ReplicaManager, TOPIC);
  const epoch = LeaderEpoch(log.isLeader(0) as number);
  const records = encodeBatch([{ key: null, value: new Uint8Array(3), timestamp: 0 }]);
  log.appendBatch(0, epoch, records, 5000, () => undefined);
  const told: number[] = [];
  log.whenCommitted(0, epoch, log.logEnd(0), (error) => told.push(error));
  t.deepEqual(told, []);
  cluster.run(200);
  t.deepEqual(told, [ErrorCode.NONE]);
  t.is(log.highWatermark(0), log.logEnd(0));
});

test("a coordinator's write fails when its leader epoch ends", (t) => {
  const cluster = new TestCluster(1, { isFaulty: false });
  cluster.run(200);
  const log = new ReplicatedCoordinatorLog(cluster.brokers[0]?.replicas as ReplicaManager, TOPIC);
  const records = encodeBatch([{ key: null, value: new Uint8Array(3), timestamp: 0 }]);
  const outcomes: number[] = [];
  const awaited: number[] = [];
  const epoch = log.isLeader(0) as number;
  log.whenCommitted(0, LeaderEpoch(epoch), log.logEnd(0), (error) => awaited.push(error));
  t.deepEqual(awaited, [ErrorCode.NONE]);
  cluster.crash(1);
  cluster.crash(2);
  log.appendBatch(0, LeaderEpoch(epoch), records, 5000, (error) => outcomes.push(error));
  log.whenCommitted(0, LeaderEpoch(epoch), log.logEnd(0), (error) => awaited.push(error));
  cluster.fence(0);
  cluster.run(50);
  t.deepEqual(awaited, [ErrorCode.NONE, ErrorCode.NOT_LEADER_OR_FOLLOWER]);
  t.deepEqual(outcomes, [ErrorCode.NOT_LEADER_OR_FOLLOWER]);
  log.appendBatch(0, LeaderEpoch(epoch), records, 5000, (error) => outcomes.push(error));
  t.deepEqual(outcomes, [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_LEADER_OR_FOLLOWER]);
});
