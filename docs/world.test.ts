/** The programs of the guide print what it says they print. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const guide = readFileSync(new URL('./world.md', import.meta.url), 'utf8');
/** Indented by four spaces, with the empty lines inside. */
const blocks = [...guide.matchAll(/(?:^ {4}.*\n(?:\n(?= {4}))?)+/gm)].map(([block]) => block.replaceAll(/^ {4}/gm, ''));
const programs = blocks.flatMap((block, index) => (block.startsWith('import') && block.includes('\n\n') ? [index] : []));

test('the guide has programs', (t) => {
  t.is(programs.length, 4);
});

for (const index of programs) {
  test(`program ${programs.indexOf(index) + 1} of the guide`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'trial-guide-'));
    try {
      const program = join(folder, 'program.mjs');
      const text = (blocks[index] as string)
        .replaceAll("'kafka-trial/world'", JSON.stringify(new URL('../world.ts', import.meta.url)))
        .replaceAll(/'(\.\/examples\/[^']*)'/g, (_, path: string) => JSON.stringify(new URL(path, import.meta.url)));
      writeFileSync(program, text);
      t.is(execFileSync(process.execPath, [program], { encoding: 'utf8' }), blocks[index + 1] as string);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
