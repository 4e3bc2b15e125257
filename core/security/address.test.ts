import test from 'ava';
import { encodeAddress, formatAddress, hostAddress } from './address.ts';

test('addresses have the form that Java gives them', (t) => {
  t.is(hostAddress('127.0.0.1'), '127.0.0.1');
  t.is(hostAddress('::1'), '0:0:0:0:0:0:0:1');
  t.is(hostAddress('::ffff:192.168.1.2'), '192.168.1.2');
  t.is(hostAddress('fe80::1:2%eth0'), 'fe80:0:0:0:0:0:1:2');
  t.is(hostAddress('2001:DB8:0:0:1::'), '2001:db8:0:0:1:0:0:0');
});

test('an address has 4 or 16 bytes, and the name of a simulated host never', (t) => {
  t.deepEqual(encodeAddress('10.0.0.255'), Uint8Array.of(10, 0, 0, 255));
  t.is(encodeAddress('::1').length, 16);
  for (const name of ['b1', 'abc', 'controller-1001', 'fifteen-letters', '1.2.3', 'x:y']) {
    const bytes = encodeAddress(name);
    t.false([4, 16].includes(bytes.length), name);
    t.is(formatAddress(bytes), name);
  }
  t.throws(() => formatAddress(Uint8Array.of(1, 2, 3)), { message: /an address of 3 bytes/ });
});
