import test from 'ava';
import { NONE, Offset } from '../protocol/numbers.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts';

const ENTRY = {
  producerId: 5_000_000_000,
  producerEpoch: 3,
  coordinatorEpoch: -1,
  lastTimestamp: 1_700_000_000_000,
  currentTxnFirstOffset: NONE,
  batches: [{ lastSequence: 9, lastOffset: Offset(40), offsetDelta: 4, timestamp: 1_700_000_000_000 }],
};

test('round trip; damage of any byte is noticed', (t) => {
  const bytes = encodeProducerSnapshot([ENTRY, { ...ENTRY, producerId: 2, batches: [] }]);
  t.is(bytes.length, 10 + 2 * 46);
  t.deepEqual(decodeProducerSnapshot(bytes)?.[0], ENTRY);
  t.deepEqual(decodeProducerSnapshot(bytes)?.[1]?.batches, []);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ 0x10;
    t.is(decodeProducerSnapshot(damaged), null);
    t.is(decodeProducerSnapshot(bytes.subarray(0, at)), null);
  }
});
