#!/usr/bin/env node
// The `trial` command. It runs under the pinned Node, which comes as a dependency, so that a seed reproduces whatever Node
// the machine has: a fit one runs the command right here, an older one starts the pinned one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24;
const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'trial.ts');
const entry = existsSync(source) ? source : join(here, '../dist/cli/trial.js');

if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) {
  try {
    // What the last run made of the sources is used again: the command starts in half the time.
    module.enableCompileCache();
    await import(entry === source ? './trial.ts' : '../dist/cli/trial.js');
  } catch (error) {
    process.stderr.write(`trial: the command can't be loaded: ${error?.stack ?? error}\n`);
    process.exitCode = 3;
  }
} else {
  const node = pinnedNode(here);
  if (node === null) {
    process.stderr.write(
      `trial: Node ${MAJOR_MIN} or newer is needed and this is ${process.version}: install it, or run "npm ci" so that the pinned one is there.\n`,
    );
    process.exitCode = 3;
  } else {
    // By its id `trial serve` sees past this process to the npm that started it.
    const env = { ...process.env, TRIAL_STARTER_PID: String(process.pid) };
    const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit', env });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      process.stderr.write(`trial: the pinned Node (${node}) can't be started: ${error.message}.\n`);
      process.exitCode = 3;
    });
    child.on('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 3);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  }
}

/**
 * The pinned binary, in the nearest node_modules that has one. It comes from the package for this platform, an optional
 * dependency, and not from the package `node`: that one fetches the same by an install script, which npm asks people to allow.
 */
function pinnedNode(from) {
  const [system, executable] = process.platform === 'win32' ? ['win', 'node.exe'] : [process.platform, 'node'];
  const prefix = system === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', `${prefix}-${system}-${process.arch}`, 'bin', executable);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return null;
  }
}
