/** A snapshot on its way from the leader, in chunks. It goes on from `position` after a lost request. */
import type { PartialSnapshot } from './snapshot-files.ts';
import type { OffsetAndEpoch } from './types.ts';

export class SnapshotDownload {
  readonly id: OffsetAndEpoch;
  readonly partial: PartialSnapshot;
  /** All bytes are here and being made durable. */
  isPublishing = false;

  constructor(partial: PartialSnapshot) {
    this.id = partial.id;
    this.partial = partial;
  }

  get position(): number {
    return this.partial.sizeBytes;
  }

  abandon(): void {
    if (!this.isPublishing) this.partial.discard();
  }
}
