/** Records being decided, and the state as it will be with them. */
import { MetadataDelta } from '../metadata/delta.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { type MetadataRecord, metadataRecord, type MetadataRecordType } from '../metadata/records.ts';
import type { MetadataRecordTypes } from '../protocol/messages/index.ts';
import { Offset } from '../protocol/numbers.ts';

/**
 * One atomic batch in the making. Each decision reads `image`, which holds what the earlier decisions of the batch did, so
 * that no decision rests on a state that the batch itself has changed.
 */
export class Changes {
  readonly records: MetadataRecord[] = [];
  /** The offset that the first record will have. */
  readonly baseOffset: Offset;
  #image: MetadataImage;
  #applied = 0;

  constructor(image: MetadataImage, baseOffset: Offset) {
    this.#image = image;
    this.baseOffset = baseOffset;
  }

  /** The offset that the last one has so far. */
  get lastOffset(): Offset {
    return Offset(this.baseOffset + this.records.length - 1);
  }

  get image(): MetadataImage {
    if (this.#applied < this.records.length) {
      const delta = new MetadataDelta(this.#image);
      for (; this.#applied < this.records.length; this.#applied++) {
        delta.replay(this.records[this.#applied] as MetadataRecord);
      }
      this.#image = delta.apply(this.#image.provenance);
    }
    return this.#image;
  }

  add<K extends MetadataRecordType>(type: K, data: MetadataRecordTypes[K]): void {
    this.records.push(metadataRecord(type, data));
  }
}
