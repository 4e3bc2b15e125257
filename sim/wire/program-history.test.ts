/** What is read off a program's frames. */
import test from 'ava';
import { encodeRequest, encodeResponse } from '../../core/protocol/codec.ts';
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
  const connection = new ProgramHistory(recorder, 'app-1', 1).around(network).connect('b1', 9092, { onData() {}, onClose() {} });
  return { told, connection, answer: (bytes: Uint8Array) => other?.onData(bytes), lose: () => other?.onClose('reset') };
}

function inShort(event: HistoryEvent): string {
  const who = event.session.kind;
  if (event.type === 'offsets-committed') {
    return `${who} committed ${event.group} ${event.offsets.map((o) => `${o.topic}-${o.partition}@${o.offset}`).join(' ')}`;
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
  const { told, connection, answer } = program();
  const topics = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 9, committedMetadata: null }));
  connection.send(
    encodeRequest('OffsetCommit', 5, 1, 'c', {
      groupId: 'g',
      generationIdOrMemberEpoch: 1,
      memberId: 'm',
      topics: [{ name: 'orders', partitions: topics }],
    }),
  );
  const partitions = [
    { partitionIndex: 0, errorCode: 22 },
    { partitionIndex: 1, errorCode: 0 },
  ];
  answer(encodeResponse('OffsetCommit', 5, 1, { topics: [{ name: 'orders', partitions }] }));
  t.deepEqual(told, ['program opened', 'program committed g orders-1@9']);
});

test('a connection that speaks something else is left alone', (t) => {
  const { told, connection, answer } = program();
  connection.send(stringToUtf8('GET / HTTP/1.1\r\n\r\n'));
  answer(stringToUtf8('HTTP/1.1 200 OK\r\n\r\n'));
  t.deepEqual(told, ['program opened']);
});
