/**
 * `node:fs` and `node:fs/promises` of a realm: files of the project can be read, and nothing can be written. Their contents come from the
 * real disk, at once; an asynchronous call is answered in an event of its own.
 */
import fs from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { OutsideError } from '../outside.ts';
import type { Realm } from '../realm.ts';

type Callback = (error: Error | null, value?: unknown) => void;
type Sync = (...args: unknown[]) => unknown;

/** Calls that read; each has a twin that ends in `Sync`. */
const READ = ['readFile', 'readdir', 'stat', 'lstat', 'access', 'realpath', 'readlink', 'opendir'] as const;
/** Others that can do no harm. */
const HARMLESS = ['constants', 'Stats', 'Dirent', 'F_OK', 'R_OK', 'W_OK', 'X_OK'];

/** Both modules. */
export function fsOf(realm: Realm) {
  const real = fs as unknown as Record<string, Sync>;
  const check = (call: string, path: unknown): void => {
    if (isOfProject(path)) return;
    const why = `"${String(path)}" is no file of the project`;
    throw realm.stop(
      new OutsideError('node:fs', call, why, 'put it into the project, or give the application a stand-in: app({ standIns })'),
    );
  };
  const sync =
    (name: string) =>
    (path: unknown, ...rest: unknown[]): unknown => {
      check(name, path);
      return (real[`${name}Sync`] as Sync)(path, ...rest);
    };
  const closed = (name: string) =>
    realm.closed('node:fs', name, 'a simulated application writes no files, and reads them as a whole');
  const module: Record<string, unknown> = {};
  const promises: Record<string, unknown> = { constants: fs.constants };
  for (const name of Object.keys(real)) {
    if (HARMLESS.includes(name)) module[name] = real[name];
    else if (/^[a-z]/.test(name)) module[name] = closed(name);
  }
  for (const name of Object.keys(fs.promises)) promises[name] ??= closed(name);
  for (const name of READ) {
    const read = sync(name);
    module[`${name}Sync`] = read;
    module[name] = (path: unknown, ...given: unknown[]): void => {
      const callback = given.pop() as Callback;
      check(name, path);
      realm.answer(() => read(path, ...given), callback);
    };
    promises[name] = (path: unknown, ...given: unknown[]): Promise<unknown> => {
      check(name, path);
      return new realm.global.Promise((done, failed) =>
        realm.answer(
          () => read(path, ...given),
          (error, value) => (error === null ? done(value) : failed(error)),
        ),
      );
    };
  }
  module['existsSync'] = (path: unknown) => isOfProject(path) && fs.existsSync(path as string);
  module['createReadStream'] = (path: unknown, options?: unknown) => Readable.from([sync('readFile')(path, options)]);
  module['promises'] = promises;
  return { module, promises };
}

/** In the folder that the command was called in, or below it. */
function isOfProject(path: unknown): boolean {
  if (typeof path !== 'string' && !(path instanceof URL) && !Buffer.isBuffer(path)) return false;
  const text = path instanceof URL ? fileURLToPath(path) : String(path);
  const inside = relative(process.cwd(), resolve(text));
  return inside === '' || !(inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside));
}
