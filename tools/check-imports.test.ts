/** The arrows of docs/architecture.md hold, and the rule that holds them can fail. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { checkImports, floors } from './check-imports.mjs';

const HOUSE = fileURLToPath(new URL('..', import.meta.url));

/** A small house with one import in it. */
function house(from: string, specifier: string, to: string): string {
  const root = mkdtempSync(join(tmpdir(), 'trial-house-'));
  for (const file of [from, to]) mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, to), 'export const value = 1;\n');
  writeFileSync(join(root, from), `import { value } from '${specifier}';\nexport const other = value;\n`);
  return root;
}

for (const [from, specifier, to, rule] of [
  ['core/log/x.ts', '../../sim/y.ts', 'sim/y.ts', 'core-imports-down-only'],
  ['core/log/x.ts', '../broker/y.ts', 'core/broker/y.ts', 'core/rpc-log-imports-down-only'],
  ['sim/x.ts', '../properties/y.ts', 'properties/y.ts', 'sim-imports-down-only'],
  ['world/x.ts', '../core/y.ts', 'core/y.ts', 'world-stands-on-ports-alone'],
  ['core/log/x.ts', '../../world/y.ts', 'world/y.ts', 'core-knows-no-world'],
  ['world.ts', './sim/y.ts', 'sim/y.ts', 'world-entry-without-kafka'],
  ['ports/x.ts', '../world/y.ts', 'world/y.ts', 'ports-imports-down-only'],
  ['sim/x.ts', '../server/y.ts', 'server/y.ts', 'worlds-are-apart'],
  ['core/client/x.ts', '../raft/y.ts', 'core/raft/y.ts', 'client-stands-alone'],
] as const) {
  test(`${from} must not import ${to}`, async (t) => {
    const root = house(from, specifier, to);
    try {
      const { violations } = await checkImports(root, [from.split('/')[0] as string, to.split('/')[0] as string]);
      t.true(
        violations.some((violation) => violation.endsWith(rule)),
        violations.join('; ') || 'no violation found',
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
}

test('an import of Node in the simulation is forbidden', async (t) => {
  const root = house('sim/x.ts', 'node:fs', 'sim/y.ts');
  try {
    const { violations } = await checkImports(root, ['sim']);
    t.true(
      violations.some((violation) => violation.endsWith('portable-floors-without-node')),
      violations.join('; '),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('every floor is a folder, and every folder of core has a floor', (t) => {
  for (const floor of floors) t.true(existsSync(join(HOUSE, floor)), floor);
  // client/ stands apart, trace/ has the types of what every floor tells, and testing/ is for tests.
  const apart = ['core/client', 'core/trace', 'core/testing'];
  const folders = readdirSync(join(HOUSE, 'core'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) t.true([...floors, ...apart].includes(`core/${name}`), name);
});
