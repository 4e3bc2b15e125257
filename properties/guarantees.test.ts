import test from 'ava';
import { Guarantees, producerPromises } from './guarantees.ts';
import { testBatch } from './testing/batch.ts';
import { FakeContext } from './testing/fake-context.ts';
import { metadataApplied, registered } from './testing/registration.ts';

function led(topic: string, index: number, leaderEpoch: number, leader: number, isr: readonly number[]) {
  return registered(topic, index, { isr, leader, leaderEpoch, partitionEpoch: leaderEpoch });
}

test('idempotence is on by default and gives way to settings that it cannot work with', (t) => {
  t.true(producerPromises({}).idempotent);
  t.false(producerPromises({ acks: '1' }).idempotent);
  t.false(producerPromises({ retries: 0 }).idempotent);
  t.false(producerPromises({ 'max.in.flight.requests.per.connection': 6 }).idempotent);
  t.false(producerPromises({ 'enable.idempotence': false }).ordered);
  t.true(producerPromises({ 'enable.idempotence': false, retries: 0 }).ordered);
});

test('loss is permitted only for the partition whose in-sync set lost its records, and the verdict says why', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.durability.onPartition(led('orders', 0, 1, 1, [1, 2]));
  context.durability.onPartition(led('orders', 1, 1, 3, [2, 3]));
  context.world(1, { type: 'power-lost' });
  t.is(guarantees.lossPermitted('orders-0'), null);
  const record = { partition: 'orders-0', offset: 17, value: 'w#1:4', inSync: [1, 2] };
  t.is(
    guarantees.verdictOnLoss(record),
    'record orders-0@17 (w#1:4) was lost; acks=all, in-sync set of 2 at the time, no unclean election, one power loss: forbidden',
  );
  context.world(2, { type: 'power-lost' });
  t.regex(guarantees.verdictOnLoss(record), /2 power losses: permitted, broker 2 lost power/);
  t.true(guarantees.excused('J4', 'orders-0'));
  t.false(guarantees.excused('J4', 'orders-1'));
  t.regex(context.excuses['J4'] ?? '', /^orders-0 is left out/);
});

test('a topic that was deleted keeps nothing, if somebody had asked for it', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  const remove = (): void =>
    context.emit(1, metadataApplied(1, { removedPartitions: [{ partition: 'orders-0', topic: 'orders', topicId: 'topic' }] }));
  remove();
  t.is(guarantees.lossPermitted('orders-0'), null);
  const session = { id: 1, client: 'operator-1', incarnation: 1, kind: 'admin', properties: {} } as const;
  const call = { f: 'admin', operation: 'deleteTopics', detail: 'orders' } as const;
  context.history({ type: 'invoke', step: 1, timeUs: 1, session, op: 1, call });
  t.is(guarantees.lossPermitted('orders-0'), null);
  remove();
  t.regex(guarantees.lossPermitted('orders-0') ?? '', /^its topic was deleted/);
  t.is(guarantees.lossPermitted('orders-1'), null);
});

test('an unclean election permits loss', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.durability.onPartition(led('orders', 0, 1, 1, [1]));
  context.durability.onPartition(led('orders', 0, 2, 3, [3]));
  t.regex(
    guarantees.verdictOnLoss({ partition: 'orders-0', offset: -1, value: 'a', inSync: null }),
    /^record orders-0 \(a\) was lost; acks=all, in-sync set unknown, an unclean election, no power loss: permitted/,
  );
});

test('a wiped voter of the metadata quorum permits everything, a wiped broker does not', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.world(2, { type: 'disk-wiped', directory: null });
  // A voter that loses power keeps what it has answered: that was synced before.
  for (const voter of [1001, 1002, 1003]) context.world(voter, { type: 'power-lost' });
  t.is(guarantees.lossPermitted('orders-0'), null);
  context.world(1002, { type: 'disk-wiped', directory: null });
  t.is(guarantees.lossPermitted('orders-0'), 'voter c2 of the metadata quorum came back with an empty disk');
});

test('a voter that comes back with an older disk permits everything, a broker does not', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.durability.onPartition(led('orders', 0, 1, 1, [1, 2]));
  context.world(2, { type: 'disk-restored', ageMs: 4_000 });
  const record = { partition: 'orders-0', offset: 17, value: 'w#1:4', inSync: [1, 2] };
  t.regex(guarantees.verdictOnLoss(record), /no power loss, one restored disk: forbidden$/);
  context.world(1, { type: 'disk-restored', ageMs: 2_500 });
  t.regex(
    guarantees.verdictOnLoss(record),
    /2 restored disks: permitted, broker 1 came back with its disk of 2500 ms before, and then every member/,
  );
  t.is(guarantees.lossPermitted('orders-1'), null);
  context.world(1002, { type: 'disk-restored', ageMs: 4_000 });
  t.is(guarantees.lossPermitted('orders-1'), 'voter c2 of the metadata quorum came back with its disk of 4000 ms before');
});

test('a voter that loses power after its disk had lied to it permits everything; one that lost its disk since has nothing to forget', (t) => {
  const loss = (node: number, path: string, isWiped = false): string | null => {
    const context = new FakeContext();
    const guarantees = new Guarantees(context);
    context.world(node, { type: 'sync-lied', path });
    t.is(guarantees.lossPermitted('orders-0'), null);
    if (isWiped) context.world(node, { type: 'disk-wiped', directory: null });
    context.world(node, { type: 'power-lost' });
    return guarantees.lossPermitted('orders-0');
  };
  t.is(loss(1002, METADATA_SEGMENT), 'voter c2 of the metadata quorum lost power after its disk had lied to it');
  t.not(loss(1002, '/kafka-0/__cluster_metadata-0/quorum-state'), null);
  t.is(loss(2, METADATA_SEGMENT), null);
  t.is(loss(2, METADATA_SEGMENT, true), null);
  t.is(loss(1002, '/kafka-0/orders-0/00000000000000000000.log'), null);
});

const METADATA_SEGMENT = '/kafka-0/__cluster_metadata-0/00000000000000000000.log';

test('rot in the metadata log of a broker excuses what a cluster must come to, not what the quorum promises', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  for (const property of ['L1', 'R11', 'K4', 'C9']) t.is(guarantees.permits(property, {}), null);
  context.world(2, { type: 'disk-corrupted', path: METADATA_SEGMENT });
  const rot = "bytes of b2's log of __cluster_metadata-0 rotted on its disk";
  t.is(guarantees.permits('L1', {}), rot);
  t.is(guarantees.permits('R11', log(2, '__cluster_metadata-0', '')), rot);
  t.is(guarantees.permits('R11', log(2, 'orders-0')), null);
  for (const property of ['K4', 'C9', 'J4', 'X1']) t.is(guarantees.permits(property, {}), null);
  t.is(guarantees.lossPermitted('orders-0'), null);
});

test("rot in a voter's metadata log excuses what the quorum and the controller promise, but no made-up payload", (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.world(2, { type: 'disk-corrupted', path: METADATA_SEGMENT });
  context.world(1002, { type: 'disk-corrupted', path: METADATA_SEGMENT });
  for (const property of ['L1', 'K4', 'C9'])
    t.is(guarantees.permits(property, {}), "bytes of b2's log of __cluster_metadata-0 rotted on its disk");
  for (const property of ['R1', 'J5', 'N9', 'S10', 'X1']) t.is(guarantees.permits(property, {}), null);
  t.is(guarantees.lossPermitted('orders-0'), 'the metadata log of voter c2 has rotten bytes');
});

test('a quorum that went on without what it had committed makes no promise of what is given once; one that lost nothing does', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  const log = '__cluster_metadata-0';
  context.emit(1001, {
    type: 'log-appended',
    partition: log,
    role: 'leader',
    baseOffset: 0,
    lastOffset: 0,
    leaderEpoch: 1,
    batch: testBatch({ base: 0, epoch: 1, crc: 1 }),
  });
  const voters = [1001, 1002, 1003];
  context.emit(1001, {
    type: 'quorum-high-watermark-advanced',
    role: 'leader',
    epoch: 1,
    from: 0,
    to: 1,
    epochStartOffset: 0,
    voters,
  });
  const elected = (epoch: number, epochStartOffset: number): void =>
    context.emit(1002, { type: 'quorum-leader-elected', epoch, epochStartOffset, voters });
  // Without any lost bytes it is the quorum's fault.
  elected(2, 0);
  t.is(guarantees.permits('R16', {}), null);
  context.world(1002, { type: 'disk-corrupted', path: METADATA_SEGMENT });
  elected(3, 1);
  t.is(guarantees.permits('R16', {}), null);
  elected(4, 0);
  const reason =
    'the metadata log of voter c2 has rotten bytes, and c2 came to lead it with 0 of the 1 entries that were committed';
  for (const property of ['R16', 'I4', 'C8', 'L11']) t.is(guarantees.permits(property, {}), reason);
  for (const property of ['X1', 'S1', 'J5', 'N9']) t.is(guarantees.permits(property, {}), null);
});

const log = (nodeId: number, partition: string, topicId = partition) => ({ nodeId, partition, topicId });

/** The node's log of a partition is this topic's. */
function loaded(context: FakeContext, node: number, topicId: string, partition = 'orders-0'): void {
  const of = { partition, logStartOffset: 0, logEndOffset: 0, recoveryPoint: 0, clean: false } as const;
  context.emit(node, { ...of, type: 'log-loaded', topicId, batches: [], epochs: [] });
}

test('rot in a data log excuses no property as a whole, but nobody need be able to read that partition', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.durability.onPartition(led('orders', 0, 1, 1, [1, 2]));
  for (const node of [1, 2, 3]) loaded(context, node, 'orders-0');
  t.is(guarantees.unavailablePartitions().size, 0);
  context.world(2, { type: 'disk-corrupted', path: '/kafka-0/orders-0/00000000000000000000.log' });
  context.world(1, { type: 'disk-corrupted', path: '/kafka-0/orders-0/00000000000000000000.log' });
  t.deepEqual([...guarantees.unavailablePartitions()], [['orders-0', "bytes of b2's log of orders-0 rotted on its disk"]]);
  // Leader epochs are outside the CRC.
  t.is(guarantees.permits('R18', log(2, 'orders-0')), "bytes of b2's log of orders-0 rotted on its disk");
  for (const property of ['R1', 'R3', 'R9']) t.is(guarantees.permits(property, log(2, 'orders-0')), null);
  // Only the node that was hit, and only that partition.
  t.is(guarantees.permits('R18', log(3, 'orders-0')), null);
  t.is(guarantees.permits('R18', log(2, 'orders-01')), null);
  t.is(guarantees.permits('R11', log(3, 'orders-0')), "bytes of b2's log of orders-0 rotted on its disk");
  t.is(guarantees.permits('R11', log(3, 'orders-1')), null);
  for (const property of ['L1', 'R11', 'K4', 'C9']) t.is(guarantees.permits(property, {}), null);
});

test('a coordinator that finds rotten records coordinates nothing until another one has loaded; one that fails for another reason is no excuse', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  const partition = '__consumer_offsets-0';
  context.durability.onPartition(led('__consumer_offsets', 0, 1, 1, [1, 2]));
  for (const node of [1, 2]) loaded(context, node, partition, partition);
  const excused = () => guarantees.coordinationExcused('L11', 'readers');
  const failed = { type: 'coordinator-load-failed', offsetsPartition: 0, leaderEpoch: 1 } as const;
  context.emit(1, failed);
  t.false(excused());
  context.world(1, { type: 'disk-corrupted', path: `/kafka-0/${partition}/00000000000000000000.log` });
  t.false(excused());
  context.emit(2, failed);
  t.false(excused());
  context.emit(1, failed);
  t.true(excused());
  const of = { offsetsPartition: 0, leaderEpoch: 2, groups: 0, offsets: [], transactionalOffsets: [], deletedGroups: [] };
  context.emit(2, { type: 'coordinator-loaded', ...of });
  t.false(excused());
});

test('rot in the log of a topic that was deleted excuses nothing of the topic that was made after it', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  const made = (topicId: string) => context.durability.onPartition({ ...led('orders', 0, 1, 1, [2]), topicId });
  made('A');
  for (const node of [1, 2]) loaded(context, node, 'A');
  context.world(2, { type: 'disk-corrupted', path: '/kafka-0/orders-0/00000000000000000000.log' });
  const rot = "bytes of b2's log of orders-0 rotted on its disk";
  const permitted = (nodeId: number, topicId: string) =>
    ['R2', 'R4', 'R11', 'R18'].map((id) => guarantees.permits(id, log(nodeId, 'orders-0', topicId)));
  t.deepEqual(permitted(2, 'A'), [rot, rot, rot, rot]);
  t.deepEqual(permitted(1, 'A'), [null, null, rot, null]);
  t.is(guarantees.unavailablePartitions().get('orders-0'), rot);
  context.durability.onPartitionRemoved('A', 'orders-0');
  made('B');
  t.is(guarantees.unavailablePartitions().size, 0);
  // Who has not heard of it yet goes on with the old log.
  loaded(context, 1, 'B');
  t.deepEqual(permitted(2, 'A'), [rot, rot, rot, rot]);
  t.deepEqual(permitted(1, 'B'), [null, null, null, null]);
  loaded(context, 2, 'B');
  t.deepEqual(permitted(2, 'B'), [null, null, null, null]);
  t.is(guarantees.lossPermitted('orders-0'), null);
  context.world(2, { type: 'disk-corrupted', path: '/kafka-0/orders-0/00000000000000000000.log' });
  t.deepEqual(permitted(2, 'B'), [rot, rot, rot, rot]);
  t.not(guarantees.lossPermitted('orders-0'), null);
});

test('a partition is unavailable while nobody leads it whose in-sync set lost its records', (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  context.durability.onPartition(led('orders', 0, 1, 1, [1]));
  context.durability.onPartition(led('orders', 1, 1, -1, [1, 2]));
  context.world(1, { type: 'power-lost' });
  t.is(guarantees.unavailablePartitions().size, 0);
  context.durability.onPartition(led('orders', 0, 2, -1, [1]));
  t.deepEqual([...guarantees.unavailablePartitions().keys()], ['orders-0']);
  t.regex(guarantees.unavailablePartitions().get('orders-0') ?? '', /^broker 1 lost power/);
});

test("a group's offsets are excused for the partition that Kafka gives the group, also if its hash is negative", (t) => {
  const context = new FakeContext();
  const guarantees = new Guarantees(context);
  // The hash of "others" is -1006804125: partition 1 of 4 by its size, 3 by its low 31 bits.
  for (let i = 0; i < 4; i++)
    context.durability.onPartition(led('__consumer_offsets', i, 1, i === 1 ? 1 : 2, i === 1 ? [1] : [2, 3]));
  t.false(guarantees.offsetsExcused('GR5', 'others'));
  context.world(1, { type: 'power-lost' });
  t.true(guarantees.offsetsExcused('GR5', 'others'));
  t.regex(context.excuses['GR5'] ?? '', /^__consumer_offsets-1 is left out/);
});
