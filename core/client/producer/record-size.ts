/** Upper bounds of encoded sizes, as Kafka's producer reckons when it fills batches. */
import type { RecordInput } from '../../protocol/records.ts';
import { stringToUtf8 } from '../../protocol/strings.ts';

export const BATCH_OVERHEAD_BYTES = 61;
/** Five varints and varlongs at their longest, and the attributes. */
const RECORD_OVERHEAD_BYTES = 21;

export function recordSizeUpperBound(record: RecordInput): number {
  let size = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0) + 10;
  if (record.headers !== undefined)
    for (const header of record.headers) size += 10 + stringToUtf8(header.key).length + (header.value?.length ?? 0);
  return size;
}
