/**
 * What a service keeps: values of JSON by keys, in a log on the disk of its machine. Model:
 * - A commit is one line of the log, with a checksum in front of it: it is there as a whole, or not at all. It is durable when the log is synced.
 * - Who loads finds all whose line is whole, up to the first that is not: what a crash tore is cut off.
 */
import { crc32c } from '../../core/protocol/crc32c.ts';
import { stringToUtf8, utf8ToString } from '../../core/protocol/strings.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { StoredChange } from '../history.ts';

/** The tables of a service, as a request sees them: what it changes is kept if the request is answered, as one transaction. */
export interface Tables {
  /** A value of JSON; undefined: there is none. */
  get(key: string): unknown;
  put(key: string, value: unknown): void;
  remove(key: string): void;
  /** In their order as text. */
  keys(prefix?: string): string[];
}

const FOLDER = 'service';

export class ServiceStore {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile | null = null;
  /** Texts of JSON. */
  readonly #values = new Map<string, string>();

  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#path = `${FOLDER}/${name}.log`;
  }

  /** What the log holds: the changes of each commit. */
  load(): readonly (readonly StoredChange[])[] {
    this.#disk.makeDirectory(FOLDER);
    const file = this.#disk.open(this.#path, { create: true });
    this.#file = file;
    const commits: StoredChange[][] = [];
    let durable = 0;
    for (const line of utf8ToString(file.read(0, file.size)).split('\n').slice(0, -1)) {
      const changes = changesOf(line);
      if (changes === null) break;
      durable += stringToUtf8(line).length + 1;
      commits.push(changes);
      this.#apply(changes);
    }
    file.truncate(durable);
    return commits;
  }

  /** What is done to the tables is seen by who did it, and by others when it is committed. */
  begin(): { readonly tables: Tables; readonly changes: () => readonly StoredChange[] } {
    const changed = new Map<string, string | null>();
    const at = (key: string): string | null => {
      const own = changed.get(key);
      return own === undefined ? (this.#values.get(key) ?? null) : own;
    };
    const tables: Tables = {
      get: (key) => {
        const text = at(key);
        return text === null ? undefined : (JSON.parse(text) as unknown);
      },
      put: (key, value) => void changed.set(key, JSON.stringify(value)),
      remove: (key) => void changed.set(key, null),
      keys: (prefix = '') =>
        [...new Set([...this.#values.keys(), ...changed.keys()])]
          .filter((key) => key.startsWith(prefix) && at(key) !== null)
          .sort(),
    };
    const isNews = ([key, value]: [string, string | null]): boolean => value !== (this.#values.get(key) ?? null);
    return { tables, changes: () => [...changed].filter(isNews).map(([key, value]) => ({ key, value })) };
  }

  /** Calls back when it is durable. Throws DiskError, as the callback may be given one. */
  commit(changes: readonly StoredChange[], done: (error: Error | null) => void): void {
    const file = this.#file;
    if (file === null) throw new Error('the store was not loaded');
    const text = JSON.stringify(changes);
    file.append(stringToUtf8(`${checksum(text)} ${text}\n`));
    this.#apply(changes);
    file.sync((error) => {
      if (error !== null) return done(error);
      this.#disk.syncDirectory(FOLDER, done);
    });
  }

  #apply(changes: readonly StoredChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, value);
    }
  }
}

function checksum(text: string): string {
  return (crc32c(stringToUtf8(text)) >>> 0).toString(16);
}

function changesOf(line: string): StoredChange[] | null {
  const space = line.indexOf(' ');
  const text = line.slice(space + 1);
  return space > 0 && line.slice(0, space) === checksum(text) ? (JSON.parse(text) as StoredChange[]) : null;
}
