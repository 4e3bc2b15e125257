import test from 'ava';
import type { PartitionRegistrationSummary } from '../core/trace/metadata-events.ts';
import { directoryNameOf } from '../core/log/file-names.ts';
import { DurabilityGhost } from './durability.ts';
import type { StorageFact } from './observe.ts';

function partition(topic: string, isr: readonly number[]): PartitionRegistrationSummary {
  return {
    partition: `${topic}-0`,
    topic,
    topicId: 'topic',
    replicas: [1, 2, 3],
    isr,
    elr: [],
    lastKnownElr: [],
    leader: isr[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    recovering: false,
  };
}

function dirty(ghost: DurabilityGhost, name: string): readonly number[] {
  return [...(ghost.partition('topic', name)?.dirty ?? [])];
}

test('a broker that loses power is dirty for every partition it holds; rot touches the log it is in alone', (t) => {
  const ghost = new DurabilityGhost(false);
  ghost.onPartition(partition('orders', [1, 2]));
  ghost.onPartition(partition('events', [1, 2]));
  ghost.onStorageLoss(1, 'has rotten bytes', directoryNameOf('/kafka-0/orders-0/00000000000000000000.log'));
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[1], []]);
  ghost.onStorageLoss(2, 'has rotten bytes', directoryNameOf('/kafka-0/__cluster_metadata-0/00000000000000000000.log'));
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[1], []]);
  ghost.onStorageLoss(2, 'lost power');
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[1, 2], [2]]);
  t.regex(ghost.partition('topic', 'orders-0')?.exceeded ?? '', /^broker 2 lost power, and then every member/);
  t.is(ghost.partition('topic', 'events-0')?.exceeded, null);
});

test('who lost records counts again once the controller has taken it out of the in-sync set and back', (t) => {
  const ghost = new DurabilityGhost(false);
  const isr = (epoch: number, members: readonly number[]): void =>
    ghost.onPartition({ ...partition('orders', members), leader: 2, partitionEpoch: epoch });
  isr(1, [1, 2]);
  ghost.onStorageLoss(1, 'lost power');
  isr(2, [2]);
  t.deepEqual(dirty(ghost, 'orders-0'), [1]);
  isr(3, [1, 2]);
  t.deepEqual(dirty(ghost, 'orders-0'), []);
  // One after the other is no loss.
  ghost.onStorageLoss(2, 'lost power');
  t.is(ghost.partition('topic', 'orders-0')?.exceeded, null);
  // Unless the one that has everything is given up.
  isr(4, [2]);
  t.regex(ghost.partition('topic', 'orders-0')?.exceeded ?? '', /^the in-sync set shrank, and then every member of orders-0's/);
});

/** News of `orders-0` in one step each: leader, in-sync set, who is eligible, who led last. */
function followed(
  lossOf: readonly number[],
  ...states: [leader: number, isr: number[], elr: number[], lastKnownElr: number[]][]
) {
  const ghost = new DurabilityGhost(false);
  states.forEach(([leader, isr, elr, lastKnownElr], at) => {
    ghost.onPartition({ ...partition('orders', isr), leader, elr, lastKnownElr, leaderEpoch: at, partitionEpoch: at });
    if (at === 0) for (const broker of lossOf) ghost.onStorageLoss(broker, 'lost power');
  });
  return { exceeded: ghost.partition('topic', 'orders-0')?.exceeded ?? null, dirty: dirty(ghost, 'orders-0') };
}

test('B2: with eligible leader replicas one of them that has lost nothing is enough', (t) => {
  t.is(followed([1], [1, [1], [2], []], [2, [2], [], []]).exceeded, null);
  t.regex(
    followed([1, 2], [1, [1], [2], []]).exceeded ?? '',
    /^broker 2 lost power, and then every member of orders-0's in-sync set \[1\] and every replica that was eligible to lead orders-0 \[2\] had/,
  );
  t.is(followed([], [1, [1], [2], []], [2, [2], [1], []]).exceeded, null, 'an eligible replica is elected cleanly');
  const { exceeded } = followed([2], [1, [1], [2], []], [2, [2], [1], []]);
  t.is(exceeded, 'broker 2, which had lost stored records, was still eligible, and came to lead orders-0');
});

test('B2′: with nobody in sync or eligible all depends on the last leader, which is elected uncleanly', (t) => {
  t.is(followed([2], [1, [1], [2], []], [-1, [], [2], [1]], [-1, [], [], [1]], [1, [1], [], []]).exceeded, null);
  const { exceeded } = followed([1], [1, [1], [2], []], [-1, [], [2], [1]], [-1, [], [], [1]]);
  t.is(exceeded, "the in-sync set shrank, and then orders-0's last leader 1 had lost stored records");
  const merged = followed([1], [1, [1], [2], []], [-1, [], [2], [1]], [1, [1], [], []]).exceeded;
  t.is(merged, 'an unclean election made broker 1 leader of orders-0 again, which had lost stored records');
  t.regex(followed([], [-1, [], [2], [1]], [3, [3], [], []]).exceeded ?? '', /^an unclean election made broker 3 leader of/);
});

test('who is elected from outside the in-sync set has not got back what it lost; who is admitted by a leader has', (t) => {
  t.deepEqual(followed([2, 3], [1, [1], [2], []], [2, [2], [1], []]).dirty, [2, 3]);
  t.deepEqual(followed([2, 3], [1, [1], [2], []], [1, [1, 2], [], []]).dirty, [3]);
});

test('what the world tells of a disk is what the ghost knows of it', (t) => {
  const ghost = new DurabilityGhost(true);
  ghost.onPartition(partition('orders', [1, 2, 3]));
  ghost.onPartition(partition('events', [1, 2, 3]));
  const tell = (nodeId: number, fact: StorageFact | { readonly type: 'sync-lied'; readonly path: string }): void =>
    ghost.onWorldChange({ timeUs: 0, step: 0, node: `b${nodeId}`, nodeId, ...fact });
  const path = '/kafka-0/orders-0/00000000000000000000.log';
  tell(1, { type: 'disk-corrupted', path });
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[1], []]);
  tell(2, { type: 'sync-lied', path });
  tell(3, { type: 'sync-lied', path });
  t.deepEqual(
    [1, 2, 3].map((broker) => ghost.losesOnPowerLoss(broker)),
    [false, true, true],
  );
  tell(2, { type: 'power-lost' });
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[1, 2], []]);
  tell(3, { type: 'disk-restored', ageMs: 700 });
  t.false(ghost.losesOnPowerLoss(3), 'the disk that lied is gone');
  t.deepEqual(dirty(ghost, 'events-0'), [3]);
  t.regex(
    ghost.partition('topic', 'orders-0')?.exceeded ?? '',
    /^broker 3 came back with its disk of 700 ms before, and then every/,
  );
  tell(2, { type: 'disk-wiped', directory: null });
  t.deepEqual(dirty(ghost, 'events-0'), [3, 2]);
});

test('rot touches the topic whose log lies on the disk, not another of its name; all of them while nobody knows whose it is', (t) => {
  const ghost = new DurabilityGhost(false);
  const path = directoryNameOf('/kafka-0/orders-0/00000000000000000000.log');
  for (const topicId of ['A', 'B']) ghost.onPartition({ ...partition('orders', [1, 2]), topicId });
  const hit = () => ['A', 'B'].map((topicId) => [...(ghost.partition(topicId, 'orders-0')?.dirty ?? [])]);
  ghost.onLog(1, 'orders-0', 'A');
  ghost.onStorageLoss(1, 'has rotten bytes', path);
  t.deepEqual(hit(), [[1], []]);
  ghost.onLog(1, 'orders-0', 'B');
  ghost.onStorageLoss(1, 'has rotten bytes', path);
  t.deepEqual(hit(), [[1], [1]]);
  ghost.onLog(2, 'orders-0', '');
  ghost.onStorageLoss(2, 'has rotten bytes', path);
  t.deepEqual(hit(), [
    [1, 2],
    [1, 2],
  ]);
});

test('what a removed topic has lost stays lost: brokers that do not know of its removal still serve it', (t) => {
  const ghost = new DurabilityGhost(false);
  ghost.onPartition(partition('orders', [1, 2]));
  ghost.onStorageLoss(1, 'lost power');
  ghost.onPartitionRemoved('topic', 'orders-0');
  t.deepEqual([...ghost.partitions], []);
  ghost.onStorageLoss(2, 'lost power');
  t.deepEqual(dirty(ghost, 'orders-0'), [1, 2]);
  t.regex(ghost.partition('topic', 'orders-0')?.exceeded ?? '', /^broker 2 lost power/);
  // A node that lags behind tells of it.
  ghost.onPartition(partition('orders', [1, 2]));
  t.deepEqual([...ghost.partitions], []);
});

test('the flush.messages of a topic counts, from the beginning and when it changes; what is at risk once stays at risk', (t) => {
  const ghost = new DurabilityGhost(false);
  const config = (topic: string, value: string | null) => [{ resource: `topic:${topic}`, name: 'flush.messages', value }];
  ghost.onConfigs(1, config('orders', '1'));
  ghost.onPartition(partition('orders', [1, 2]));
  ghost.onPartition(partition('events', [2, 3]));
  t.false(ghost.losesOnPowerLoss(4));
  t.true(ghost.losesOnPowerLoss(1), 'it holds a replica of events, too');
  ghost.onPowerLost(1);
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[], [1]]);
  ghost.onConfigs(3, config('orders', '500'));
  // A node that lags behind tells of it.
  ghost.onConfigs(2, config('orders', '1'));
  ghost.onConfigs(4, config('orders', '1'));
  ghost.onPowerLost(2);
  t.deepEqual(dirty(ghost, 'orders-0'), [2]);
  const synced = new DurabilityGhost(true);
  synced.onConfigs(1, config('orders', '500'));
  synced.onPartition(partition('orders', [1, 2]));
  synced.onPartition(partition('events', [1, 2]));
  synced.onConfigs(2, [{ resource: 'broker:', name: 'log.flush.interval.ms', value: '5' }]);
  synced.onPowerLost(1);
  t.deepEqual([dirty(synced, 'orders-0'), dirty(synced, 'events-0')], [[1], []]);
  synced.onConfigs(3, [{ resource: 'broker:2', name: 'log.flush.interval.messages', value: '10' }]);
  synced.onPowerLost(2);
  t.deepEqual(dirty(synced, 'events-0'), [2]);
});

test('where every append is synced, a power loss takes only from logs whose syncs failed or lied, and once', (t) => {
  const ghost = new DurabilityGhost(true);
  ghost.onPartition(partition('orders', [1, 2]));
  ghost.onPartition(partition('events', [1, 2]));
  t.false(ghost.losesOnPowerLoss(1));
  ghost.onSyncLied(1, 'orders-0');
  t.true(ghost.losesOnPowerLoss(1));
  ghost.onPowerLost(1);
  t.deepEqual([dirty(ghost, 'orders-0'), dirty(ghost, 'events-0')], [[1], []]);
  t.false(ghost.losesOnPowerLoss(1));
});
