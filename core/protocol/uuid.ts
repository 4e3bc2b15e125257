/** Uuids are strings in Kafka's text form: base64url of the 16 bytes without padding, 22 characters. */
import type { RandomStream } from '../../ports/random.ts';
import { internalized } from './strings.ts';

/** The absent uuid: 16 zero bytes. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** Uuid(0, 1), the id of the metadata topic (`__cluster_metadata`). */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

interface Known {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly text: string;
}

/** A uuid that was written before, by some of its digits. */
interface Written {
  readonly text: string;
  readonly bytes: Uint8Array;
}

const WRITTEN_SLOTS = 256;
const written: Written[] = new Array<Written>(WRITTEN_SLOTS).fill({ text: ZERO_UUID, bytes: new Uint8Array(16) });

const SLOTS = 1024;
const known: Known[] = new Array<Known>(SLOTS).fill({ a: 0, b: 0, c: 0, d: 0, text: ZERO_UUID });

function word(bytes: Uint8Array, p: number): number {
  return (
    ((bytes[p] as number) << 24) | ((bytes[p + 1] as number) << 16) | ((bytes[p + 2] as number) << 8) | (bytes[p + 3] as number)
  );
}

/** The uuid at `position`; the caller has checked that 16 bytes are there. Uuids met before come from a small cache. */
export function readUuid(bytes: Uint8Array, position: number): string {
  const a = word(bytes, position);
  const b = word(bytes, position + 4);
  const c = word(bytes, position + 8);
  const d = word(bytes, position + 12);
  if ((a | b | c | d) === 0) return ZERO_UUID;
  const hash = a ^ Math.imul(b, 3) ^ Math.imul(c, 5) ^ Math.imul(d, 7);
  const slot = (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (SLOTS - 1);
  const entry = known[slot] as Known;
  if (entry.a === a && entry.b === b && entry.c === c && entry.d === d) return entry.text;
  const text = internalized(format(bytes, position));
  known[slot] = { a, b, c, d, text };
  return text;
}

function format(bytes: Uint8Array, position: number): string {
  let text = '';
  for (let i = 0; i < 15; i += 3) {
    const p = position + i;
    const triple = ((bytes[p] as number) << 16) | ((bytes[p + 1] as number) << 8) | (bytes[p + 2] as number);
    text += ALPHABET[triple >>> 18];
    text += ALPHABET[(triple >>> 12) & 63];
    text += ALPHABET[(triple >>> 6) & 63];
    text += ALPHABET[triple & 63];
  }
  const last = bytes[position + 15] as number;
  text += ALPHABET[last >>> 2];
  text += ALPHABET[(last & 3) << 4];
  return text;
}

function digit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  const value = code < 128 ? (DIGITS[code] as number) : -1;
  if (value < 0) throw new RangeError(`not a uuid: ${JSON.stringify(text)}`);
  return value;
}

/** Writes the 16 bytes of a uuid at `position`; RangeError if the text is not one. Uuids written before come from a small cache. */
export function writeUuid(text: string, bytes: Uint8Array, position: number): void {
  if (text === ZERO_UUID) {
    bytes.fill(0, position, position + 16);
    return;
  }
  if (text.length !== 22) throw new RangeError(`not a uuid: ${JSON.stringify(text)}`);
  const slot = (text.charCodeAt(4) ^ (text.charCodeAt(12) << 2) ^ (text.charCodeAt(20) << 4)) & (WRITTEN_SLOTS - 1);
  const known = written[slot] as Written;
  if (known.text === text) {
    for (let i = 0; i < 16; i++) bytes[position + i] = known.bytes[i] as number;
    return;
  }
  parseUuid(text, bytes, position);
  written[slot] = { text, bytes: bytes.slice(position, position + 16) };
}

function parseUuid(text: string, bytes: Uint8Array, position: number): void {
  let p = position;
  for (let i = 0; i < 20; i += 4) {
    const triple = (digit(text, i) << 18) | (digit(text, i + 1) << 12) | (digit(text, i + 2) << 6) | digit(text, i + 3);
    bytes[p++] = triple >>> 16;
    bytes[p++] = (triple >>> 8) & 255;
    bytes[p++] = triple & 255;
  }
  bytes[p] = (digit(text, 20) << 2) | (digit(text, 21) >>> 4);
}

/** Text form of 16 bytes. */
export function uuidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`a uuid has 16 bytes, not ${bytes.length}`);
  return readUuid(bytes, 0);
}

/** The 16 bytes of a uuid; RangeError if the text is not one. */
export function uuidToBytes(uuid: string): Uint8Array {
  const bytes = new Uint8Array(16);
  writeUuid(uuid, bytes, 0);
  return bytes;
}

/**
 * A random (version 4) uuid that Kafka would hand out: never one of its reserved ones (the first hundred), and never
 * beginning with '-', which command lines take for an option.
 */
export function randomUuid(stream: RandomStream): string {
  const bytes = new Uint8Array(16);
  for (;;) {
    for (let i = 0; i < 16; i++) bytes[i] = stream.below(256, 'uuid');
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    if ((bytes[0] as number) >>> 2 !== 62) return internalized(format(bytes, 0));
  }
}
