/** `trial init`: a first scenario, a test for the runner that the project has, and a workflow for GitHub Actions. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../usage.ts';
import { type Runner, RUNNERS, scenarioText, testText, workflowText } from './templates.ts';

export interface InitOptions {
  /** The project's folder; it has a package.json. */
  readonly folder: string;
  /** By default the one among the project's dependencies, or Node's own. */
  readonly runner?: Runner;
}

export interface Initialised {
  readonly runner: Runner;
  /** Paths in the project's folder, in the order in which they were written. */
  readonly files: readonly string[];
  /** Commands to try now, each with what it does. */
  readonly next: readonly (readonly [command: string, what: string])[];
}

/** Writes the files. Throws UsageError, and writes nothing, if it is no project or one of the files is there already. */
export function initProject({ folder, runner: asked }: InitOptions): Initialised {
  const manifest = readManifest(folder);
  const dependencies = { ...manifest.dependencies, ...manifest.devDependencies };
  const runner = asked ?? RUNNERS.find((name) => Object.hasOwn(dependencies, name)) ?? 'node';
  const typescript = Object.hasOwn(dependencies, 'typescript') || existsSync(join(folder, 'tsconfig.json'));
  // Jest runs plain modules as they are; TypeScript would need a transform of the project's own.
  const scenarioFile = typescript && runner !== 'jest' ? 'orders.mts' : 'orders.mjs';
  const scenarioPath = `trial/${scenarioFile}`;
  const testPath = 'trial/orders.test.mjs';
  const texts = new Map([
    [scenarioPath, scenarioText(scenarioFile.endsWith('.mts'))],
    [testPath, testText(runner, scenarioFile)],
    ['.github/workflows/trial.yml', workflowText(scenarioPath)],
  ]);
  const files = [...texts.keys()];
  const present = files.find((file) => existsSync(join(folder, file)));
  if (present !== undefined) throw new UsageError(`"${present}" is there already: move it away, or write your scenario by hand`);
  for (const [file, text] of texts) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return {
    runner,
    files,
    next: [
      [`npx trial campaign --scenario ./${scenarioPath} --seeds 1..100`, 'a hundred seeds, with a verdict'],
      [testCommand(runner, testPath), 'ten of them as tests'],
    ],
  };
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  const path = join(folder, 'package.json');
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UsageError(`"${folder}" has no package.json: give the folder of a project, or make one with "npm init"`);
  }
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UsageError(`"${path}" is not JSON`);
  }
  return typeof manifest === 'object' && manifest !== null ? (manifest as Manifest) : {};
}

function testCommand(runner: Runner, path: string): string {
  switch (runner) {
    case 'ava':
      return `npx ava ${path}`;
    case 'vitest':
      return `npx vitest run ${path}`;
    case 'jest':
      return `NODE_OPTIONS=--experimental-vm-modules npx jest ${path}`;
    case 'node':
      return `npx -c 'node --test ${path}'`;
  }
}
