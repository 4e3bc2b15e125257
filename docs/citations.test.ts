/** Pages and code name each other: what is named must be there, or nobody finds it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const HOUSE = fileURLToPath(new URL('..', import.meta.url));

const read = (path: string): string => readFileSync(join(HOUSE, path), 'utf8');
const found = (...patterns: readonly string[]): readonly string[] =>
  globSync(patterns, { cwd: HOUSE, exclude: (path) => /(^|[\\/])(node_modules|dist|coverage)$/.test(path) }).map((path) =>
    path.replaceAll('\\', '/'),
  );

const headingsOf = (page: string): readonly string[] => [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);

/** As GitHub makes them of headings; and those that a page sets itself. */
function anchorsOf(page: string): readonly string[] {
  const ofHeadings = headingsOf(page).map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...ofHeadings, ...[...read(page).matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

const pages = ['README.md', 'CHANGELOG.md', ...found('docs/*.md', 'findings/*.md')];

test('a comment that cites a page cites one that exists, and a section that it has', (t) => {
  const sources = found(
    '*.{ts,mjs}',
    '.*.mjs',
    '{ports,world,core,sim,properties,scenarios,campaign,reports,cli}/**/*.ts',
  ).concat(found('{server,console,conformance,bench,tools,docs}/**/*.{ts,mjs}'));
  let cited = 0;
  for (const source of sources) {
    // A citation may go on in the next line of its comment.
    const text = read(source).replaceAll(/\n\s*(\*|\/\/) ?/g, ' ');
    for (const [, page = '', title] of text.matchAll(/\b(docs\/[\w-]+\.md)(?:, \\?"([^"\\]+)\\?")?/g)) {
      cited++;
      t.true(existsSync(join(HOUSE, page)), `${source} cites ${page}`);
      if (title !== undefined) t.true(headingsOf(page).includes(title), `${source} cites "${title}" of ${page}`);
    }
  }
  t.true(cited > 10, 'the search itself is broken');
});

test('a test that a page links has the title that the page gives it', (t) => {
  let linked = 0;
  for (const page of pages) {
    for (const [, title = '', path = ''] of read(page).matchAll(/\[([^\]]+)\]\(([^)\s]+\.test\.ts)\)/g)) {
      linked++;
      const file = join(dirname(page), path);
      const has = existsSync(join(HOUSE, file)) && read(file).includes(title);
      t.true(has, `${page} links the test "${title}" in ${file}`);
    }
  }
  t.true(linked > 10, 'the search itself is broken');
});

test('a page that links another one, or a section of it, links what exists', (t) => {
  for (const page of pages) {
    for (const [, path = '', anchor] of read(page).matchAll(/\]\(((?!https?:)[^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      const target = path === '' ? page : join(dirname(page), path);
      t.true(existsSync(join(HOUSE, target)), `${page} links ${target}`);
      if (anchor !== undefined) t.true(anchorsOf(target).includes(anchor), `${page} links #${anchor} of ${target}`);
    }
  }
});

test('the transcript that the guide to contributing shows is the one that is performed', (t) => {
  const page = read('docs/contributing.md');
  const [, path = ''] = /\]\(\.\.\/(core\/raft\/transcripts\/[\w.-]+)\)/.exec(page) ?? [];
  const indented = read(path).replaceAll(/^(?=.)/gm, '    ');
  t.true(page.includes(indented), path);
});
