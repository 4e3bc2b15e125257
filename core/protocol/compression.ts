/**
 * Compression of record batches, as a port: a platform may set faster codecs. The pure defaults decode everything that
 * real clients send, and encode frames of stored blocks, so that compressed bytes are the same on every engine.
 */
import { gzipCodec } from './compression/gzip.ts';
import { lz4Codec } from './compression/lz4.ts';
import { snappyCodec } from './compression/snappy.ts';
import { zstdCodec } from './compression/zstd.ts';

/** In the order of their ids in a batch's attributes. */
export const COMPRESSION_TYPES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CompressionType = (typeof COMPRESSION_TYPES)[number];

export interface CompressionCodec {
  compress(bytes: Uint8Array): Uint8Array;
  /** DecodeError if the bytes are malformed or stand for more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

const codecs: { [T in Exclude<CompressionType, 'none'>]: CompressionCodec } = {
  gzip: gzipCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
  zstd: zstdCodec,
};

export function compressionCodec(type: Exclude<CompressionType, 'none'>): CompressionCodec {
  return codecs[type];
}

/** Replaces a codec for the whole process. Not for simulations: their bytes must not depend on the platform. */
export function setCompressionCodec(type: Exclude<CompressionType, 'none'>, codec: CompressionCodec): void {
  codecs[type] = codec;
}
