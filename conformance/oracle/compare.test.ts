import test from 'ava';
import { compare } from './compare.ts';
import { judge, listedDifferences } from './listed.ts';
import { Normaliser } from './normalise.ts';

test('ids are named by their first appearance, times and ports by what they are', (t) => {
  const first = new Normaliser([1234]).plain({ topicId: 'B356DvYNQQKjuxpFHyhfnw', port: 1234, at: Date.now(), offset: 7 }, 'Any');
  const second = new Normaliser([99]).plain(
    { topicId: 'MkU3OEVBNTcwNTJENDM2Qg', port: 99, at: Date.now() - 5, offset: 7 },
    'Any',
  );
  t.deepEqual(first, second);
  t.deepEqual(first, { topicId: '<uuid 1>', port: '<port>', at: '<time>', offset: 7 });
});

test('what Kafka keeps in a set has no order, what it keeps in a list has', (t) => {
  const plain = new Normaliser([1]).plain({ isrNodes: [3, 1, 2], replicaNodes: [3, 1, 2] }, 'Any');
  t.deepEqual(plain, { isrNodes: [1, 2, 3], replicaNodes: [3, 1, 2] });
});

test('a difference is told by the names of what it is in, whatever the order', (t) => {
  const step = (...topics: object[]) => [{ name: 'ask', answer: new Normaliser([1]).plain({ topics }, 'Any') }];
  const kafka = step({ name: 'a', errorCode: 3 }, { name: 'b', errorCode: 0 });
  t.deepEqual(compare('s', kafka, step({ name: 'b', errorCode: 0 }, { name: 'a', errorCode: 3 })), []);
  t.deepEqual(compare('s', kafka, step({ name: 'b', errorCode: 0 }, { name: 'a', errorCode: 5 })), [
    { where: 's: ask: topics[a].errorCode', kafka: '3', trial: '5' },
  ]);
});

test('a difference that is not listed stands out, and so does a row that is gone', (t) => {
  const listed = listedDifferences(
    '| where | Kafka | Trial | why |\n|---|---|---|---|\n| `s: * v*: x` | `1` | `*` | so |\n| `s: gone` | `1` | `2` | no |\n',
  );
  t.is(listed.length, 2);
  const found = [
    { where: 's: ask v3: x', kafka: '1', trial: '2' },
    { where: 's: ask v3: y', kafka: '1', trial: '2' },
  ];
  const { unlisted, occurred, gone } = judge(found, listed);
  t.deepEqual(unlisted, [found[1]]);
  t.is(occurred, 1);
  t.deepEqual(gone, [listed[1]]);
});

test('the page lists every difference with a reason', (t) => {
  const rows = listedDifferences();
  t.true(rows.length > 50);
  t.deepEqual(
    rows.filter(({ where, why }) => where === '' || why === ''),
    [],
  );
});
