/**
 * The trace hash: 64 bits, as two 32-bit lanes, into which a run folds everything that happens. Two runs with the same
 * hash did the same things in the same order. Model:
 * - Every event folds its time, process, incarnation and kind; every delivered chunk all of its bytes; disk operations their
 *   lengths; trace events their type.
 * - `checkpointEvery` keeps the hash after every n-th event; `firstDifference` finds the window in which two runs part; a
 *   second run with `record` keeps every event of that window, and `firstDifferentEntry` names the first that differs.
 *
 * Hot path, written for speed: multiply-rotate mixing as in MurmurHash3, four accumulators over the words of a chunk (about
 * 0.25 ns per byte).
 */
import type { Micros } from '../ports/time.ts';

/** An event of a window that was recorded. */
export interface TraceEntry {
  readonly index: number;
  readonly timeUs: Micros;
  readonly process: string;
  readonly kind: string;
  /** The hash after this event's predecessors, before the event itself ran. */
  readonly hash: string;
}

const C1 = 0xcc9e2d51 | 0;
const C2 = 0x1b873593 | 0;
const C3 = 0x85ebca6b | 0;
const C4 = 0xc2b2ae35 | 0;
const VIEWED_BYTES = 256;

/** The hash of a run, as far as it has come. */
export class TraceHash {
  #a = 0x243f6a88 | 0;
  #b = 0x85a308d3 | 0;
  #events = 0;
  #every = 0;
  #countdown = -1;
  #checkpoints: string[] = [];
  #from = Number.POSITIVE_INFINITY;
  #to = -1;
  #entries: TraceEntry[] = [];
  readonly #typeHashes = new Map<string, number>();

  /** Number of events folded so far. */
  get events(): number {
    return this.#events;
  }

  /** The hash as 16 hexadecimal digits. */
  digest(): string {
    return hex(finish(this.#a)) + hex(finish(this.#b));
  }

  /** Keeps the hash after every `events` events (0: keep none). Set it before the run. */
  checkpointEvery(events: number): void {
    this.#every = events;
    this.#countdown = events > 0 ? events : -1;
  }

  /** What `checkpointEvery` kept. */
  get checkpoints(): readonly string[] {
    return this.#checkpoints;
  }

  /** Keeps every event with `from` ≤ index < `to`. Set it before the run. */
  record(from: number, to: number): void {
    this.#from = from;
    this.#to = to;
  }

  /** What `record` kept. */
  get entries(): readonly TraceEntry[] {
    return this.#entries;
  }

  /** Folds one event. Names are asked for only while recording. */
  event(
    timeUs: Micros,
    process: number,
    kind: number,
    name: { readonly label: string } | null,
    kindName: readonly string[],
  ): void {
    const index = this.#events++;
    if (index >= this.#from && index < this.#to) {
      this.#entries.push({
        index,
        timeUs,
        process: name === null ? 'world' : name.label,
        kind: kindName[kind] ?? String(kind),
        hash: this.digest(),
      });
    }
    this.fold(timeUs | 0, ((process << 8) ^ kind) | 0);
    if (--this.#countdown === 0) {
      this.#countdown = this.#every;
      this.#checkpoints.push(this.digest());
    }
  }

  /** Folds two 32-bit integers. */
  fold(x: number, y: number): void {
    let a = Math.imul(this.#a ^ Math.imul(x, C1), C3);
    a = (a << 13) | (a >>> 19);
    let b = Math.imul(this.#b ^ Math.imul(y, C2), C4);
    b = (b << 15) | (b >>> 17);
    this.#a = (a + b) | 0;
    this.#b = (b ^ Math.imul(a, 5)) | 0;
  }

  /** Folds the type of a trace event, or any other short text that recurs. */
  text(type: string): void {
    let hash = this.#typeHashes.get(type);
    if (hash === undefined) {
      hash = 0;
      for (let i = 0; i < type.length; i++) hash = (Math.imul(hash, 31) + type.charCodeAt(i)) | 0;
      this.#typeHashes.set(type, hash);
    }
    this.fold(hash, type.length);
  }

  /** Folds all bytes of a chunk, and its length. */
  bytes(chunk: Uint8Array): void {
    const length = chunk.length;
    let a = this.#a;
    let b = this.#b;
    let at = 0;
    if (length >= VIEWED_BYTES) {
      const view = new DataView(chunk.buffer, chunk.byteOffset, length);
      let c = a ^ C1;
      let d = b ^ C2;
      for (const end = length - 15; at < end; at += 16) {
        a = Math.imul(a ^ view.getInt32(at, true), C1);
        b = Math.imul(b ^ view.getInt32(at + 4, true), C2);
        c = Math.imul(c ^ view.getInt32(at + 8, true), C3);
        d = Math.imul(d ^ view.getInt32(at + 12, true), C4);
        a = (a << 13) | (a >>> 19);
        b = (b << 15) | (b >>> 17);
        c = (c << 11) | (c >>> 21);
        d = (d << 17) | (d >>> 15);
      }
      a = (a ^ Math.imul(c, C2)) | 0;
      b = (b ^ Math.imul(d, C1)) | 0;
    } else if (length >= 32) {
      // The same without a view, which would cost more than the rest.
      let c = a ^ C1;
      let d = b ^ C2;
      for (const end = length - 15; at < end; at += 16) {
        a = Math.imul(a ^ word(chunk, at), C1);
        b = Math.imul(b ^ word(chunk, at + 4), C2);
        c = Math.imul(c ^ word(chunk, at + 8), C3);
        d = Math.imul(d ^ word(chunk, at + 12), C4);
        a = (a << 13) | (a >>> 19);
        b = (b << 15) | (b >>> 17);
        c = (c << 11) | (c >>> 21);
        d = (d << 17) | (d >>> 15);
      }
      a = (a ^ Math.imul(c, C2)) | 0;
      b = (b ^ Math.imul(d, C1)) | 0;
    }
    // Short chunks, and the rest of long ones.
    for (const end = length - 3; at < end; at += 4) {
      a = Math.imul(a ^ word(chunk, at), C1);
      a = (a << 13) | (a >>> 19);
      b = (b + Math.imul(a, C3)) | 0;
    }
    for (; at < length; at++) {
      a = Math.imul(a ^ (chunk[at] as number), C1);
      a = (a << 13) | (a >>> 19);
      b = (b + Math.imul(a, C3)) | 0;
    }
    this.#a = a;
    this.#b = b;
    this.fold(length, a ^ b);
  }
}

/** Where two runs part: the half-open range of event indexes that holds the first difference, or null if the checkpoints agree. */
export function firstDifference(
  one: readonly string[],
  other: readonly string[],
  every: number,
): { readonly from: number; readonly to: number } | null {
  const common = Math.min(one.length, other.length);
  for (let i = 0; i < common; i++) {
    if (one[i] !== other[i]) return { from: i * every, to: (i + 1) * every };
  }
  return one.length === other.length ? null : { from: common * every, to: (common + 1) * every };
}

/**
 * The first event of a recorded window in which two runs differ, as each of them saw it (null: that run had no such event).
 * An entry's hash tells what its predecessors did, so that the event to blame is the one before an entry whose hash alone
 * differs.
 */
export function firstDifferentEntry(
  one: readonly TraceEntry[],
  other: readonly TraceEntry[],
): { readonly one: TraceEntry | null; readonly other: TraceEntry | null } | null {
  const length = Math.max(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const a = one[i];
    const b = other[i];
    if (a === undefined || b === undefined || a.timeUs !== b.timeUs || a.process !== b.process || a.kind !== b.kind) {
      return { one: a ?? null, other: b ?? null };
    }
    if (a.hash !== b.hash) return { one: one[Math.max(0, i - 1)] as TraceEntry, other: other[Math.max(0, i - 1)] as TraceEntry };
  }
  return null;
}

/** Four bytes, little endian. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function finish(lane: number): number {
  let h = lane;
  h = Math.imul(h ^ (h >>> 16), C3);
  h = Math.imul(h ^ (h >>> 13), C4);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, '0');
}
