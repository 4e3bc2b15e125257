import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { formatEpochs, formatOffsets, parseEpochs, parseOffsets, parsePartitionMetadata } from './checkpoints.ts';
import { formatMetaProperties, parseMetaProperties, unusableMetaProperties } from './meta-properties.ts';

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
  const meta = { clusterId: 'abc', nodeId: 7, directoryId: 'AAAAAAAAAAAAAAAAAAAABQ' };
  const text = formatMetaProperties(meta, Date.UTC(2026, 10, 29, 9, 21, 23));
  t.deepEqual(parseMetaProperties(text), meta);
  // As StorageTool of Kafka 4.4.0 wrote it.
  t.is(text, '#\n#Sun Nov 29 09:21:23 UTC 2026\nnode.id=7\ndirectory.id=AAAAAAAAAAAAAAAAAAAABQ\nversion=1\ncluster.id=abc\n');
});

test('the date of meta.properties is the date', (t) => {
  const second = (text: string): string | undefined => text.split('\n')[1];
  for (let day = 0; day < 40_000; day += 13) {
    const at = new Date(day * 86_400_000 + (day % 86_400) * 1_000);
    // `Sun, 29 Nov 2026 09:21:23 GMT`.
    const [name, date, month, year, time] = at.toUTCString().replace(',', '').split(' ');
    const text = formatMetaProperties({ clusterId: 'c', nodeId: 1, directoryId: 'd' }, at.getTime());
    t.is(second(text), `#${name} ${month} ${date} ${time} UTC ${year}`);
  }
});

test('a meta.properties that cannot be used is told from one that is torn', (t) => {
  const unusable = [
    ['version=0\nbroker.id=1\ncluster.id=abc\n', /of version 0, of a broker with ZooKeeper/],
    ['version=2\n', /of version 2; only version 1 is read/],
    ['version=1\ncluster.id=abc\nnode.id=1\n', /names no directory.id, as before Kafka 3.7/],
  ] as const;
  for (const [text, problem] of unusable) {
    t.is(parseMetaProperties(text), null);
    t.regex(unusableMetaProperties(text) ?? '', problem);
  }
  for (const torn of ['', 'vers', 'version=1\n', 'version=1\ncluster.id=abc\n']) {
    t.is(parseMetaProperties(torn), null);
    t.is(unusableMetaProperties(torn), null);
  }
});
