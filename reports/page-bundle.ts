/**
 * The code of a page, made by esbuild: the view, which draws, and the worker, which holds simulator, properties and scenarios. The worker is
 * made of the very sources that this process runs (of a checkout or of the package), so that a user's own scenario is in it too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { BuildFailure, BuildOptions, Plugin } from 'esbuild';
import { applyTo } from '../campaign/zoo/apply.ts';
import { HOUSE } from '../campaign/zoo/load-zoo.ts';
import { editsOf, type NamedMutant } from '../campaign/zoo/mutant.ts';
import { UsageError } from '../campaign/usage.ts';

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const SERVE = fileURLToPath(new URL(`./page/worker/serve.${EXTENSION}`, import.meta.url));
const PROBE = fileURLToPath(new URL(`../campaign/zoo/probe.${EXTENSION}`, import.meta.url));
/** Of the sources, or of dist/. */
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const VIEW = fileURLToPath(new URL('./page/view/app.tsx', import.meta.url));
/** Of the package: the view as tools/build-view.mjs has made it. */
const BUILT_VIEW = { script: new URL('./page/view.js', import.meta.url), style: new URL('./page/view.css', import.meta.url) };

/** No browser can run the code of a page. */
export class NotForBrowsers extends UsageError {
  readonly because: string;

  constructor(what: string, because: string) {
    super(`${what} can't run in a browser: ${because}`);
    this.because = because;
  }
}

export interface ViewCode {
  readonly script: string;
  readonly style: string;
}

const SHARED = {
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies BuildOptions;

let view: Promise<ViewCode> | null = null;
const workers = new Map<string, Promise<string>>();

/** Made once in a process. */
export function viewCode(): Promise<ViewCode> {
  view ??= existsSync(VIEW) ? builtView() : Promise.resolve(packagedView());
  return view;
}

function packagedView(): ViewCode {
  return { script: readFileSync(BUILT_VIEW.script, 'utf8'), style: readFileSync(BUILT_VIEW.style, 'utf8') };
}

async function builtView(): Promise<ViewCode> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    ...SHARED,
    entryPoints: [VIEW],
    outfile: 'view.js',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  const file = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  return { script: file('.js'), style: file('.css') };
}

export interface WorkerSource {
  /** Path of a scenario's file; null: one of the registry. */
  readonly scenarioFile: string | null;
  /** A bug that is put into its Kafka. */
  readonly mutant: NamedMutant | null;
}

/** The worker as one script, gzipped, in base64. Made once in a process for each source. Throws NotForBrowsers if it can't run in one. */
export function workerCode(source: WorkerSource): Promise<string> {
  const key = JSON.stringify(source);
  let code = workers.get(key);
  if (code === undefined) {
    code = builtWorker(source);
    workers.set(key, code);
  }
  return code;
}

async function builtWorker({ scenarioFile, mutant }: WorkerSource): Promise<string> {
  const { build } = await import('esbuild');
  try {
    const { outputFiles, metafile } = await build({
      ...SHARED,
      // One script has no addresses of modules; what makes paths of them (sim/error-text.ts) finds none of these in a stack.
      define: { 'import.meta.url': '"file:///trial/page.js"' },
      stdin: { contents: entryOf(scenarioFile), resolveDir: process.cwd(), loader: 'js' },
      metafile: true,
      plugins: [probe, builtins, shaken, ...(mutant === null ? [] : [mutated(mutant)])],
    });
    const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    if (left[0] !== undefined) {
      throw new NotForBrowsers(scenarioFile ?? 'this scenario', `it uses ${left[0].path} of Node`);
    }
    const [script] = outputFiles;
    return gzipSync(script?.contents ?? '', { level: 9 }).toString('base64');
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (first === undefined) throw error;
    const where = first.location === null ? '' : ` (${first.location.file}:${first.location.line})`;
    throw new NotForBrowsers(scenarioFile ?? 'this scenario', `${first.text}${where}`);
  }
}

/** The probe comes first: a mutant counts with it as soon as a module loads. */
function entryOf(scenarioFile: string | null): string {
  const own = scenarioFile === null ? 'const own = null;' : `import own from ${JSON.stringify(scenarioFile)};`;
  return `import 'trial:probe'; import { serve } from ${JSON.stringify(SERVE)}; ${own} serve(self, own);`;
}

/** Modules of Node are left out with whatever imports them and is not used; what is left of them is told. */
const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    // Of packages those with a prefix alone: for the others they say themselves what takes their place in a browser.
    build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
      const isOfNode = path === 'esbuild' || path.startsWith('node:') || (isBuiltin(path) && !importer.includes('node_modules'));
      return isOfNode ? { path, external: true, sideEffects: false } : undefined;
    });
  },
};

/**
 * A user's scenario imports it all from one entry, of which it uses little: no module of this package does anything by being loaded that a
 * run in a browser needs.
 */
const shaken: Plugin = {
  name: 'shaken',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) =>
      isOwn(resolveDir) ? { path: resolve(resolveDir, path), sideEffects: false } : undefined,
    );
  },
};

function isOwn(folder: string): boolean {
  return `${folder}${sep}`.startsWith(ROOT) && !folder.slice(ROOT.length).includes('node_modules');
}

const SYMBOL = `Symbol.for('trial.zoo.probe')`;

const probe: Plugin = {
  name: 'probe',
  setup(build) {
    build.onResolve({ filter: /^trial:probe$/ }, ({ path }) => ({ path, namespace: 'trial' }));
    build.onLoad({ filter: /.*/, namespace: 'trial' }, () => ({
      contents: `import { Probe } from ${JSON.stringify(PROBE)}; globalThis[${SYMBOL}] = new Probe();`,
      resolveDir: process.cwd(),
    }));
  },
};

/** Changes the sources that a mutant changes. */
function mutated(mutant: NamedMutant): Plugin {
  const files = new Map(editsOf(mutant).map(({ file }) => [join(HOUSE, file), file]));
  return {
    name: 'mutant',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = files.get(path);
        if (file === undefined) return undefined;
        const text = applyTo(readFileSync(path, 'utf8'), file, mutant);
        return { contents: `const zoo = globalThis[${SYMBOL}]; ${text}`, loader: 'ts' };
      });
    },
  };
}
