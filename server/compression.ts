/** Compression in native code, for gzip and zstd. */
import zlib from 'node:zlib';
import type { Compression, CompressionCodec } from '../ports/compression.ts';
import { pureCompression } from '../core/protocol/compression.ts';
import { DecodeError } from '../core/protocol/reader.ts';

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function nativeCodec(
  compress: (bytes: Uint8Array) => Uint8Array,
  decompress: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array,
): CompressionCodec {
  return {
    compress: (bytes) => plain(compress(bytes)),
    decompress(bytes, maxBytes) {
      try {
        return plain(decompress(bytes, { maxOutputLength: Math.max(1, Math.min(maxBytes, 2 ** 31)) }));
      } catch (error) {
        throw new DecodeError(`cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

/** Null where Node has none: zstd then stays in pure JavaScript. */
function nativeZstd(): CompressionCodec | null {
  if (typeof zlib.zstdCompressSync !== 'function') return null;
  const native = nativeCodec(zlib.zstdCompressSync, zlib.zstdDecompressSync);
  return {
    compress: (bytes) => native.compress(bytes),
    decompress(bytes, maxBytes) {
      try {
        return native.decompress(bytes, maxBytes);
      } catch {
        // Forms of frames that the native one-shot decoder refuses; what is really broken fails here too.
        return pureCompression.zstd.decompress(bytes, maxBytes);
      }
    },
  };
}

/** The compression port of a real machine: native where Node has it. */
export const nativeCompression: Compression = {
  ...pureCompression,
  gzip: nativeCodec(zlib.gzipSync, zlib.gunzipSync),
  zstd: nativeZstd() ?? pureCompression.zstd,
};
