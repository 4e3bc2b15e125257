import test from 'ava';
import { ErrorCode, errorName, isRetriable } from './errors.ts';

test('error codes', (t) => {
  t.is(errorName(74), 'FENCED_LEADER_EPOCH');
  t.is(errorName(136), 'CONTROLLER_ID_NOT_REGISTERED');
  t.is(errorName(31000), 'UNKNOWN_SERVER_ERROR');
  t.true(isRetriable(ErrorCode.NOT_LEADER_OR_FOLLOWER));
  t.false(isRetriable(ErrorCode.MESSAGE_TOO_LARGE));
});
