import test from 'ava';
import { ErrorCode, isRetriable } from '../protocol/errors.ts';
import { errorClass } from './error-class.ts';
import { illegalState, KafkaError } from './errors.ts';

test('each error has the class of its exception in the Java client', (t) => {
  const named = [
    'CONCURRENT_TRANSACTIONS',
    'NOT_COORDINATOR',
    'TRANSACTION_ABORTABLE',
    'PRODUCER_FENCED',
    'INVALID_TXN_STATE',
  ] as const;
  t.deepEqual(
    named.map((name) => errorClass(ErrorCode[name])),
    ['retriable', 'refresh-retriable', 'abortable', 'application-recoverable', 'other'],
  );
  t.is(errorClass(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED), 'invalid-configuration');
});

test('an error is retriable exactly when its class says so', (t) => {
  for (const code of Object.values(ErrorCode)) t.is(errorClass(code).endsWith('retriable'), isRetriable(code), String(code));
});

test('what only a client can know has no class of a code', (t) => {
  t.is(illegalState('no').errorClass, 'other');
  t.is(new KafkaError(-1, 'again', { errorName: 'COMMIT_FAILED', retriable: true }).errorClass, 'retriable');
});
