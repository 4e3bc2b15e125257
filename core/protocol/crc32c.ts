/**
 * CRC-32C (Castagnoli), slicing by 16: sixteen table look-ups for sixteen bytes, in plain TypeScript so that it is the same
 * everywhere.
 */

const TABLES = makeTables(0x82f63b78);

/** Sixteen tables of 256 entries for a reflected polynomial, one after the other. */
export function makeTables(polynomial: number): Int32Array {
  const tables = new Int32Array(256 * 16);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] as number;
    tables[i] = (previous >>> 8) ^ (tables[previous & 255] as number);
  }
  return tables;
}

/** CRC-32C of bytes [start, end), unsigned. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  return crcOf(TABLES, bytes, start, end);
}

/** The checksum of bytes [start, end) by sixteen tables of a polynomial, unsigned. */
export function crcOf(t: Int32Array, bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let p = start;
  for (const whole = end - 15; p < whole; p += 16) {
    crc ^=
      (bytes[p] as number) |
      ((bytes[p + 1] as number) << 8) |
      ((bytes[p + 2] as number) << 16) |
      ((bytes[p + 3] as number) << 24);
    crc =
      (t[3840 + (crc & 255)] as number) ^
      (t[3584 + ((crc >>> 8) & 255)] as number) ^
      (t[3328 + ((crc >>> 16) & 255)] as number) ^
      (t[3072 + (crc >>> 24)] as number) ^
      (t[2816 + (bytes[p + 4] as number)] as number) ^
      (t[2560 + (bytes[p + 5] as number)] as number) ^
      (t[2304 + (bytes[p + 6] as number)] as number) ^
      (t[2048 + (bytes[p + 7] as number)] as number) ^
      (t[1792 + (bytes[p + 8] as number)] as number) ^
      (t[1536 + (bytes[p + 9] as number)] as number) ^
      (t[1280 + (bytes[p + 10] as number)] as number) ^
      (t[1024 + (bytes[p + 11] as number)] as number) ^
      (t[768 + (bytes[p + 12] as number)] as number) ^
      (t[512 + (bytes[p + 13] as number)] as number) ^
      (t[256 + (bytes[p + 14] as number)] as number) ^
      (t[bytes[p + 15] as number] as number);
  }
  for (; p < end; p++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[p] as number)) & 255] as number);
  return ~crc >>> 0;
}
