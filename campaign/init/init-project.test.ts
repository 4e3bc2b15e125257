import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UsageError } from '../usage.ts';
import { initProject } from './init-project.ts';

const root = mkdtempSync(join(tmpdir(), 'trial-init-'));
test.after.always(() => {
  rmSync(root, { recursive: true });
});

function project(name: string, devDependencies: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ devDependencies }));
  return folder;
}

for (const [dependencies, runner, scenario, runs] of [
  [{ vitest: '5', typescript: '7' }, 'vitest', 'orders.mts', /npx vitest run/],
  [{ jest: '30', typescript: '7' }, 'jest', 'orders.mjs', /--experimental-vm-modules npx jest/],
  [{ ava: '8' }, 'ava', 'orders.mjs', /npx ava/],
  [{}, 'node', 'orders.mjs', /node --test/],
] as const) {
  test(`a project with ${Object.keys(dependencies).join(' and ') || 'no runner'} gets a test for ${runner}`, (t) => {
    const folder = project(runner, dependencies);
    const made = initProject({ folder });
    t.is(made.runner, runner);
    t.deepEqual(made.files, [`trial/${scenario}`, 'trial/orders.test.mjs', '.github/workflows/trial.yml']);
    t.true(readFileSync(join(folder, 'trial/orders.test.mjs'), 'utf8').includes(`from './${scenario}'`));
    t.regex(made.next.map(([command]) => command).join('\n'), runs);
  });
}

test('nothing is written over, and nothing at all if one file is there', (t) => {
  const folder = project('twice', {});
  mkdirSync(join(folder, 'trial'));
  writeFileSync(join(folder, 'trial/orders.test.mjs'), 'mine');
  const error = t.throws(() => initProject({ folder }), { instanceOf: UsageError });
  t.regex(error.message, /"trial\/orders\.test\.mjs" is there already/);
  t.false(existsSync(join(folder, 'trial/orders.mjs')));
  t.is(readFileSync(join(folder, 'trial/orders.test.mjs'), 'utf8'), 'mine');
});

test('a folder that is no project is refused', (t) => {
  const error = t.throws(() => initProject({ folder: join(root, 'nowhere') }), { instanceOf: UsageError });
  t.regex(error.message, /has no package\.json/);
});
