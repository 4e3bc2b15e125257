/**
 * UTF-8 text. Most strings in frames are short ASCII names that come again and again (topics, hosts, client ids), so short
 * ones are interned: a table keyed by a hash of the bytes gives back the string made before.
 */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Longer than this an encoder is faster. */
const SHORT = 64;
const SLOTS = 4096;
const interned: string[] = new Array<string>(SLOTS).fill('');
const names: Record<string, true> = Object.create(null) as Record<string, true>;

/**
 * The engine's one copy of a text, which names of properties are. Equal ones are the same object: to compare them, and to look them
 * up, costs next to nothing, where a text that was put together is compared byte by byte.
 */
export function internalized(text: string): string {
  names[text] = true;
  const [only] = Object.keys(names);
  delete names[text];
  return only as string;
}

/** UTF-8 bytes to text; malformed sequences become U+FFFD, as in Java. */
export function utf8ToString(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Text to UTF-8. Short ASCII is written here: a call of the encoder costs more than that. */
export function stringToUtf8(text: string): Uint8Array {
  const { length } = text;
  if (length > SHORT) return encoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** Text of `length` UTF-8 bytes from `start`, for short strings. The caller has checked the bounds. */
export function shortString(bytes: Uint8Array, start: number, length: number): string {
  if (length === 0) return '';
  const end = start + length;
  let hash = length;
  let all = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    all |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (all >= 0x80) return decoder.decode(bytes.subarray(start, end));
  const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
  const known = interned[slot] as string;
  if (known.length === length && sameText(known, bytes, start)) return known;
  const text = internalized(String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]));
  interned[slot] = text;
  return text;
}

function sameText(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
