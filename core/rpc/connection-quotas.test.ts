import test from 'ava';
import { ConnectionQuotas } from './connection-quotas.ts';

test('connections are counted by host and in all; limits may change', (t) => {
  const limits = { 'max.connections': 3, 'max.connections.per.ip': 1, 'max.connections.per.ip.overrides': '::1:2,b:0' };
  const quotas = new ConnectionQuotas(limits);
  t.deepEqual(
    ['a', 'a', 'b', '::1', '::1', '::1'].map((host) => quotas.admit(host)),
    [true, false, false, true, true, false],
  );
  t.false(quotas.hasSlot);
  quotas.release('a');
  t.true(quotas.hasSlot);
  t.true(quotas.admit('a'));
  limits['max.connections'] = 4;
  t.true(quotas.hasSlot);
});
