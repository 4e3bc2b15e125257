/** Ends a server with the npm that started it: npm hands a SIGTERM on to nobody, and would leave the server running. */
import { readFileSync } from 'node:fs';

const EVERY_MS = 300;

/**
 * Calls back once when the npm (or npx) that started this process has ended. Nobody is watched if it was not started by npm.
 * Returns how to stop watching.
 */
export function onLauncherEnd(callback: () => void): () => void {
  if (process.env['npm_command'] === undefined) return () => undefined;
  const launchers = ancestors();
  const timer = setInterval(() => {
    if (ancestors().join() === launchers.join()) return;
    clearInterval(timer);
    callback();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The parent's id; if the parent is the shell that npm runs commands by, also the id of the shell's parent, where the system tells it. */
function ancestors(): number[] {
  const parent = process.ppid;
  try {
    const [, command, grandparent] = /^\d+ \((.*)\) \S+ (\d+) /.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return /^(sh|dash|bash)$/.test(command ?? '') ? [parent, Number(grandparent)] : [parent];
  } catch {
    return [parent];
  }
}
