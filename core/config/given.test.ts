import test from 'ava';
import { BROKER_CONFIG, givenOrDefault, numberGiven, PRODUCER_CONFIG } from './index.ts';

test('a single setting: as given, or by default', (t) => {
  t.is(numberGiven(BROKER_CONFIG, {}, 'broker.session.timeout.ms'), 9_000);
  t.is(numberGiven(BROKER_CONFIG, { 'broker.session.timeout.ms': '3000' }, 'broker.session.timeout.ms'), 3_000);
  t.is(givenOrDefault(PRODUCER_CONFIG, {}, 'acks'), 'all');
  t.is(givenOrDefault(PRODUCER_CONFIG, { acks: 0 }, 'acks'), 0);
  t.throws(() => numberGiven(BROKER_CONFIG, {}, 'node.id'), { message: /^node\.id has no default/ });
});
