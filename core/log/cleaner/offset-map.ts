/**
 * The last offset of each key in the part of a log that is not clean yet, in bounded memory (Kafka's OffsetMap). Kafka's SkimpyOffsetMap
 * keeps MD5 sums, 24 bytes a key whatever the keys are; this one keeps the keys, so that no two are ever taken for one another, and
 * counts a long key with its length.
 */
import { NONE, type Offset } from '../../protocol/numbers.ts';

/** As an entry of Kafka's: a hash of 16 bytes, and an offset. */
const ENTRY_BYTES = 24;
const OFFSET_BYTES = 8;

export class OffsetMap {
  readonly #offsets = new Map<string, Offset>();
  readonly #maxBytes: number;
  #bytes = 0;
  /** What lies above was not looked at; -1: nothing was. */
  latestOffset: Offset = NONE;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#offsets.size;
  }

  /** Notes the latest record of a key. False, and nothing is noted, if there is no room; at least one key always has room. */
  put(key: Uint8Array, offset: Offset): boolean {
    const name = textOf(key);
    if (!this.#offsets.has(name)) {
      const entryBytes = Math.max(ENTRY_BYTES, key.length + OFFSET_BYTES);
      if (this.#offsets.size > 0 && this.#bytes + entryBytes > this.#maxBytes) return false;
      this.#bytes += entryBytes;
    }
    this.#offsets.set(name, offset);
    this.latestOffset = offset;
    return true;
  }

  /** Where the latest record of a key lies; -1 if it was not met. */
  get(key: Uint8Array): Offset {
    return this.#offsets.get(textOf(key)) ?? NONE;
  }
}

/** A character for each byte: other bytes, another text. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
