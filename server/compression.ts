/** Compression in native code, for gzip and zstd. */
import zlib from 'node:zlib';
import { type CompressionCodec, compressionCodec, setCompressionCodec } from '../core/protocol/compression.ts';
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

let installed = false;

/** Sets the native codecs for the whole process, once. zstd stays in pure JavaScript where Node has none. */
export function installNativeCompression(): void {
  if (installed) return;
  installed = true;
  setCompressionCodec('gzip', nativeCodec(zlib.gzipSync, zlib.gunzipSync));
  if (typeof zlib.zstdCompressSync !== 'function') return;
  const native = nativeCodec(zlib.zstdCompressSync, zlib.zstdDecompressSync);
  const pure = compressionCodec('zstd');
  setCompressionCodec('zstd', {
    compress: (bytes) => native.compress(bytes),
    decompress(bytes, maxBytes) {
      try {
        return native.decompress(bytes, maxBytes);
      } catch {
        // Forms of frames that the native one-shot decoder refuses; what is really broken fails here too.
        return pure.decompress(bytes, maxBytes);
      }
    },
  });
}
