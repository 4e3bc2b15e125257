/** What a log means to who reads the committed records of it from its beginning: of each key the last value. */
import { decodeRecords, readBatchHeader } from '../../core/protocol/records.ts';
import { readMarker } from './batches.ts';

/** By key, what it was last set to, and where. */
export type Contents = ReadonlyMap<string, { readonly offset: number; readonly value: Uint8Array }>;

interface Held {
  readonly offset: number;
  readonly value: Uint8Array | null;
}

/** Folds the batches of a log, from anywhere on. What a transaction wrote has its place where it was written, not where it was committed. */
export class ContentsFold {
  readonly #held = new Map<string, Held>();
  readonly #undecided = new Map<number, (Held & { readonly key: string })[]>();

  /** Of the keys that have a value. */
  get contents(): Contents {
    const contents = new Map<string, { readonly offset: number; readonly value: Uint8Array }>();
    for (const [key, { offset, value }] of this.#held) if (value !== null) contents.set(key, { offset, value });
    return contents;
  }

  /** The next batch; it must be whole. */
  add(bytes: Uint8Array, position: number): void {
    const header = readBatchHeader(bytes, position);
    const { producerId, isControl, isTransactional } = header;
    if (isControl) {
      const marker = isTransactional && header.recordCount > 0 ? readMarker(bytes, position) : null;
      if (marker === null) return;
      for (const { key, ...held } of (marker.commit && this.#undecided.get(producerId)) || []) this.#hold(key, held);
      this.#undecided.delete(producerId);
      return;
    }
    for (const { key, value, offset } of decodeRecords(bytes, position)) {
      if (key === null) continue;
      const name = textOf(key);
      if (!isTransactional) this.#hold(name, { offset, value });
      else this.#undecided.set(producerId, [...(this.#undecided.get(producerId) ?? []), { key: name, offset, value }]);
    }
  }

  #hold(key: string, held: Held): void {
    if ((this.#held.get(key)?.offset ?? -1) < held.offset) this.#held.set(key, held);
  }
}

/** The first key that two logs do not have the same value of, beside those of `except`; null: they mean the same. */
export function firstDifference(a: Contents, b: Contents, except: ReadonlySet<string> = new Set()): string | null {
  for (const [key, { value }] of a) if (!except.has(key) && !isSame(value, b.get(key)?.value)) return key;
  for (const key of b.keys()) if (!except.has(key) && !a.has(key)) return key;
  return null;
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** A character for each byte. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
