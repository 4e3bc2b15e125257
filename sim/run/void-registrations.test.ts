import test from 'ava';
import { VoidRegistrations } from './void-registrations.ts';

test('a broker has lost its registration when that of an earlier life of its own is committed after it was taken', (t) => {
  const registrations = new VoidRegistrations();
  registrations.onStarted('b1', 'first');
  registrations.onStarted('b2', 'other');
  registrations.onAccepted('first');
  t.is(registrations.onCommitted('first'), null, 'its own');
  registrations.onStarted('b1', 'second');
  registrations.onAccepted('first');
  t.is(registrations.onCommitted('first'), null, 'it has not been registered yet, and tries again');
  registrations.onAccepted('second');
  t.is(registrations.onCommitted('second'), null);
  registrations.onAccepted('first');
  t.is(registrations.onCommitted('first'), 'b1');
  t.is(registrations.onCommitted('of nobody'), null);
});
