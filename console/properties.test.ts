import test from 'ava';
import { bootstrapServers, propertiesFor } from './client-properties.ts';
import { UsageError } from './errors.ts';
import { parseKeyValues, parseProperties } from './properties.ts';

test('properties files are read as Java reads them', (t) => {
  const text = `# comment
! comment
  acks = all
client.id: me
linger.ms 5
sasl.jaas.config=a.Module required \\
    user="x=y";
path=C\\:\\\\data\\tend\\u00e9
empty=
\\ spaced\\ key = v
`;
  t.deepEqual(parseProperties(text), {
    acks: 'all',
    'client.id': 'me',
    'linger.ms': '5',
    'sasl.jaas.config': 'a.Module required user="x=y";',
    path: 'C:\\data\tendé',
    empty: '',
    ' spaced key': 'v',
  });
});

test('a value on the command line may hold equals signs, or nothing', (t) => {
  t.deepEqual(parseKeyValues('--formatter-property', ['a=b=c', 'd=', 'e', 'key.separator= ']), {
    a: 'b=c',
    d: '',
    e: '',
    'key.separator': ' ',
  });
  t.throws(() => parseKeyValues('--formatter-property', ['=x']), { instanceOf: UsageError });
});

test('bootstrap servers are host:port each, and none of them empty', (t) => {
  t.deepEqual(bootstrapServers('b1:9092, b2.example:1,PLAINTEXT://[::1]:9093'), ['b1:9092', 'b2.example:1', '[::1]:9093']);
  for (const bad of ['b1', 'b1:', 'b1:x', 'b1:0', 'b1:70000', '', ',', 'b1:9092,', 'b1:1,,b2:2', 'a:b:1', '::1:9092'])
    t.throws(() => bootstrapServers(bad), { instanceOf: UsageError }, bad);
  t.throws(() => bootstrapServers(undefined), { message: /--bootstrap-server .* is missing/ });
});

test("a client gets its own properties; others' are left out, with a word on those that nobody has", (t) => {
  const notes: string[] = [];
  const terminal = {
    out: () => {},
    note: (line: string) => notes.push(line),
    drained: () => Promise.resolve(),
    onClosed: () => ({ stop: () => {} }),
  };
  const given = { 'bootstrap.servers': 'b:1', 'group.id': 'g', acks: '1', 'metric.reporters': 'x' };
  t.deepEqual(propertiesFor('consumer', given, terminal), { 'bootstrap.servers': 'b:1', 'group.id': 'g' });
  t.deepEqual(notes, ['trial: warning: metric.reporters is not a property that this client has; it is left out.']);
});

test('a setting for safety that is not there is refused: nobody wants to talk in the clear unknowingly', (t) => {
  const terminal = { out: () => {}, note: () => {}, drained: () => Promise.resolve(), onClosed: () => ({ stop: () => {} }) };
  t.throws(() => propertiesFor('admin', { 'ssl.no.such.setting': 'x' }, terminal), { message: /ssl\.no\.such\.setting/ });
});
