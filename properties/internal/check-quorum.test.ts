import test from 'ava';
import { FakeContext } from '../testing/fake-context.ts';
import { checkQuorum } from './check-quorum.ts';

/** By default a voter is missed after 2 s, and a majority after 3 s. */
const LIMIT_MS = 3_000;

function leader(voters = [1001, 1002, 1003]): FakeContext {
  const context = new FakeContext();
  context.check(checkQuorum);
  context.emit(1001, { type: 'quorum-leader-elected', epoch: 1, epochStartOffset: 0, voters });
  return context;
}

function ends(context: FakeContext): string[] {
  context.emit(1001, { type: 'quorum-transition', from: 'leader', to: 'follower', epoch: 2, leaderId: 1002, isVoter: true });
  return context.violatedProperties;
}

test('K17: a leader without a majority has left in time (KAFKA-15489)', (t) => {
  const fine = leader();
  fine.pass(LIMIT_MS);
  t.deepEqual(ends(fine), []);
  t.is(fine.evaluations['K17'], 1);
  const late = leader();
  late.pass(2 * LIMIT_MS);
  t.deepEqual(ends(late), ['K17']);
});

test('K17: or a majority came back in time', (t) => {
  const context = leader();
  for (const pauseMs of [LIMIT_MS, LIMIT_MS, 2 * LIMIT_MS]) {
    context.pass(pauseMs);
    context.emit(1001, { type: 'quorum-majority-heard', epoch: 1 });
  }
  t.deepEqual(context.violatedProperties, ['K17']);
  t.is(context.violations.length, 1);
});

test('K17: a step that a late disk holds back is told too late, and was taken in time', (t) => {
  const context = new FakeContext();
  context.check(checkQuorum);
  context.emit(1, { type: 'quorum-leader-elected', epoch: 1, epochStartOffset: 0, voters: [1, 2, 3] });
  context.fault('disk-stall', 'begins', 8_000);
  context.pass(2 * LIMIT_MS);
  context.emit(1, { type: 'quorum-transition', from: 'leader', to: 'follower', epoch: 2, leaderId: 2, isVoter: true });
  t.deepEqual(context.violatedProperties, []);
});

test('K17: who was paused, or is slow, could not look, and who is alone is a majority', (t) => {
  const paused = leader();
  paused.world(1001, { type: 'paused' });
  paused.pass(2 * LIMIT_MS);
  paused.world(1001, { type: 'resumed' });
  t.deepEqual(ends(paused), []);
  const slow = leader();
  slow.world(1001, { type: 'slowed', factor: 100, busyUntilUs: 0 });
  slow.emit(1001, { type: 'quorum-majority-heard', epoch: 1 });
  slow.pass(2 * LIMIT_MS);
  t.deepEqual(ends(slow), []);
  const alone = leader([1001]);
  alone.pass(2 * LIMIT_MS);
  t.deepEqual(ends(alone), []);
});
