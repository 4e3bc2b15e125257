/**
 * The key of a partition (core/protocol/partition.ts) is made of its topic and index and never taken apart again: whoever needs one of
 * them has it beside the key. Found in the text: a search for the dash, a prefix or an ending with one, and a pattern that
 * has digits behind it.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

/** What looks like it and is not. */
const OTHERS: Readonly<Record<string, string>> = {
  'campaign/concerns.ts': 'the type of an event',
  'campaign/excuse-bounds.ts': 'leaves the names of partitions out of a sentence',
  'core/log/file-names.ts': 'the name of its directory is all that a start of the broker finds of a log',
  'core/protocol/layout.ts': 'a range of versions',
  'sim/run/roles.ts': 'the number of a client, not of a partition',
  'reports/replay-run.ts': 'whether an option of the command line names a partition at all',
};

const TAKES_APART: readonly RegExp[] = [
  /\.(?:lastIndexOf|indexOf|split)\(\s*(['"`])-\1/,
  /\.(?:startsWith|endsWith)\(\s*(?:'[^']*\w-'|"[^"]*\w-"|`[^`]*[\w}]-`)/,
  /\.(?:startsWith|endsWith)\(\s*`-\$/,
  /-\(?(?:\?:)?(?:\\d|\[0-9\])[+*]/,
];

function takesApart(source: string): boolean {
  return source.split('\n').some((line) => TAKES_APART.some((form) => form.test(line)));
}

test('no source takes the key of a partition apart', (t) => {
  const home = fileURLToPath(new URL('..', import.meta.url));
  const files = globSync('{core,sim,properties,scenarios,campaign,reports,console,server,conformance}/**/*.ts', {
    cwd: home,
  }).filter((file) => !/\.test\.ts$|^core\/protocol\/messages\//.test(file));
  t.true(files.length > 500);
  const found = files.filter((file) => takesApart(readFileSync(`${home}/${file}`, 'utf8')));
  t.deepEqual(found.toSorted(), Object.keys(OTHERS).toSorted());
});

test('every form of it is found', (t) => {
  for (const source of [
    "const topic = key.slice(0, key.lastIndexOf('-'));",
    'const [topic, index] = key.split("-");',
    "if (partition.startsWith('__consumer_offsets-')) count++;",
    'if (partition.startsWith(`${topic}-`)) count++;',
    'if (partition.endsWith(`-${index}`)) count++;',
    String.raw`const match = /^(.+)-(\d+)$/.exec(partition);`,
    String.raw`const index = /-\d+$/.exec(partition);`,
  ]) {
    t.true(takesApart(source), source);
  }
  t.false(takesApart('const key = topicPartitionKey(topic, partition);'));
});
