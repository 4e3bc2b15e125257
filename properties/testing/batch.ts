/** Record batches for tests: only the header is real, and the marker of a transaction. */

import type { Marker } from '../internal/batches.ts';

export interface TestBatch {
  readonly base: number;
  readonly epoch: number;
  /** Stands for the content. */
  readonly crc: number;
  readonly count?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly sequence?: number;
  readonly transactional?: boolean;
  /** The batch is the marker of a transaction. */
  readonly marker?: Marker;
}

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

const HEADER = 61;
const MARKER = 17;

/** A header of record batch v2 without records. */
export function testBatch({
  base,
  epoch,
  crc,
  count = 1,
  producerId = -1,
  producerEpoch = -1,
  sequence = -1,
  transactional = false,
  marker,
}: TestBatch): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER + (marker === undefined ? 0 : MARKER)));
  view.setBigInt64(0, BigInt(base));
  view.setInt32(8, 49);
  view.setInt32(12, epoch);
  view.setInt8(16, 2);
  view.setUint32(17, crc);
  view.setInt32(23, count - 1);
  view.setBigInt64(43, BigInt(producerId));
  view.setInt16(51, producerEpoch);
  view.setInt32(53, sequence);
  view.setInt32(57, count);
  if (transactional || marker !== undefined) view.setInt16(21, TRANSACTIONAL | (marker === undefined ? 0 : CONTROL));
  if (marker !== undefined) {
    // Length, attributes, timestamp and offset; key of two numbers, value of two: all lengths twice as large, as varints are.
    [30, 0, 0, 0, 8].forEach((byte, index) => view.setUint8(HEADER + index, byte));
    view.setInt16(HEADER + 7, marker.commit ? 1 : 0);
    view.setUint8(HEADER + 9, 12);
    view.setInt32(HEADER + 12, marker.coordinatorEpoch);
  }
  return new Uint8Array(view.buffer);
}
