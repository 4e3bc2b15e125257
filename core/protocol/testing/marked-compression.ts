/** The codecs of a world of its own: zstd's bytes begin with a mark, and nothing without it can be read. */
import type { Compression } from '../../../ports/compression.ts';
import { pureCompression } from '../compression.ts';
import { DecodeError } from '../reader.ts';

export const MARK = 0xee;

export const markedCompression: Compression = {
  ...pureCompression,
  zstd: {
    compress: (bytes) => Uint8Array.of(MARK, ...bytes),
    decompress(bytes) {
      if (bytes[0] !== MARK) throw new DecodeError('not compressed in this world');
      return bytes.subarray(1);
    },
  },
};
