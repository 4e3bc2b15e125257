import test from 'ava';
import { momentOfHash } from './address.ts';

test('a moment is read from the address of a page; anything else is none', (t) => {
  t.is(momentOfHash('#32.005522'), 32_005_522);
  t.is(momentOfHash('#7'), 7_000_000);
  for (const hash of ['', '#', '#top', '#-1', '#1e9', '#1.2.3']) t.is(momentOfHash(hash), null, hash);
});
