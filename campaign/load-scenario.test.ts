import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadScenario } from './load-scenario.ts';
import { UsageError } from './usage.ts';

const folder = mkdtempSync(join(tmpdir(), 'trial-load-'));
test.after.always(() => {
  rmSync(folder, { recursive: true });
});

for (const [name, text, place] of [
  ['javascript.mjs', 'const a = 1;\nconst b = = 2;\nexport default a;\n', /javascript\.mjs:2:11\)$/],
  ['typescript.ts', 'const a: number = 1;\nconst b: = 2;\nexport default a;\n', /typescript\.ts:2:10\)$/],
  ['unsupported.ts', 'enum A { x }\nexport default A;\n', /unsupported\.ts:1:1\)$/],
  ['missing-export.mjs', "import { nothing } from 'node:fs';\nexport default nothing;\n", /missing-export\.mjs:1:10\)$/],
  ['throws.mts', 'const a: { b?: { c(): void } } = {};\na.b!.c();\nexport default a;\n', /throws\.mts:2:6\)$/],
  [
    'refused.mjs',
    `import { scenario } from '${new URL('../scenarios/scenario.ts', import.meta.url).href}';\nexport default scenario({ name: 'x' });\n`,
    /about is missing: it must be a text \(.*refused\.mjs:2:16\)$/,
  ],
  ['imports.mjs', "import a from './javascript.mjs';\nexport default a;\n", /javascript\.mjs:2:11\)$/],
] as const) {
  test(`what is wrong in ${name} is told with file, line and column`, async (t) => {
    const path = join(folder, name);
    writeFileSync(join(folder, 'javascript.mjs'), 'const a = 1;\nconst b = = 2;\nexport default a;\n');
    writeFileSync(path, text);
    const error = await t.throwsAsync(loadScenario(path), { instanceOf: UsageError });
    t.regex(error.message, place);
    t.notRegex(error.message, /\n/);
  });
}
