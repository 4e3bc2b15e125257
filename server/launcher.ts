/** Ends a server with the npm that started it: npm hands a SIGTERM on to nobody, and would leave the server running. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const EVERY_MS = 300;

/** By this the command's own starter, where it needs a second process for a newer Node, tells its id. */
const STARTER = 'TRIAL_STARTER_PID';

interface Ancestor {
  readonly command: string;
  readonly parent: number;
}

/**
 * Calls back once when the npm (or npx, or another package manager) that started this process has ended. Nobody is watched if it
 * was not started by one. Returns how to stop watching.
 */
export function onLauncherEnd(callback: () => void): () => void {
  if (process.env['npm_config_user_agent'] === undefined) return () => undefined;
  const launchers = ancestors();
  const timer = setInterval(() => {
    if (ancestors().join() === launchers.join()) return;
    clearInterval(timer);
    callback();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The parent's id, and beyond those who only stand between (shells, the command's own starter) that of the next. */
function ancestors(): number[] {
  const chain = [process.ppid];
  for (;;) {
    const last = chain.at(-1) as number;
    const ancestor = ancestorOf(last);
    const standsBetween = String(last) === process.env[STARTER] || /^(sh|dash|bash)$/.test(ancestor?.command ?? '');
    if (ancestor === null || !standsBetween) return chain;
    chain.push(ancestor.parent);
  }
}

function ancestorOf(pid: number): Ancestor | null {
  try {
    if (existsSync('/proc/self/stat')) {
      const [, command, parent] = /^\d+ \((.*)\) \S+ (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return command === undefined ? null : { command, parent: Number(parent) };
    }
    const [, parent, command] =
      /^\s*(\d+) (.*)/.exec(execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)]).toString()) ?? [];
    return command === undefined ? null : { command: basename(command.trim()).replace(/^-/, ''), parent: Number(parent) };
  } catch {
    return null;
  }
}
