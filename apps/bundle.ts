/**
 * The module graph of an application as one script. Model:
 * - esbuild follows imports and requires from the entry through the project and its packages, TypeScript as well as JavaScript.
 *   Modules of Node come from the realm (`__realm.require`), a stand-in in the place of the module that it stands for.
 * - It is made once in a process. Worker threads that are started afterwards get it from their environment data.
 * - A module's `import.meta` and `__filename` are those of its own file.
 */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { BuildFailure, Loader, Plugin } from 'esbuild';

/** What an application is made of. */
export interface ProgramSource {
  /** Absolute path of its first module. */
  readonly entry: string;
  /** By name of a module, as the application imports it, the absolute path of the file that takes its place. */
  readonly standIns: Readonly<Record<string, string>>;
}

/** One script, an expression: a function of the realm's `__realm`, `require`, `module` and `exports`. */
export interface Bundle {
  readonly code: string;
  /** JSON of its source map. */
  readonly map: string;
}

/** An application that can't be bundled; the message is one sentence for people. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

const HEAD = '(async function (__realm, require, module, exports) {\n';
const TAIL = '\n})';
/** Lines of HEAD, before the first line of what esbuild made. */
export const HEAD_LINES = 1;

const BUILTINS: ReadonlySet<string> = new Set(builtinModules.filter((name) => !name.startsWith('_')));
const bundles = new Map<string, Promise<Bundle>>();

/** The bundle of an application. Rejects with BundleError. */
export function bundleOf(source: ProgramSource): Promise<Bundle> {
  const key = `kafka-trial/bundle ${JSON.stringify(source)}`;
  let bundle = bundles.get(key);
  if (bundle === undefined) {
    const made = getEnvironmentData(key) as Bundle | undefined;
    bundle = made === undefined ? build(source) : Promise.resolve(made);
    bundles.set(key, bundle);
    if (made === undefined) bundle.then((one) => setEnvironmentData(key, one as never)).catch(() => bundles.delete(key));
  }
  return bundle;
}

async function build(source: ProgramSource): Promise<Bundle> {
  // Taken when it is needed: whoever runs no application has no use for it.
  const esbuild = await import('esbuild');
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: `import ${JSON.stringify(source.entry)};`, resolveDir: process.cwd(), loader: 'js' },
      absWorkingDir: process.cwd(),
      bundle: true,
      write: false,
      outfile: 'application.js',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      // No import() is left: a module that is known only at run time is asked for with the realm's require.
      supported: { 'dynamic-import': false, 'top-level-await': true },
      keepNames: true,
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [standIns(source.standIns), nodeModules, addons, ownFiles(esbuild.transform)],
    });
    const file = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
    return { code: `${HEAD}${file('.js')}${TAIL}`, map: file('.js.map') };
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (first === undefined) throw error;
    const at = first.location === null ? '' : `, at ${first.location.file}:${first.location.line}`;
    throw new BundleError(`the application "${source.entry}" can't be bundled: ${first.text}${at}`);
  }
}

function standIns(files: ProgramSource['standIns']): Plugin {
  const paths = new Map(Object.entries(files).map(([name, path]) => [name.replace(/^node:/, ''), path]));
  return {
    name: 'stand-ins',
    setup(build) {
      if (paths.size === 0) return;
      build.onResolve({ filter: /^[^.]/ }, ({ path }) => {
        const standIn = paths.get(path.replace(/^node:/, ''));
        return standIn === undefined ? undefined : { path: standIn };
      });
    },
  };
}

/** Whatever Node brings is asked of the realm. */
const nodeModules: Plugin = {
  name: 'modules of Node',
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return path.startsWith('node:') || BUILTINS.has(name) ? { path: name, namespace: 'node' } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = __realm.require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/** Native code can't be simulated. A package that can do without finds it missing. */
const addons: Plugin = {
  name: 'native addons',
  setup(build) {
    build.onLoad({ filter: /\.node$/ }, ({ path }) => ({
      contents: `__realm.addon(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

const LOADERS: Readonly<Record<string, Loader>> = {
  '.js': 'js',
  '.cjs': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
  '.ts': 'ts',
  '.cts': 'ts',
  '.mts': 'ts',
  '.tsx': 'tsx',
};

/** What a module knows of its own file must not become that of the bundle. */
function ownFiles(transform: typeof import('esbuild').transform): Plugin {
  return {
    name: 'files of their own',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
        const contents = await readFile(path, 'utf8');
        if (!/\bimport\.meta\b|\b__(file|dir)name\b/.test(contents)) return undefined;
        const directory = resolve(path, '..');
        const { code } = await transform(contents, {
          loader: LOADERS[extname(path)] ?? 'js',
          sourcefile: path,
          sourcemap: 'inline',
          sourcesContent: false,
          define: {
            'import.meta.url': JSON.stringify(pathToFileURL(path).href),
            'import.meta.filename': JSON.stringify(path),
            'import.meta.dirname': JSON.stringify(directory),
            'import.meta.main': 'false',
            __filename: JSON.stringify(path),
            __dirname: JSON.stringify(directory),
          },
        });
        return { contents: code, loader: 'js', resolveDir: directory };
      });
    },
  };
}

/** A file as the user names it: a URL, or a path from where the command was called. */
export function filePath(given: string | URL): string {
  return resolve(given instanceof URL || given.startsWith('file:') ? fileURLToPath(given) : given);
}
