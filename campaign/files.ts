/** Files a user names: what can't be read or written is told in one sentence, before anything runs. */
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from './usage.ts';

/** Makes a folder for output, and sees to it that files can be written there. */
export function prepareFolder(path: string): void {
  try {
    makeFolders(resolve(path));
    const probe = join(path, '.trial-can-write-here');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new UsageError(`the folder "${path}" can't be written to (${reason(error)}): give one that can`);
  }
}

/** Step by step, because Node's own recursive mode never returns on some file systems (/proc). */
function makeFolders(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  mkdirSync(path);
}

/** Makes the folder of a file for output, and sees to it that the file can be written; writes nothing yet. */
export function prepareFile(path: string): void {
  if (path === '-') return;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
    makeFolders(resolve(dirname(path)));
    const exists = statSync(path, { throwIfNoEntry: false }) !== undefined;
    accessSync(exists ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw new UsageError(`the file "${path}" can't be written (${reason(error)}): give a path in a folder that is yours`);
  }
}

/** Text of a file that the user named. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the file "${path}" can't be read (${reason(error)})`);
  }
}

/** JSON of a file that the user named. */
export function readJson(path: string): unknown {
  return parseJson(path, readText(path));
}

/** What a text holds that is of this file. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`the file "${path}" is not JSON`);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'it does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is a file';
    default:
      return error.message;
  }
}
