/** Record batches for tests: only the header is real. */

export interface TestBatch {
  readonly base: number;
  readonly epoch: number;
  /** Stands for the content. */
  readonly crc: number;
  readonly count?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly sequence?: number;
}

/** A header of record batch v2 without records. */
export function testBatch({
  base,
  epoch,
  crc,
  count = 1,
  producerId = -1,
  producerEpoch = -1,
  sequence = -1,
}: TestBatch): Uint8Array {
  const view = new DataView(new ArrayBuffer(61));
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
  return new Uint8Array(view.buffer);
}
