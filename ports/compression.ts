/** Compression, as a platform provides it. */

/** One way to compress the records of a batch. */
export interface CompressionCodec {
  compress(bytes: Uint8Array): Uint8Array;
  /** DecodeError if the bytes are malformed or stand for more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

/**
 * Compression of record batches. `pureCompression` (core/protocol/compression.ts) is the same on every engine and is what a
 * simulation has; a real machine has faster codecs, whose bytes differ from build to build.
 */
export interface Compression {
  readonly gzip: CompressionCodec;
  readonly snappy: CompressionCodec;
  readonly lz4: CompressionCodec;
  readonly zstd: CompressionCodec;
}
