/** What is read off a program's frames. */
import test from 'ava';
import { encodeMessage, encodeRequest, encodeResponse } from '../../core/protocol/codec.ts';
import { pureCompression } from '../../core/protocol/compression.ts';
import { encodeBatch } from '../../core/protocol/records.ts';
import { stringToUtf8 } from '../../core/protocol/strings.ts';
import type { ConnectionHandlers, Network } from '../../ports/network.ts';
import type { HistoryEvent } from '../history.ts';
import { Recorder } from '../workload/recorder.ts';
import { ProgramHistory } from './program-history.ts';

/** A program with one connection, what its history says, and the other end. */
function program() {
  const told: string[] = [];
  const recorder = new Recorder({ step: () => 1, timeUs: () => 1 });
  recorder.listen((event) => void told.push(inShort(event)));
  let other: ConnectionHandlers | null = null;
  const network: Network = {
    listen: () => ({ close() {} }),
    connect: (remoteHost, remotePort, handlers) => {
      other = handlers;
      return { remoteHost, remotePort, bufferedBytes: 0, send: () => true, close() {} };
    },
  };
  const connection = new ProgramHistory(recorder, 'app-1', 1, pureCompression)
    .around(network)
    .connect('b1', 9092, { onData() {}, onClose() {} });
  return { told, connection, answer: (bytes: Uint8Array) => other?.onData(bytes), lose: () => other?.onClose('reset') };
}

function inShort(event: HistoryEvent): string {
  const who = event.session.kind;
  if (event.type === 'offsets-committed') {
    return `${who} committed ${event.group} ${event.offsets.map((o) => `${o.topic}-${o.partition}@${o.offset}`).join(' ')}`;
  }
  if (event.type === 'assigned' || event.type === 'revoked') {
    return `${who} ${event.type} ${event.partitions.map((p) => `${p.topic}-${p.partition}`).join(' ')} ${event.generation}`;
  }
  if (event.type === 'ok') return `${who} ok ${event.result.f} ${JSON.stringify(event.result)}`;
  if ('call' in event) return `${who} ${event.type} ${event.call.f}${event.call.f === 'send' ? ` ${event.call.value}` : ''}`;
  return `${who} ${event.type}`;
}

function produce(
  correlationId: number,
  values: readonly string[],
  version = 9,
  transactionalId: string | null = null,
): Uint8Array {
  const records = encodeBatch(
    values.map((value) => ({ key: null, value: stringToUtf8(value), timestamp: 1, headers: [] })),
    { isTransactional: transactionalId !== null },
  );
  return encodeRequest('Produce', version, correlationId, 'c', {
    transactionalId,
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: 'orders', partitionData: [{ index: 2, records }] }],
  });
}

function produced(correlationId: number, errorCode: number, baseOffset: number, version = 9): Uint8Array {
  const partitionResponses = [{ index: 2, errorCode, baseOffset, logAppendTimeMs: -1, logStartOffset: 0 }];
  return encodeResponse('Produce', version, correlationId, { responses: [{ name: 'orders', partitionResponses }] });
}

for (const version of [3, 9, 12]) {
  test(`sends and their offsets, of Produce ${version}`, (t) => {
    const { told, connection, answer } = program();
    const frame = produce(7, ['a', 'b'], version);
    connection.send(frame.subarray(0, 10));
    connection.send(frame.subarray(10));
    answer(produced(7, 0, 40, version));
    t.deepEqual(told, [
      'program opened',
      'producer opened',
      'producer invoke send a',
      'producer invoke send b',
      'producer ok send {"f":"send","partition":2,"offset":40}',
      'producer ok send {"f":"send","partition":2,"offset":41}',
    ]);
  });
}

test('an error, and a connection that ends, leave open what became of a send', (t) => {
  const { told, connection, answer, lose } = program();
  connection.send(produce(1, ['a']));
  answer(produced(1, 6, -1));
  connection.send(produce(2, ['b']));
  lose();
  t.deepEqual(told.slice(3), ['producer info send a', 'producer invoke send b', 'producer info send b']);
});

test('a transaction, with the offsets that it commits', (t) => {
  const { told, connection, answer } = program();
  connection.send(produce(1, ['a'], 9, 'tx'));
  const offsets = [{ name: 'inputs', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }];
  connection.send(
    encodeRequest('TxnOffsetCommit', 2, 2, 'c', {
      transactionalId: 'tx',
      groupId: 'g',
      producerId: 1,
      producerEpoch: 0,
      topics: offsets,
    }),
  );
  connection.send(
    encodeRequest('EndTxn', 1, 3, 'c', { transactionalId: 'tx', producerId: 1, producerEpoch: 0, committed: true }),
  );
  answer(produced(1, 0, 3));
  t.false(told.some((line) => line.includes('committed g')));
  answer(encodeResponse('EndTxn', 1, 3, { throttleTimeMs: 0, errorCode: 0 }));
  t.deepEqual(told.slice(-3), [
    'producer ok end-transaction {"f":"end-transaction"}',
    'producer ok transaction {"f":"transaction","outcome":"committed"}',
    'program committed g inputs-0@5',
  ]);
});

test('offsets that a broker refuses are not committed', (t) => {
  const { told, connection, answer, lose } = program();
  const topics = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 9, committedMetadata: null }));
  const commit = (correlationId: number): Uint8Array =>
    encodeRequest('OffsetCommit', 5, correlationId, 'c', {
      groupId: 'g',
      generationIdOrMemberEpoch: 1,
      memberId: 'm',
      topics: [{ name: 'orders', partitions: topics }],
    });
  connection.send(commit(1));
  const partitions = [
    { partitionIndex: 0, errorCode: 22 },
    { partitionIndex: 1, errorCode: 0 },
  ];
  answer(encodeResponse('OffsetCommit', 5, 1, { topics: [{ name: 'orders', partitions }] }));
  t.deepEqual(told.splice(0), [
    'program opened',
    'consumer opened',
    'consumer invoke commit',
    'consumer invoke commit',
    'consumer info commit',
    'consumer ok commit {"f":"commit","offsets":[{"topic":"orders","partition":1,"offset":9}]}',
    'program committed g orders-1@9',
  ]);
  connection.send(commit(2));
  lose();
  t.deepEqual(told.slice(2), ['consumer info commit', 'consumer info commit']);
});

test('what is read: from the asked offset on, without what was aborted, and where the next fetch goes on', (t) => {
  const { told, connection, answer } = program();
  const fetch = (correlationId: number, fetchOffset: number, isolationLevel: number): Uint8Array =>
    encodeRequest('Fetch', 11, correlationId, 'c', {
      isolationLevel,
      topics: [{ topic: 'orders', partitions: [{ partition: 2, fetchOffset }] }],
    });
  const batch = (values: readonly string[], baseOffset: number, producerId: number): Uint8Array => {
    const bytes = encodeBatch(
      values.map((value) => ({ key: null, value: stringToUtf8(value), timestamp: 1, headers: [] })),
      { isTransactional: producerId >= 0, producerId, producerEpoch: 0, baseSequence: 0 },
    );
    new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(0, BigInt(baseOffset));
    return bytes;
  };
  const batches = [batch(['a', 'b', 'c'], 5, -1), batch(['x'], 8, 7), batch(['d'], 9, 8)];
  const records = Uint8Array.from(batches.flatMap((bytes) => [...bytes]));
  const fetched = (correlationId: number): Uint8Array =>
    encodeResponse('Fetch', 11, correlationId, {
      responses: [
        {
          topic: 'orders',
          partitions: [{ partitionIndex: 2, records, abortedTransactions: [{ producerId: 7, firstOffset: 8 }] }],
        },
      ],
    });
  const polls = (): string[] =>
    told.splice(0).flatMap((line) => {
      const { records: read = [], positions = [] } = line.includes(' ok poll ')
        ? (JSON.parse(line.split(' ok poll ')[1] ?? '') as {
            records: { offset: number; value: string }[];
            positions: { offset: number }[];
          })
        : {};
      if (line.includes(' ok seek ')) return ['seek'];
      return line.includes(' ok poll ')
        ? [`${read.map((one) => `${one.offset}${one.value}`).join(' ')} -> ${positions[0]?.offset}`]
        : [];
    });
  connection.send(fetch(1, 6, 1));
  answer(fetched(1));
  t.deepEqual(polls(), ['seek', '6b 7c 9d -> 10']);
  connection.send(fetch(2, 10, 1));
  answer(
    encodeResponse('Fetch', 11, 2, { responses: [{ topic: 'orders', partitions: [{ partitionIndex: 2, records: null }] }] }),
  );
  t.deepEqual(polls(), []);
  connection.send(fetch(3, 7, 0));
  answer(fetched(3));
  t.deepEqual(polls(), ['seek', '7c 8x 9d -> 10']);
});

test('what a member is given, and gives up when it joins again or leaves', (t) => {
  const { told, connection, answer } = program();
  const sync = (correlationId: number, generationId: number): Uint8Array =>
    encodeRequest('SyncGroup', 3, correlationId, 'c', { groupId: 'g', generationId, memberId: 'm', assignments: [] });
  const assignment = (partitions: readonly number[]): Uint8Array => {
    const body = encodeMessage('ConsumerProtocolAssignment', 0, {
      assignedPartitions: [{ topic: 'a-b', partitions: [...partitions] }],
    });
    return Uint8Array.from([0, 0, ...body]);
  };
  connection.send(sync(1, 4));
  answer(encodeResponse('SyncGroup', 3, 1, { assignment: assignment([0, 1]) }));
  connection.send(
    encodeRequest('JoinGroup', 5, 2, 'c', { groupId: 'g', memberId: 'm', protocolType: 'consumer', protocols: [] }),
  );
  connection.send(sync(3, 5));
  answer(encodeResponse('SyncGroup', 3, 3, { assignment: assignment([1]) }));
  connection.send(encodeRequest('LeaveGroup', 3, 4, 'c', { groupId: 'g', members: [{ memberId: 'm' }] }));
  t.deepEqual(told.slice(1), [
    'consumer opened',
    'consumer assigned a-b-0 a-b-1 4',
    'consumer revoked a-b-0 a-b-1 4',
    'consumer assigned a-b-1 5',
    'consumer revoked a-b-1 5',
    'consumer closed',
  ]);
});

test('what a group is told to have committed', (t) => {
  const { told, connection, answer } = program();
  const topics = [{ name: 'orders', partitionIndexes: [0, 1] }];
  connection.send(encodeRequest('OffsetFetch', 4, 1, 'c', { groupId: 'g', topics }));
  const told0 = { committedOffset: 7, metadata: null, errorCode: 0 };
  const partitions = [
    { partitionIndex: 0, ...told0 },
    { partitionIndex: 1, ...told0, committedOffset: -1 },
  ];
  answer(encodeResponse('OffsetFetch', 4, 1, { topics: [{ name: 'orders', partitions }], errorCode: 0 }));
  connection.send(encodeRequest('OffsetFetch', 4, 2, 'c', { groupId: 'g', topics }));
  answer(encodeResponse('OffsetFetch', 4, 2, { topics: [], errorCode: 16 }));
  t.deepEqual(told.slice(2), [
    'consumer invoke committed',
    'consumer ok committed {"f":"committed","offsets":[{"topic":"orders","partition":0,"offset":7}]}',
    'consumer invoke committed',
    'consumer fail committed',
  ]);
});

test('a connection that speaks something else is left alone', (t) => {
  const { told, connection, answer } = program();
  connection.send(stringToUtf8('GET / HTTP/1.1\r\n\r\n'));
  answer(stringToUtf8('HTTP/1.1 200 OK\r\n\r\n'));
  t.deepEqual(told, ['program opened']);
});
