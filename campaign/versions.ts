/** What a result depends on besides its plan. */
import { readFileSync } from 'node:fs';

export interface Versions {
  readonly trial: string;
  readonly node: string;
  readonly platform: string;
}

export function versions(): Versions {
  return { trial: packageVersion(), node: process.version, platform: `${process.platform} ${process.arch}` };
}

/** The package's own version; the file lies one folder up from the sources and two from the compiled modules. */
function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const parsed = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { name?: string; version?: string };
      if (parsed.name === 'kafka-trial' && parsed.version !== undefined) return parsed.version;
    } catch {
      // Not there: look at the next place.
    }
  }
  return 'unknown';
}
