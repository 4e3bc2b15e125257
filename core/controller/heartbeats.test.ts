import test from 'ava';
import { Offset } from '../protocol/numbers.ts';
import { BrokerHeartbeats } from './heartbeats.ts';

const wish = (currentMetadataOffset: number, more: { wantFence?: boolean; wantShutDown?: boolean } = {}) => ({
  wantFence: false,
  wantShutDown: false,
  currentMetadataOffset: Offset(currentMetadataOffset),
  ...more,
});
const never = (): boolean => false;
const always = (): boolean => true;

test('a session ends after the time-out, counted from the last contact', (t) => {
  const heartbeats = new BrokerHeartbeats(100);
  heartbeats.register(1, false, 0);
  heartbeats.register(2, false, 50);
  t.is(heartbeats.nextExpiryMs(), 101);
  t.is(heartbeats.findStaleBroker(100), null);
  t.true(heartbeats.hasValidSession(1, 100));
  t.is(heartbeats.findStaleBroker(101), 1);
  t.false(heartbeats.hasValidSession(1, 101));
  heartbeats.fence(1);
  t.is(heartbeats.findStaleBroker(101), null);
  t.is(heartbeats.nextExpiryMs(), 151);
  heartbeats.touch(2, false, Offset(7), 120);
  t.is(heartbeats.nextExpiryMs(), 221);
});

test('a fenced broker has no session, and none that expires', (t) => {
  const heartbeats = new BrokerHeartbeats(100);
  heartbeats.register(1, true, 0);
  t.false(heartbeats.hasValidSession(1, 0));
  t.is(heartbeats.nextExpiryMs(), null);
});

test('unfenced when caught up, not before', (t) => {
  const heartbeats = new BrokerHeartbeats(100);
  heartbeats.register(1, true, 0);
  t.is(heartbeats.nextState(1, wish(9), Offset(10), never), 'fenced');
  t.is(heartbeats.nextState(1, wish(10), Offset(10), never), 'unfenced');
  t.is(heartbeats.nextState(1, wish(10, { wantFence: true }), Offset(10), never), 'fenced');
  t.is(heartbeats.nextState(1, wish(10, { wantShutDown: true }), Offset(10), never), 'shutdown-now');
});

test('a controlled shutdown waits for leaderships and for the brokers that stay', (t) => {
  const heartbeats = new BrokerHeartbeats(100);
  heartbeats.register(1, false, 0);
  heartbeats.register(2, false, 0);
  heartbeats.touch(2, false, Offset(19), 0);
  t.is(heartbeats.nextState(1, wish(10, { wantShutDown: true }), Offset(5), never), 'shutdown-now');
  t.is(heartbeats.nextState(1, wish(10, { wantShutDown: true }), Offset(5), always), 'controlled-shutdown');
  heartbeats.setShutdownOffset(1, Offset(20));
  heartbeats.setShutdownOffset(1, Offset(30));
  t.is(heartbeats.nextState(1, wish(10), Offset(5), always), 'controlled-shutdown');
  t.is(heartbeats.nextState(1, wish(10), Offset(5), never), 'controlled-shutdown');
  heartbeats.touch(2, false, Offset(20), 0);
  t.is(heartbeats.nextState(1, wish(10), Offset(5), never), 'shutdown-now');
});
