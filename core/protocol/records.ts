/** Record batches of format v2 (KIP-98): everything that other modules use of them. */
export {
  type BatchHeader,
  BATCH_OVERHEAD,
  forEachBatch,
  incrementSequence,
  isBatchValid,
  isTransactional,
  readBatchHeader,
  type TimestampType,
} from './batch-header.ts';
export {
  type BatchOptions,
  encodeBatch,
  encodeEmptied,
  encodeRetained,
  rebaseBatch,
  type RecordInput,
} from './batch-encoder.ts';
export { type DecodedRecord, decodeRecords } from './batch-decoder.ts';
export type { CompressionType } from './compression.ts';
export * from './control-records.ts';
