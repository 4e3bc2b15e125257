import test from 'ava';
import { UsageError } from '../errors.ts';
import { LineReader } from './line-reader.ts';
import { linesOf } from './lines.ts';
import { producerProperties } from './options.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = (bytes: Uint8Array | null) => (bytes === null ? null : decoder.decode(bytes));

async function* chunks(...parts: (string | number[])[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? encoder.encode(part) : Uint8Array.from(part);
}

test('lines end with any of the three ends, wherever the chunks are cut', async (t) => {
  const lines = async (...parts: (string | number[])[]) => {
    const read: string[] = [];
    for await (const line of linesOf(chunks(...parts))) read.push(line);
    return read;
  };
  t.deepEqual(await lines('a\nb\r\nc\rd'), ['a', 'b', 'c', 'd']);
  t.deepEqual(await lines('a\r', '\nb\n', '\n', 'c'), ['a', 'b', '', 'c']);
  t.deepEqual(await lines('a\r'), ['a']);
  t.deepEqual(await lines('a\n'), ['a']);
  t.deepEqual(await lines(''), []);
  t.deepEqual(await lines([0xc3], [0xa9, 0x0a]), ['é']);
  t.deepEqual(await lines('one\u2028line'), ['one\u2028line']);
});

function read(properties: Record<string, string>, line: string) {
  const { key, value, headers } = new LineReader(properties).record(line);
  return [text(key), text(value), headers.map((header) => [header.key, text(header.value)])];
}

test('a line is a value, or a key and a value, or headers before them', (t) => {
  t.deepEqual(read({}, 'a\tb'), [null, 'a\tb', []]);
  t.deepEqual(read({ 'parse.key': 'true' }, 'a\tb\tc'), ['a', 'b\tc', []]);
  t.deepEqual(read({ 'parse.key': 'true', 'key.separator': '::' }, 'a::b'), ['a', 'b', []]);
  t.deepEqual(read({ 'parse.headers': 'true' }, 'h:1,i:2:3\tv'), [
    null,
    'v',
    [
      ['h', '1'],
      ['i', '2:3'],
    ],
  ]);
  t.deepEqual(read({ 'parse.headers': 'TRUE', 'parse.key': 'true', 'null.marker': 'NULL' }, 'h:NULL\tNULL\tNULL'), [
    null,
    null,
    [['h', null]],
  ]);
  t.deepEqual(read({ 'parse.headers': 'true', 'null.marker': 'NULL' }, 'NULL\tv'), [null, 'v', []]);
});

test('a line that lacks what was promised is refused with its number, or taken as it is', (t) => {
  const reader = new LineReader({ 'parse.key': 'true' });
  reader.record('a\tb');
  t.throws(() => reader.record('ab'), { instanceOf: UsageError, message: 'line 2 has no key.separator "\\t": "ab"' });
  t.throws(() => read({ 'parse.headers': 'true' }, 'h\tv'), { message: /the header "h" without ":"/ });
  t.deepEqual(read({ 'parse.key': 'true', 'ignore.error': 'true' }, 'ab'), [null, 'ab', []]);
  t.deepEqual(read({ 'parse.headers': 'true', 'ignore.error': 'true' }, 'h\tv'), [null, 'v', [['h', null]]]);
});

test('separators must differ, and properties exist', (t) => {
  t.throws(() => new LineReader({ 'headers.separator': ':' }), {
    message: /headers.separator and headers.key.separator must differ/,
  });
  t.throws(() => new LineReader({ 'null.marker': '\t' }), { message: /null.marker and key.separator must differ/ });
  t.throws(() => new LineReader({ 'parse.kee': 'true' }), { message: /--reader-property parse.kee must be one of parse.key/ });
});

test('an option wins over a property, and a property over the default of the tool', (t) => {
  t.like(producerProperties({}, {}), { acks: '-1', 'linger.ms': '1000', retries: '3', 'client.id': 'console-producer' });
  t.like(producerProperties({ timeout: 7, requestRequiredAcks: '1' }, { 'linger.ms': '9', acks: 'all', retries: '8' }), {
    'linger.ms': '7',
    acks: '1',
    retries: '8',
  });
  t.is(producerProperties({ compressionCodec: true }, {})['compression.type'], 'gzip');
  t.is(producerProperties({}, {})['compression.type'], undefined);
  t.like(producerProperties({ batchSize: 5 }, {}), { 'batch.size': '5' });
  t.like(producerProperties({ batchSize: 5, maxPartitionMemoryBytes: 6 }, {}), { 'batch.size': '6' });
});
