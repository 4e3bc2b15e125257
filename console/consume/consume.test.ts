import test from 'ava';
import { UsageError } from '../errors.ts';
import { formatter } from './formatter.ts';
import { type ConsumeOptions, consumerProperties, sourceOf } from './options.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const RECORD = {
  topic: 'orders',
  partition: 2,
  offset: 17,
  topicId: null,
  leaderEpoch: 4,
  timestamp: 1000,
  timestampType: 'create' as const,
  key: bytes('k'),
  value: bytes('v'),
  headers: [
    { key: 'a', value: bytes('1') },
    { key: 'b', value: null },
  ],
};
const print = (properties: Record<string, string>, record: typeof RECORD | object = RECORD) =>
  Buffer.concat(formatter(properties)({ ...RECORD, ...record })).toString();

test('records are printed as the default formatter of kafka-console-consumer.sh does', (t) => {
  t.is(print({}), 'v\n');
  t.is(print({ 'print.key': 'true' }), 'k\tv\n');
  t.is(
    print({
      'print.timestamp': 'true',
      'print.partition': 'true',
      'print.offset': 'true',
      'print.epoch': 'true',
      'print.headers': 'true',
      'print.key': 'true',
    }),
    'CreateTime:1000\tPartition:2\tOffset:17\tEpoch:4\ta:1,b:null\tk\tv\n',
  );
  t.is(print({ 'print.timestamp': 'true' }, { timestampType: 'append' }), 'LogAppendTime:1000\tv\n');
  t.is(print({ 'print.headers': 'true', 'print.value': 'false' }, { headers: [] }), 'NO_HEADERS\n');
  t.is(
    print({ 'print.key': 'true', 'null.literal': '-', 'key.separator': '|', 'line.separator': ';' }, { key: null, value: null }),
    '-|-;',
  );
  t.is(print({ 'print.headers': 'true', 'headers.separator': '&' }), 'a:1&b:null\tv\n');
  t.deepEqual(formatter({})({ ...RECORD, value: Uint8Array.of(0xff) })[0], Uint8Array.of(0xff));
  t.throws(() => formatter({ 'print.keys': 'true' }), { instanceOf: UsageError, message: /print.keys must be one of/ });
});

test('what is read: a topic, a pattern of topics, or a partition from somewhere', (t) => {
  t.deepEqual(sourceOf({ topic: 't' }), { kind: 'topic', topic: 't' });
  t.deepEqual(sourceOf({ include: 'a|b' }), { kind: 'pattern', pattern: /^(?:a|b)$/u });
  t.like(sourceOf({ topic: 't', partition: 1 }), { partition: 1, from: 'latest' });
  t.like(sourceOf({ topic: 't', partition: 1, offset: 'Earliest' }), { from: 'earliest' });
  t.like(sourceOf({ topic: 't', partition: 1, fromBeginning: true }), { from: 'earliest' });
  t.like(sourceOf({ topic: 't', partition: 1, offset: '42' }), { from: 42 });
  const refused: ConsumeOptions[] = [
    {},
    { topic: 't', include: 't' },
    { include: 't', partition: 1 },
    { topic: 't', offset: '1' },
    { topic: 't', partition: 1, offset: '-1' },
    { topic: 't', partition: 1, offset: 'first' },
    { topic: 't', partition: 1, offset: '1', fromBeginning: true },
    { topic: 't', partition: 1, group: 'g' },
    { include: '(' },
  ];
  for (const options of refused) t.throws(() => sourceOf(options), { instanceOf: UsageError }, JSON.stringify(options));
});

test('without a group nothing is committed; with one the properties must agree', (t) => {
  t.like(consumerProperties({}, {}, 'unnamed'), {
    'group.id': 'unnamed',
    'enable.auto.commit': 'false',
    'auto.offset.reset': 'latest',
    'client.id': 'console-consumer',
  });
  const named = consumerProperties({ group: 'g', fromBeginning: true, isolationLevel: 'read_committed' }, {}, 'unnamed');
  t.like(named, { 'group.id': 'g', 'auto.offset.reset': 'earliest', 'isolation.level': 'read_committed' });
  t.false('enable.auto.commit' in named);
  t.is(consumerProperties({}, { 'group.id': 'p' }, 'unnamed')['group.id'], 'p');
  t.throws(() => consumerProperties({ group: 'g' }, { 'group.id': 'h' }, ''), { message: /--group is g/ });
  t.throws(() => consumerProperties({ fromBeginning: true }, { 'auto.offset.reset': 'latest' }, ''), { message: /contradicts/ });
  t.like(consumerProperties({}, { 'auto.offset.reset': 'by_duration:PT1H' }, ''), { 'auto.offset.reset': 'by_duration:PT1H' });
  t.throws(() => consumerProperties({ fromBeginning: true }, { 'auto.offset.reset': 'by_duration:PT1H' }, ''), {
    message: /contradicts/,
  });
  t.throws(() => consumerProperties({ partition: 1 }, { 'group.id': 'p' }, ''), { instanceOf: UsageError });
});
