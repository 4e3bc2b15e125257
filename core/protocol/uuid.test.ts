import test from 'ava';
import { uuidFromBytes, uuidToBytes, ZERO_UUID } from './uuid.ts';

test('uuids', (t) => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
  t.is(uuidFromBytes(bytes), Buffer.from(bytes).toString('base64url'));
  t.deepEqual(uuidToBytes(uuidFromBytes(bytes)), bytes);
  t.is(uuidFromBytes(new Uint8Array(16)), ZERO_UUID);
  t.throws(() => uuidToBytes('nonsense'));
});
