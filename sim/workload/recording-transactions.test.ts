import test from 'ava';
import { ErrorCode } from '../../core/protocol/errors.ts';
import { KafkaError } from '../../core/client/errors.ts';
import type { TransactionalCalls } from '../../core/client/producer/transactional-calls.ts';
import { Recorder } from './recorder.ts';
import { RecordingTransactions } from './recording-transactions.ts';

const GROUP = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };

/** Calls that end well, but for those whose turn is in `failures`. */
function transactions(failures: readonly (KafkaError | null)[] = []) {
  let step = 0;
  const recorder = new Recorder({ step: () => ++step, timeUs: () => step });
  const told: string[] = [];
  recorder.listen((event) => {
    if (event.type === 'opened' || !('op' in event)) return;
    const end = event.type === 'ok' && event.result.f === 'transaction' ? ` ${event.result.outcome}` : '';
    told.push(`${event.type} ${event.op} ${event.call.f}${end}${'error' in event ? ` ${event.error}` : ''}`);
  });
  const session = recorder.open('writer-1', 1, 'producer', { 'transactional.id': 't' });
  let calls = 0;
  const call = async (): Promise<void> => {
    const failure = failures[calls++] ?? null;
    if (failure !== null) throw failure;
  };
  const producer: TransactionalCalls = {
    initTransactions: call,
    beginTransaction: () => undefined,
    sendOffsetsToTransaction: call,
    commitTransaction: call,
    abortTransaction: call,
  };
  return { recording: new RecordingTransactions(recorder, session, 't', producer), told };
}

test('a transaction is an operation from its beginning to the answer that tells what became of it', async (t) => {
  const { recording, told } = transactions();
  await recording.init();
  recording.begin();
  t.is(recording.current, 2);
  await recording.sendOffsets([{ topic: 'in', partition: 0, offset: 3 }], GROUP);
  await recording.commit();
  t.is(recording.current, null);
  recording.begin();
  await recording.abort();
  t.deepEqual(told, [
    'invoke 1 init-transactions',
    'ok 1 init-transactions',
    'invoke 2 transaction',
    'invoke 3 send-offsets',
    'ok 3 send-offsets',
    'invoke 4 end-transaction',
    'ok 4 end-transaction',
    'ok 2 transaction committed',
    'invoke 5 transaction',
    'invoke 6 end-transaction',
    'ok 6 end-transaction',
    'ok 5 transaction aborted',
  ]);
});

test('a transaction that could not be ended goes on until it is, or nobody asks for it any more', async (t) => {
  const timedOut = new KafkaError(ErrorCode.REQUEST_TIMED_OUT, 'late');
  const { recording, told } = transactions([timedOut, null, timedOut]);
  recording.begin();
  t.false((await recording.commit()).ok);
  t.is(recording.current, 1);
  t.true((await recording.commit()).ok);
  recording.begin();
  await recording.commit();
  recording.abandon();
  t.is(told.filter((line) => line.endsWith('transaction committed')).length, 1);
  t.is(told.at(-1), 'info 4 transaction REQUEST_TIMED_OUT');
});

test('what is no error of Kafka is not swallowed', async (t) => {
  const { recording } = transactions([new TypeError('a bug') as never]);
  recording.begin();
  await t.throwsAsync(recording.commit(), { instanceOf: TypeError });
});
