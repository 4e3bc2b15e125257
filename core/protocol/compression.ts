/**
 * Compression of record batches in pure JavaScript, for worlds that bring no codecs of their own. It decodes everything that real
 * clients send, and encodes frames of stored blocks, so that compressed bytes are the same on every engine.
 */
import type { Compression } from '../../ports/compression.ts';
import { gzipCodec } from './compression/gzip.ts';
import { lz4Codec } from './compression/lz4.ts';
import { snappyCodec } from './compression/snappy.ts';
import { zstdCodec } from './compression/zstd.ts';

/** In the order of their ids in a batch's attributes. */
export const COMPRESSION_TYPES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CompressionType = (typeof COMPRESSION_TYPES)[number];

export const pureCompression: Compression = Object.freeze({
  gzip: Object.freeze(gzipCodec),
  snappy: Object.freeze(snappyCodec),
  lz4: Object.freeze(lz4Codec),
  zstd: Object.freeze(zstdCodec),
});
