import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { formatEpochs, formatOffsets, parseEpochs, parseOffsets, parsePartitionMetadata } from './checkpoints.ts';
import { formatMetaProperties, parseMetaProperties } from './meta-properties.ts';

test('offset checkpoints in Kafka’s text, topics with dashes included', (t) => {
  const text = formatOffsets([
    { topic: 'a-b', partition: 10, offset: Offset(3) },
    { topic: 'orders', partition: 0, offset: Offset(12) },
  ]);
  t.is(text, '0\n2\na-b 10 3\norders 0 12\n');
  t.deepEqual(
    parseOffsets(text),
    new Map([
      [topicPartitionKey('a-b', 10), 3],
      [topicPartitionKey('orders', 0), 12],
    ]),
  );
});

test('whatever is torn or foreign is null', (t) => {
  const text = formatOffsets([{ topic: 'orders', partition: 0, offset: Offset(12) }]);
  for (let length = 0; length < text.length; length++) t.is(parseOffsets(text.slice(0, length)), null);
  for (const bad of [null, '', '1\n0\n', '0\nx\n', '0\n1\norders 0 -3\n', '0\n2\norders 0 3\n']) t.is(parseOffsets(bad), null);
  t.is(parseEpochs('0\n2\n3 5\n2 9\n'), null);
  t.deepEqual(parseEpochs(formatEpochs([{ epoch: LeaderEpoch(3), startOffset: Offset(5) }])), [{ epoch: 3, startOffset: 5 }]);
  t.is(parsePartitionMetadata('version: 0\ntopic_id: short'), null);
});

test('meta.properties', (t) => {
  const meta = { version: 1, clusterId: 'abc', nodeId: 7, directoryId: 'AAAAAAAAAAAAAAAAAAAABQ' };
  t.deepEqual(parseMetaProperties(`#comment\n${formatMetaProperties(meta)}`), meta);
  t.is(parseMetaProperties('version=0\ncluster.id=abc\n'), null);
});
