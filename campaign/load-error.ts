/** Why a module could not be loaded, with the place in the user's own file. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Real time that Node may take to say where a syntax error is, ms. */
const LOCATE_MS = 10_000;

/** The error's message and, where it can be found, `FILE:LINE:COLUMN`; of what is thrown otherwise, as it prints. */
export function loadErrorText(error: unknown, url: string): string {
  if (!(error instanceof Error)) return String(error);
  const what = error.message.split('\n')[0] ?? error.name;
  const place =
    headOf(error.stack ?? '') ?? (error instanceof SyntaxError ? headOf(asUncaught(url)) : frameOf(error.stack ?? '', url));
  return place === null ? what : `${what} (${place})`;
}

/**
 * What Node prints of the error when nobody catches it: only there has a syntax error in plain JavaScript its place
 * (Node 24.21; the error itself holds nothing but the message and frames of Node's loader).
 */
function asUncaught(url: string): string {
  const program = `await import(${JSON.stringify(url)})`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', timeout: LOCATE_MS });
  return child.stderr;
}

/** `FILE:LINE`, the lines of code and a caret under the column: how an excerpt begins. */
function headOf(text: string): string | null {
  const found = /^(?<file>\S.*):(?<line>\d+)\n(?:.*\n){1,3}?(?<margin>\s*)\^/.exec(text);
  if (found?.groups === undefined) return null;
  const { file, line, margin } = found.groups as { file: string; line: string; margin: string };
  return `${pathOf(file)}:${line}:${margin.length + 1}`;
}

/** Where the module itself is in a stack, if the error was thrown while it ran; else the first frame that is in a file. */
function frameOf(stack: string, url: string): string | null {
  const frames = [...stack.matchAll(/^\s+at .*?(?<file>file:\/\/[^\s)]+?):(?<line>\d+):(?<column>\d+)\)?$/gm)];
  const found = frames.find(({ groups }) => groups?.['file'] === url) ?? frames[0];
  if (found?.groups === undefined) return null;
  const { file, line, column } = found.groups as { file: string; line: string; column: string };
  return `${pathOf(file)}:${line}:${column}`;
}

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}
