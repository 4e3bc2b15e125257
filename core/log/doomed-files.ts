/** Files renamed to `.deleted`, removed after file.delete.delay.ms: a reader that still holds one is not disturbed. */
import type { DiskError } from '../../ports/disk.ts';
import type { Environment } from '../environment.ts';
import { asDiskError } from './atomic-file.ts';
import { DELETED_SUFFIX } from './file-names.ts';

/** As long as a scheduler may be behind. */
const LINGER_MS = 10_000;

/** Renames the files, which must not be open any more, now, and removes them later. Throws DiskError. */
export function renameThenRemove(
  env: Environment,
  paths: readonly string[],
  delayMs: number,
  failed: (error: DiskError) => void,
): void {
  const doomed: string[] = [];
  for (const path of paths) {
    if (!env.disk.exists(path)) continue;
    env.disk.rename(path, path + DELETED_SUFFIX);
    doomed.push(path + DELETED_SUFFIX);
  }
  removeLater(env, doomed, delayMs, failed);
}

export function removeLater(
  env: Environment,
  paths: readonly string[],
  delayMs: number,
  failed: (error: DiskError) => void,
): void {
  if (paths.length === 0) return;
  const lingerMs = env.random.sometimes('log/lingering-files') ? LINGER_MS : 0;
  env.timers.after(delayMs + lingerMs, () => {
    try {
      for (const path of paths) env.disk.remove(path);
    } catch (thrown) {
      failed(asDiskError(thrown));
    }
  });
}
