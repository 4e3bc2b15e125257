/** A Python environment with client libraries, made once in the folder where the oracle keeps Kafka's jars. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, NotAvailable } from '../oracle/artifacts.ts';

const run = promisify(execFile);
const INSTALL_LIMIT_MS = 5 * 60_000;
/** Is there when the package is. */
const COMPLETE = 'complete';

/** The interpreter of an environment that has this package. Throws NotAvailable without Python 3, venv or a network. */
export async function pythonWith(name: string, version: string): Promise<string> {
  const folder = join(cacheFolder(), `python-${name}-${version}`);
  if (!existsSync(join(folder, COMPLETE))) await install(folder, `${name}==${version}`);
  return join(folder, 'bin', 'python');
}

async function install(folder: string, requirement: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    // An environment cannot be moved: its scripts name their interpreter.
    await run('python3', ['-m', 'venv', folder], { timeout: INSTALL_LIMIT_MS });
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', requirement], { timeout: INSTALL_LIMIT_MS });
    writeFileSync(join(folder, COMPLETE), requirement);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new NotAvailable(missing ? 'no Python 3 was found' : `pip could not install ${requirement}`);
  }
}
