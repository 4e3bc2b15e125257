import test from 'ava';
import { murmur2, topicPartitionKey, type TopicPartitionKey, toPositive } from './partition.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test('murmur2 is the Java client’s', (t) => {
  const known: readonly (readonly [string, number])[] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of known) t.is(murmur2(utf8(text)), hash);
  t.is(toPositive(-1), 0x7fffffff);
  const key: TopicPartitionKey = topicPartitionKey('orders', 3);
  t.is(String(key), 'orders-3');
  // @ts-expect-error a text is no key, whatever it looks like
  const text: TopicPartitionKey = 'orders-3';
  t.is(text, key);
});
