// Holds the arrows of docs/architecture.md: imports point down only (.dependency-cruiser.mjs says which floors there are).
//
//   node tools/check-imports.mjs            exit status 1 and a line for each import that points up
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config, { CORE_FLOORS, FLOORS } from '../.dependency-cruiser.mjs';

const HOUSE = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = [
  'ports',
  'world',
  'core',
  'sim',
  'apps',
  'properties',
  'scenarios',
  'campaign',
  'reports',
  'cli',
  'server',
  'console',
  'bench',
  'index.ts',
  'test.ts',
  'world.ts',
];

/** The folders that have a floor. */
export const floors = [...FLOORS, ...CORE_FLOORS.flat().map((folder) => `core/${folder}`)];

/** Number of modules read, and a sentence for each forbidden import. */
export async function checkImports(baseDir = HOUSE, folders = FOLDERS) {
  const { forbidden, options } = config;
  const { output } = await cruise(folders, { ...options, baseDir, validate: true, ruleSet: { forbidden }, outputType: 'json' });
  const { summary } = typeof output === 'string' ? JSON.parse(output) : output;
  const violations = summary.violations.map(({ from, to, rule }) => `${from} imports ${to}: ${rule.name}`);
  return { modules: summary.totalCruised, violations };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { existsSync } = await import('node:fs');
  const { modules, violations } = await checkImports(
    HOUSE,
    FOLDERS.filter((folder) => existsSync(`${HOUSE}/${folder}`)),
  );
  for (const violation of violations) console.log(violation);
  if (modules < 100) {
    console.log(`only ${modules} modules were read: the check itself is broken`);
    process.exit(1);
  }
  console.log(`${modules} modules, ${violations.length} forbidden imports`);
  process.exit(violations.length === 0 ? 0 : 1);
}
