import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { BrokerEpoch, LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { DIRECTORY_UNASSIGNED } from '../protocol/directory-ids.ts';
import { bytesToText, textToBytes } from './bytes.ts';
import { readCleanShutdownEpoch } from './clean-shutdown.ts';
import type { Log } from './log.ts';
import { LogManager } from './log-manager.ts';
import { formatMetaProperties } from './meta-properties.ts';
import { batchOf, ok, TOPIC_ID } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';
import { DEFAULT_LOG_CONFIG, type LogConfig, StorageError } from './types.ts';

const CONFIG = {
  'log.retention.check.interval.ms': 300_000,
  'log.initial.task.delay.ms': 30_000,
  'log.flush.scheduler.interval.ms': 1000,
  'log.flush.offset.checkpoint.interval.ms': 60_000,
  'log.flush.start.offset.checkpoint.interval.ms': 60_000,
  'replica.high.watermark.checkpoint.interval.ms': 5000,
  'producer.id.expiration.ms': 86_400_000,
  'producer.id.expiration.check.interval.ms': 600_000,
  'transaction.partition.verification.enable': true,
  'log.cleaner.enable': true,
  'log.cleaner.threads': 1,
  'log.cleaner.backoff.ms': 15_000,
  'log.cleaner.dedupe.buffer.size': 134_217_728,
  'log.cleaner.io.buffer.load.factor': 0.9,
  'log.cleaner.io.buffer.size': 524_288,
  'log.cleaner.io.max.bytes.per.second': Number.MAX_VALUE,
};

interface Fixture {
  readonly env: TestEnvironment;
  readonly manager: LogManager;
  readonly failed: string[];
}

function start(
  env = new TestEnvironment(),
  config: Partial<LogConfig> = {},
  directories = ['d1'],
  cordoned: readonly string[] = [],
  settings = CONFIG,
): Fixture {
  const failed: string[] = [];
  for (const directory of directories) env.makeDirectory(directory);
  const manager = new LogManager(env, {
    directories,
    config: settings,
    cordoned: () => cordoned,
    topicConfig: () => ({ ...DEFAULT_LOG_CONFIG, ...config }),
    onDirectoryFailed: (directory, _, partitions) => void failed.push(`${directory}: ${partitions.join(' ')}`),
  });
  let isReady = false;
  manager.start(() => {
    isReady = true;
  });
  env.advance(0);
  if (!isReady) throw new Error('not ready');
  return { env, manager, failed };
}

function create({ manager }: Fixture, topic: string, partition: number, topicId: string, assigned?: string): Log {
  const log = manager.getOrCreate(topic, partition, topicId, assigned);
  if (log === null) throw new Error(`${topic}-${partition} is on its way out`);
  return log;
}

function fill(fixture: Fixture, count: number, partition = 0): void {
  const log = create(fixture, 'orders', partition, TOPIC_ID);
  for (let i = 0; i < count; i++) ok(log.appendAsLeader(batchOf(fixture.env, 1), LeaderEpoch(0)));
  log.updateHighWatermark(Offset(count));
}

test('a clean shutdown is known to the next start, and only to that', (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const first = start(new TestEnvironment({ seed }));
    fill(first, 5);
    let isDown = false;
    first.manager.shutdown(() => {
      isDown = true;
    }, BrokerEpoch(42));
    t.false(isDown);
    first.env.advance(1);
    t.true(isDown);
    t.is(bytesToText(first.env.contents('d1/.kafka_cleanshutdown')), '{"version":0,"brokerEpoch":42}');
    first.env.losePower();
    t.is(readCleanShutdownEpoch(first.env.disk, ['d1']), BrokerEpoch(42));
    t.is(readCleanShutdownEpoch(first.env.disk, ['d1', 'd2']), NONE, 'where any directory has no marker nothing is proven');

    const second = start(first.env);
    t.like(second.env.eventsOf('log-loaded').at(-1), { clean: true, logEndOffset: 5, recoveryPoint: 5 });
    t.is(readCleanShutdownEpoch(first.env.disk, ['d1']), NONE, 'it is of the last run alone');
    t.is(second.manager.checkpointedHighWatermark(topicPartitionKey('orders', 0)), Offset(5));
    second.manager.close();
    second.env.losePower();

    const third = start(first.env);
    t.like(third.env.eventsOf('log-loaded').at(-1), { clean: false, logEndOffset: 5, topicId: TOPIC_ID });
  }
});

test('checkpoints are written on their timers, recovery points only as far as synced', (t) => {
  const fixture = start();
  fill(fixture, 3);
  fixture.env.advance(5000);
  t.is(bytesToText(fixture.env.contents('d1/replication-offset-checkpoint')), '0\n1\norders 0 3\n');
  fixture.env.advance(26_000);
  t.is(bytesToText(fixture.env.contents('d1/recovery-point-offset-checkpoint')), '0\n1\norders 0 0\n');
  t.is(bytesToText(fixture.env.contents('d1/log-start-offset-checkpoint')), '0\n0\n');
});

test('a checkpoint is told when its text is on the disk, and not if a newer one overtook it', (t) => {
  const fixture = start();
  const { env, manager } = fixture;
  const told = (file: string) =>
    env
      .eventsOf('checkpoint-written')
      .filter((event) => event.file === file)
      .map(({ entries }) => entries.map(([, offset]) => offset).join(' '));
  const log = create(fixture, 'orders', 0, TOPIC_ID);
  for (const epoch of [0, 1, 2]) ok(log.appendAsLeader(batchOf(env, 1), LeaderEpoch(epoch)));
  env.advance(0);
  t.deepEqual(told('leader-epoch'), ['0', '0 1 2']);
  for (const offset of [1, 2, 3]) {
    log.updateHighWatermark(Offset(offset));
    manager.checkpointHighWatermarks();
  }
  env.advance(0);
  t.deepEqual(told('high-watermark'), ['1', '3']);
});

test('flush.ms flushes', (t) => {
  const fixture = start(new TestEnvironment(), { 'flush.ms': 2000 });
  fill(fixture, 3);
  t.is(fixture.manager.get(topicPartitionKey('orders', 0))?.recoveryPoint, Offset(0));
  fixture.env.advance(40_000);
  t.is(fixture.manager.get(topicPartitionKey('orders', 0))?.recoveryPoint, Offset(3));
});

test('a cordoned directory takes no new log, unless all are cordoned: then the first does (KIP-1066)', (t) => {
  const cordoned = ['d1'];
  const fixture = start(undefined, {}, ['d1', 'd2'], cordoned);
  const directoryOf = (partition: number): string =>
    create(fixture, 'orders', partition, TOPIC_ID).directory.split('/')[0] as string;
  t.deepEqual([directoryOf(0), directoryOf(1)], ['d2', 'd2']);
  cordoned.push('d2');
  t.deepEqual([directoryOf(2), directoryOf(3)], ['d1', 'd1']);
  cordoned.length = 0;
  fill(fixture, 1, 4);
  t.deepEqual(['d1', 'd2'], [directoryOf(4), directoryOf(5)].sort());
});

test('deleted logs are renamed, then removed; a new topic of the same name starts empty', (t) => {
  const fixture = start();
  fill(fixture, 3);
  fixture.env.advance(5000);
  fixture.manager.asyncDelete(topicPartitionKey('orders', 0));
  t.is(fixture.manager.get(topicPartitionKey('orders', 0)), undefined);
  t.regex(fixture.env.disk.list('d1').join(' '), /orders-0\.[0-9a-f]{32}-delete/);
  fixture.env.advance(1);
  const again = create(fixture, 'orders', 0, 'AAAAAAAAAAAAAAAAAAAACQ');
  t.is(again.logEndOffset, Offset(0));
  t.is(fixture.manager.checkpointedHighWatermark(topicPartitionKey('orders', 0)), Offset(0));
  t.is(fixture.manager.getOrCreate('orders', 0, TOPIC_ID), null, 'the older one goes first');
  fixture.env.advance(1);
  const other = create(fixture, 'orders', 0, TOPIC_ID);
  t.not(other, again);
  t.is(other.logEndOffset, Offset(0));
  t.deepEqual(
    fixture.manager.handleStrayLogs(({ topicId }) => topicId === TOPIC_ID),
    ['orders-0'],
  );
  fixture.env.advance(61_000);
  t.deepEqual(
    fixture.env.disk.list('d1').filter((name) => name.includes('orders')),
    [],
  );
});

test('a failing disk costs its directory, not the others', (t) => {
  const fixture = start(new TestEnvironment(), {}, ['d1', 'd2']);
  fill(fixture, 1, 0);
  fill(fixture, 1, 1);
  fixture.env.medium.failDirectory('d1');
  const broken = [...fixture.manager.allLogs()].find((log) => log.directory.startsWith('d1/'));
  broken?.appendAsLeader(batchOf(fixture.env, 1), LeaderEpoch(0));
  t.deepEqual(fixture.failed, ['d1: orders-0']);
  t.deepEqual(fixture.manager.offlineDirectories(), ['d1']);
  t.is(fixture.manager.get(topicPartitionKey('orders', 0)), undefined);
  t.is(fixture.manager.get(topicPartitionKey('orders', 1))?.logEndOffset, Offset(1));
  let isDown = false;
  fixture.env.medium.failDirectory('d2');
  fixture.manager.shutdown(() => {
    isDown = true;
  });
  fixture.env.advance(1);
  t.true(isDown);
  t.throws(() => fixture.manager.getOrCreate('orders', 7, TOPIC_ID), { instanceOf: StorageError });
});

test('meta.properties gives the directory its id', (t) => {
  const env = new TestEnvironment();
  env.disk.makeDirectory('d1');
  const meta = { clusterId: 'c', nodeId: 3, directoryId: TOPIC_ID };
  env.disk.open('d1/meta.properties', { create: true }).append(textToBytes(formatMetaProperties(meta, 0)));
  const { manager } = start(env);
  t.deepEqual(manager.liveDirectories(), [{ path: 'd1', directoryId: TOPIC_ID, meta }]);
});

test('a log goes into the directory that it is assigned to, and is not made again while that one is offline (KIP-858)', (t) => {
  const env = new TestEnvironment();
  const ids = ['d1-AAAAAAAAAAAAAAAAAAA', 'd2-AAAAAAAAAAAAAAAAAAA'] as const;
  ids.forEach((directoryId, i) => {
    env.disk.makeDirectory(`d${i + 1}`);
    const meta = { clusterId: 'c', nodeId: 3, directoryId };
    env.disk.open(`d${i + 1}/meta.properties`, { create: true }).append(textToBytes(formatMetaProperties(meta, 0)));
  });
  const { manager } = start(env, {}, ['d1', 'd2']);
  for (const partition of [0, 1]) manager.getOrCreate('orders', partition, TOPIC_ID, ids[1]);
  t.is(manager.directoryIdOf(topicPartitionKey('orders', 1)), ids[1]);
  t.true(manager.mayCreate(topicPartitionKey('orders', 2), 'gone'), 'no directory is offline: the one that is gone was replaced');
  env.medium.failDirectory('d2');
  manager.get(topicPartitionKey('orders', 0))?.appendAsLeader(batchOf(env, 1), LeaderEpoch(0));
  t.deepEqual(manager.offlineDirectories(), ['d2']);
  t.false(manager.mayCreate(topicPartitionKey('orders', 0), ids[1]));
  t.true(manager.mayCreate(topicPartitionKey('orders', 2), ids[0]));
  t.true(manager.mayCreate(topicPartitionKey('orders', 2), DIRECTORY_UNASSIGNED));
});

test('a directory left by an older topic of the same name is moved away, not taken for the new one', (t) => {
  const older = 'AAAAAAAAAAAAAAAAAAAAAg';
  const fixture = start(new TestEnvironment(), {}, ['d1', 'd2']);
  fixture.manager.getOrCreate('orders', 0, older);
  fixture.env.advance(1_000);
  const first = fixture.manager.allLogs().next().value?.directory.startsWith('d1') ? 'd1' : 'd2';
  fixture.manager.close();
  // The same partition in both directories: an older topic's where the start does not look any more.
  const { disk } = fixture.env;
  const other = first === 'd1' ? 'd2' : 'd1';
  disk.makeDirectory(`${other}/orders-0`);
  for (const name of disk.list(`${first}/orders-0`)) {
    const from = disk.open(`${first}/orders-0/${name}`);
    disk.open(`${other}/orders-0/${name}`, { create: true }).append(from.read(0, from.size));
  }
  const again = start(fixture.env, {}, ['d1', 'd2']);
  again.manager.asyncDelete(topicPartitionKey('orders', 0));
  again.env.advance(1);
  // The directory with fewer logs is taken: make that the one with the copy.
  for (let filler = 0; filler < 3; filler++) {
    if (create(again, 'filler', filler, TOPIC_ID).directory.startsWith(first)) break;
  }
  t.is(again.manager.getOrCreate('orders', 0, TOPIC_ID), null, 'the copy is moved away first');
  again.env.advance(1);
  const log = create(again, 'orders', 0, TOPIC_ID);
  t.is(log.topicId, TOPIC_ID);
  const second = again.manager.getOrCreate('orders', 0, TOPIC_ID);
  t.is(second, log);
  again.manager.close();
  const last = start(fixture.env, {}, ['d1', 'd2']);
  t.true([...last.manager.allLogs()].some((each) => each.partition === 'orders-0'));
});

test('a new topic of a name comes when no checkpoint speaks of the old one any more', (t) => {
  const fixture = start();
  fill(fixture, 3);
  const { env, manager } = fixture;
  // A checkpoint with the old topic's high watermark is on its way to the disk while the topic goes.
  manager.checkpointHighWatermarks();
  manager.asyncDelete(topicPartitionKey('orders', 0));
  const other = 'AAAAAAAAAAAAAAAAAAAACQ';
  t.is(manager.getOrCreate('orders', 0, other), null);
  const found: string[] = [];
  manager.onceGone(topicPartitionKey('orders', 0), () => {
    found.push(bytesToText(env.contents('d1/replication-offset-checkpoint')));
    t.is(create(fixture, 'orders', 0, other).logEndOffset, Offset(0));
  });
  t.deepEqual(found, []);
  env.advance(1);
  t.deepEqual(found, ['0\n0\n']);
  manager.onceGone(topicPartitionKey('orders', 0), () => found.push('at once'));
  t.is(found.at(-1), 'at once');
});

test('who waits for a name is told when the directory fails that has it', (t) => {
  const fixture = start(new TestEnvironment(), {}, ['d1', 'd2']);
  fill(fixture, 1);
  const { env, manager } = fixture;
  const directory = manager.get(topicPartitionKey('orders', 0))?.directory.slice(0, 2) ?? '';
  manager.asyncDelete(topicPartitionKey('orders', 0));
  let isGone = false;
  manager.onceGone(topicPartitionKey('orders', 0), () => {
    isGone = true;
  });
  env.medium.failDirectory(directory);
  env.advance(1);
  t.true(isGone);
  t.is(create(fixture, 'orders', 0, TOPIC_ID).directory.slice(0, 2), directory === 'd1' ? 'd2' : 'd1');
});

test('whose log it is stands on the disk before its first record does', (t) => {
  const fixture = start();
  fill(fixture, 3);
  t.is(bytesToText(fixture.env.contents('d1/orders-0/partition.metadata')), `version: 0\ntopic_id: ${TOPIC_ID}\n`);
  // The process dies before anything was synced.
  fixture.manager.close();
  fixture.env.crash();
  const again = start(fixture.env);
  t.like(again.env.eventsOf('log-loaded').at(-1), { logEndOffset: 3, topicId: TOPIC_ID });
});

test('a flush ends when it is durable whose log it is', (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const fixture = start(new TestEnvironment({ seed }));
    fill(fixture, 3);
    let isFlushed = false;
    fixture.manager.get(topicPartitionKey('orders', 0))?.flush(Offset(3), () => {
      isFlushed = true;
    });
    fixture.env.advance(1);
    t.true(isFlushed);
    fixture.manager.close();
    fixture.env.losePower();
    const again = start(fixture.env);
    t.like(again.env.eventsOf('log-loaded').at(-1), { logEndOffset: 3, topicId: TOPIC_ID });
  }
});

test('a log of nobody knows which topic is not taken for the one that is asked for', (t) => {
  const fixture = start();
  fill(fixture, 3);
  fixture.manager.close();
  fixture.env.disk.remove('d1/orders-0/partition.metadata');
  fixture.env.crash();
  const again = start(fixture.env);
  t.is(again.manager.get(topicPartitionKey('orders', 0))?.topicId, null);
  t.is(again.manager.getOrCreate('orders', 0, TOPIC_ID), null);
  again.env.advance(1);
  t.is(create(again, 'orders', 0, TOPIC_ID).logEndOffset, Offset(0));
});

test('what a log knows of producers, and whether it wants transactions verified, follows settings that change', (t) => {
  const settings = { ...CONFIG, 'producer.id.expiration.check.interval.ms': 1_000 };
  const fixture = start(new TestEnvironment(), {}, ['d1'], [], settings);
  const log = create(fixture, 'orders', 0, TOPIC_ID);
  const of = { producerId: 1, producerEpoch: 0, isTransactional: true };
  const append = (baseSequence: number, isTransactional = true) =>
    log.appendAsLeader(batchOf(fixture.env, 1, { ...of, baseSequence, isTransactional }), LeaderEpoch(0));
  ok(append(0, false));
  t.like(append(1), { error: ErrorCode.INVALID_TXN_STATE });
  fixture.env.advance(5_000);
  t.is(log.activeProducers().length, 1);
  Object.assign(settings, { 'producer.id.expiration.ms': 2_000, 'transaction.partition.verification.enable': false });
  fixture.env.advance(1_500);
  t.is(log.activeProducers().length, 0);
  ok(append(1));
});
