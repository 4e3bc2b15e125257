import test from 'ava';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { idempotence } from './idempotence.ts';

const IN_TIME = { ageMs: 5, deliveryTimeoutMs: 120_000 } as const;

function committed(...batches: readonly { epoch?: number; sequence: number; count?: number }[]): ScriptedCluster {
  const c = new ScriptedCluster([idempotence]);
  c.boot();
  let base = 0;
  for (const { epoch = 0, sequence, count = 1 } of batches) {
    c.replicate({ base, epoch: 0, crc: base + 1, count, producerId: 7, producerEpoch: epoch, sequence }, 1, 2, 3);
    c.highWatermark(1, base, base + count);
    base += count;
  }
  return c;
}

test('consecutive sequences, also over an epoch bump and the wrap, violate nothing', (t) => {
  const c = committed({ sequence: 0, count: 2 }, { sequence: 2 }, { epoch: 1, sequence: 0 });
  t.deepEqual(c.violated, []);
  t.is(c.context.evaluations['I1'], undefined, 'nothing came twice');
});

test('I1, I2, I6: a repeat, a gap, an old epoch, an epoch that begins late, a producer that begins late', (t) => {
  t.deepEqual(committed({ sequence: 0 }, { sequence: 1 }, { sequence: 1 }).violated, ['I1']);
  t.deepEqual(committed({ sequence: 0 }, { sequence: 2 }).violated, ['I2']);
  t.deepEqual(committed({ epoch: 1, sequence: 0 }, { epoch: 0, sequence: 0 }).violated, ['I6']);
  t.deepEqual(committed({ sequence: 0 }, { epoch: 1, sequence: 1 }).violated, ['I6']);
  t.deepEqual(committed({ sequence: 3 }).violated, ['I2']);
});

test('I6: a marker has the epoch of its transaction or a later one, which begins with it; what comes of an earlier one is reported', (t) => {
  const run = (markerEpoch: number, epoch: number, sequence: number): string[] => {
    const c = new ScriptedCluster([idempotence]);
    c.boot();
    const of = { epoch: 0, producerId: 7 };
    c.replicate({ ...of, base: 0, crc: 1, producerEpoch: 1, sequence: 0, transactional: true }, 1, 2, 3);
    c.replicate({ ...of, base: 1, crc: 2, producerEpoch: markerEpoch, marker: { commit: true, coordinatorEpoch: 0 } }, 1, 2, 3);
    c.replicate({ ...of, base: 2, crc: 3, producerEpoch: epoch, sequence, transactional: true }, 1, 2, 3);
    c.highWatermark(1, 0, 3);
    return c.violated;
  };
  t.deepEqual(run(1, 1, 1), []);
  t.deepEqual(run(2, 2, 0), []);
  t.deepEqual(run(2, 2, 1), ['I2']);
  t.deepEqual(run(2, 1, 1), ['I6']);
  t.deepEqual(run(0, 1, 1), ['I6']);
});

test('I2: a producer may begin late if its first batches were sent to a leader that is no more, but not with what it never sent', (t) => {
  const run = (sentFirst: number, epoch: number, ...sequences: readonly number[]) => {
    const c = new ScriptedCluster([idempotence]);
    const sent = {
      type: 'producer-batch-sent',
      besides: 0,
      maxInFlight: 5,
      partition: PARTITION,
      attempt: 1,
      producerId: 7,
      records: 1,
    } as const;
    for (const baseSequence of [sentFirst, 1, 2]) c.context.emit('writer-1', { ...sent, producerEpoch: 1, baseSequence });
    // What the client sends in its next epoch changes nothing for batches of this one that are still under way.
    c.context.emit('writer-1', { ...sent, producerEpoch: 2, baseSequence: 0 });
    c.boot();
    sequences.forEach((sequence, base) => {
      c.replicate({ base, epoch: 0, crc: base + 1, producerId: 7, producerEpoch: epoch, sequence }, 1, 2, 3);
      c.highWatermark(1, base, base + 1);
    });
    return c.violated;
  };
  t.deepEqual(run(0, 1, 2), []);
  t.deepEqual(run(1, 1, 2), ['I2']);
  t.deepEqual(run(0, 0, 2), ['I2']);
  t.deepEqual(run(0, 1, 3), ['I2']);
  t.deepEqual(run(0, 1, 2, 0), ['I1']);
});

test('I2: what a producer gave up unsent may be missing before the first batch that a new log gets', (t) => {
  const run = (gaveUp: boolean) => {
    const c = new ScriptedCluster([idempotence]);
    const of = { partition: PARTITION, producerId: 7, producerEpoch: 1, records: 1 } as const;
    const failed = {
      ...of,
      type: 'producer-batch-completed',
      ...IN_TIME,
      attempts: 1,
      baseSequence: 0,
      offset: -1,
      error: 7,
    } as const;
    if (gaveUp) c.context.emit('writer-1', failed);
    c.context.emit('writer-1', { ...of, type: 'producer-batch-sent', besides: 0, maxInFlight: 5, attempt: 2, baseSequence: 1 });
    c.boot();
    c.replicate({ base: 0, epoch: 0, crc: 1, producerId: 7, producerEpoch: 1, sequence: 1 }, 1, 2, 3);
    c.highWatermark(1, 0, 1);
    return c.violated;
  };
  t.deepEqual(run(true), []);
  t.deepEqual(run(false), ['I2']);
});

test('I1: a producer that was forgotten may be written twice; it alone', (t) => {
  const run = (forgotten: number) => {
    const c = committed({ sequence: 0 });
    c.context.emit(1, { type: 'producers-expired', partition: PARTITION, producerIds: [forgotten] });
    c.replicate({ base: 1, epoch: 0, crc: 1, producerId: 7, producerEpoch: 0, sequence: 0 }, 1, 2, 3);
    c.highWatermark(1, 1, 2);
    return c.violated;
  };
  t.deepEqual(run(7), []);
  t.deepEqual(run(8), ['I1']);
});

test('I1: a producer that was forgotten in a topic is not forgotten in the one that was made again', (t) => {
  const run = (expiresIn: 'A' | 'B') => {
    const c = committed({ sequence: 0 });
    const expire = () => c.context.emit(1, { type: 'producers-expired', partition: PARTITION, producerIds: [8] });
    if (expiresIn === 'A') expire();
    madeAgain(c);
    if (expiresIn === 'B') expire();
    for (const base of [1, 2]) {
      c.replicate({ base, epoch: 0, crc: 9 + base, producerId: 8, producerEpoch: 0, sequence: 6 }, 1, 2, 3);
      c.highWatermark(1, base, base + 1);
    }
    return c.violated;
  };
  t.deepEqual(run('A'), ['I1']);
  t.deepEqual(run('B'), []);
});

test('I1: a batch that was truncated before it was committed may be written again', (t) => {
  const c = committed({ sequence: 0 });
  c.append(1, 'leader', { base: 1, epoch: 0, crc: 9, producerId: 7, producerEpoch: 0, sequence: 1 });
  c.commit({ leader: 2, leaderEpoch: 1 });
  c.lead(2, 1, 1);
  c.append(2, 'leader', { base: 1, epoch: 1, crc: 9, producerId: 7, producerEpoch: 0, sequence: 1 });
  c.highWatermark(2, 1, 2);
  t.deepEqual(c.violated, []);
});

test('I3: a retry answered with an offset where its batch is not', (t) => {
  const duplicate = {
    type: 'duplicate-batch',
    partition: PARTITION,
    producerId: 7,
    producerEpoch: 0,
    baseSequence: 1,
    lastSequence: 1,
  } as const;
  const c = committed({ sequence: 0 }, { sequence: 1 });
  c.context.emit(1, { ...duplicate, offset: 1 });
  t.deepEqual(c.violated, []);
  c.context.emit(1, { ...duplicate, offset: 0 });
  t.deepEqual(c.violated, ['I3']);
  t.like(c.context.factsOf('I3'), { nodeId: 1, partition: PARTITION, offset: 0, producerId: 7 });
});

test('I4: a producer that was told a wrong offset', (t) => {
  const completed = {
    type: 'producer-batch-completed',
    ...IN_TIME,
    partition: PARTITION,
    attempts: 2,
    producerId: 7,
    records: 1,
    producerEpoch: 0,
    error: 0,
  } as const;
  const c = committed({ sequence: 0 }, { sequence: 1 });
  c.context.emit('writer-1', { ...completed, baseSequence: 1, offset: 1 });
  c.context.emit('writer-1', { ...completed, baseSequence: 1, offset: -1 });
  t.deepEqual(c.violated, []);
  c.context.emit('writer-1', { ...completed, baseSequence: 1, offset: 0 });
  t.deepEqual(c.violated, ['I4']);
  t.deepEqual(c.context.factsOf('I4'), { client: 'writer-1', partition: PARTITION, offset: 0, producerId: 7 });
  for (const other of [{ producerId: 8 }, { records: 2 }]) {
    const collided = committed({ sequence: 0 }, { sequence: 1 });
    collided.context.emit('writer-1', { ...completed, ...other, baseSequence: 1, offset: 1 });
    t.deepEqual(collided.violated, ['I4']);
  }
});

/** `orders-0` is made again, with topic id B, and has sequence 5 of producer 8 at offset 0. */
function madeAgain(c: ScriptedCluster): ScriptedCluster {
  c.applied(1001, { removedPartitions: [{ partition: PARTITION, topic: 'orders', topicId: TOPIC_ID }] });
  for (const node of [1, 2, 3]) c.load(node, [], { topicId: 'B' });
  c.context.emit('writer-2', {
    type: 'producer-batch-sent',
    besides: 0,
    maxInFlight: 5,
    partition: PARTITION,
    attempt: 1,
    producerId: 8,
    producerEpoch: 0,
    baseSequence: 0,
    records: 6,
  });
  c.replicate({ base: 0, epoch: 0, crc: 9, producerId: 8, producerEpoch: 0, sequence: 5 }, 1, 2, 3);
  c.highWatermark(1, 0, 1);
  return c;
}

test('I4: any topic of the name may have answered, deleted or not, but one of them must hold the batch', (t) => {
  const told = (producerId: number, baseSequence: number, offset: number) => {
    const c = madeAgain(committed({ sequence: 0 }, { sequence: 1 }));
    const of = { producerId, records: 1, partition: PARTITION, attempts: 2, producerEpoch: 0, error: 0 } as const;
    c.context.emit('writer', { ...of, type: 'producer-batch-completed', ...IN_TIME, baseSequence, offset });
    return c.violated;
  };
  t.deepEqual(told(8, 5, 0), []);
  t.deepEqual(told(7, 0, 0), [], 'a late answer of the deleted topic');
  t.deepEqual(told(7, 1, 1), [], 'beyond the end of the new one');
  t.deepEqual(told(7, 1, 0), ['I4']);
  t.deepEqual(told(8, 5, 1), ['I4']);
});

test('I4: of a topic that lost what it had committed it is enough that a leader had written it, be it deleted or not', (t) => {
  const told = (baseSequence: number) => {
    const c = madeAgain(committed({ sequence: 0 }, { sequence: 1 }));
    for (const node of [1, 2, 3]) c.context.world(node, { type: 'power-lost' });
    const of = { producerId: 7, records: 1, partition: PARTITION, attempts: 2, producerEpoch: 0, error: 0 } as const;
    c.context.emit('writer', { ...of, type: 'producer-batch-completed', ...IN_TIME, baseSequence, offset: 0 });
    return c.violated;
  };
  t.deepEqual(told(0), []);
  t.deepEqual(told(1), ['I4']);
});

test('I7: one producer id and epoch for two sessions', (t) => {
  const c = committed();
  c.context.emit('writer-1', { type: 'producer-id-acquired', producerId: 7, producerEpoch: 0 });
  c.context.emit('writer-2', { type: 'producer-id-acquired', producerId: 7, producerEpoch: 1 });
  t.deepEqual(c.violated, []);
  c.context.emit('writer-2', { type: 'producer-id-acquired', producerId: 7, producerEpoch: 0 });
  t.deepEqual(c.violated, ['I7']);
});
