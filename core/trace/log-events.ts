/** One batch of a log, as its header says. `crc` covers everything but base offset and leader epoch: equal crc, equal records. */
interface BatchSummary {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
}

/** What a log remembers of a producer: its last batch, and its transactions. */
export interface ProducerSummary {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1, as the offset: of this epoch there is only a marker. */
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** Of its last marker; -1: there is none. */
  readonly coordinatorEpoch: number;
  /** Where its open transaction begins; -1: none is open. */
  readonly currentTxnFirstOffset: number;
}

/** Logs on disk (core/log). */
export type LogEvent =
  /** A log was opened and recovered: everything it now holds. `clean`: recovery was skipped thanks to a clean shutdown. */
  | {
      readonly type: 'log-loaded';
      readonly partition: string;
      readonly topicId: string;
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly recoveryPoint: number;
      readonly clean: boolean;
      readonly batches: readonly BatchSummary[];
      readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
    }
  | {
      readonly type: 'log-appended';
      readonly partition: string;
      readonly role: 'leader' | 'follower';
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly leaderEpoch: number;
      readonly batch: Uint8Array;
    }
  | {
      readonly type: 'log-truncated';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      /** Why: 'diverging-epoch', 'out-of-range', 'full', 'snapshot', 'recovery', ... */
      readonly reason: string;
    }
  /** Everything below `upTo` has been synced to disk. */
  | { readonly type: 'log-flushed'; readonly partition: string; readonly upTo: number }
  | {
      readonly type: 'log-start-offset-advanced';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      readonly reason: 'retention' | 'delete-records' | 'leader' | 'snapshot';
    }
  | { readonly type: 'segment-rolled'; readonly partition: string; readonly baseOffset: number }
  | {
      readonly type: 'segment-deleted';
      readonly partition: string;
      readonly baseOffset: number;
      readonly endOffset: number;
      readonly highWatermark: number;
      readonly reason: 'retention-time' | 'retention-size' | 'log-start';
      /** Of its records, ms. */
      readonly largestTimestamp: number;
      /** The node's clock as it decided. */
      readonly wallMs: number;
      readonly retentionMs: number;
    }
  /** A cleaner begins with a log: what of it is not clean yet, and from where on nothing is touched. */
  | {
      readonly type: 'log-cleaning-begun';
      readonly partition: string;
      readonly firstDirtyOffset: number;
      readonly firstUncleanableOffset: number;
    }
  /** A cleaned copy of the segments [baseOffset, endOffset) is durable and gets its `.swap` names: from now on a crash may end with it in their place. */
  | {
      readonly type: 'segments-swapping';
      readonly partition: string;
      readonly baseOffset: number;
      readonly endOffset: number;
      /** Reads the batches of the copy. To be called at once. */
      readonly records: () => Uint8Array;
    }
  /** Told with `segments-swapping` of a copy that has something of several of its segments: interrupted, it lies beside those that it is to replace. */
  | { readonly type: 'segments-merging'; readonly partition: string; readonly baseOffset: number; readonly endOffset: number }
  /** A cleaned copy has taken the place of the segments [baseOffset, endOffset). */
  | {
      readonly type: 'segments-swapped';
      readonly partition: string;
      readonly baseOffset: number;
      readonly endOffset: number;
      /** By the wall clock, when the cleaning began: by it tombstones and markers are judged. */
      readonly startedMs: number;
      /** delete.retention.ms, as it was then. */
      readonly deleteRetentionMs: number;
      /** Reads the batches of the copy. To be called at once. */
      readonly records: () => Uint8Array;
    }
  /** The log is clean below `endOffset`. */
  | { readonly type: 'log-cleaning-ended'; readonly partition: string; readonly endOffset: number }
  /** A batch cannot be read: the log is not cleaned any more by this process. */
  | { readonly type: 'log-uncleanable'; readonly partition: string; readonly problem: string }
  | { readonly type: 'epoch-assigned'; readonly partition: string; readonly epoch: number; readonly startOffset: number }
  /** A directory's logs are flushed and closed, and the file that proves it to the next run is being written. */
  | { readonly type: 'clean-shutdown-marked'; readonly directory: string; readonly brokerEpoch: number }
  /** Epochs that begin at the log's end, of which it has no record, are forgotten by a truncation that cuts nothing. */
  | {
      readonly type: 'empty-epochs-dropped';
      readonly partition: string;
      readonly logEndOffset: number;
      /** The last one that is left. */
      readonly latestEpoch: number | null;
    }
  /** A retry of a batch that the log already holds (KIP-98); it is answered with the first offset, not appended. */
  | {
      readonly type: 'duplicate-batch';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly lastSequence: number;
      readonly offset: number;
    }
  | {
      readonly type: 'sequence-rejected';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly expected: number;
      readonly error: number;
    }
  /** The first batch of a producer's transaction is in the log. */
  | {
      readonly type: 'transaction-opened';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly firstOffset: number;
      readonly byLeader: boolean;
    }
  | {
      readonly type: 'transaction-marker-appended';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly coordinatorEpoch: number;
      readonly commit: boolean;
      readonly offset: number;
      /** Where the transaction that it ends begins; -1: none was open. */
      readonly firstOffset: number;
      readonly byLeader: boolean;
    }
  /** A leader did not take a marker: its epoch or its coordinator's is too old. */
  | {
      readonly type: 'marker-rejected';
      readonly partition: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly coordinatorEpoch: number;
      readonly commit: boolean;
      readonly error: number;
    }
  /** What a log knows of producers was built anew: from a snapshot, which holds the last batch of each, and the batches after it. */
  | {
      readonly type: 'producer-state-rebuilt';
      readonly partition: string;
      /** Null: from the batches alone. */
      readonly snapshotOffset: number | null;
      /** The batches from here on; of those below, what the snapshot holds. */
      readonly from: number;
      readonly upTo: number;
    }
  /** What a log remembers of its producers, of everything below `endOffset`: rebuilt at a load or after a cut, or written to a snapshot. */
  | {
      readonly type: 'producer-state-told';
      readonly partition: string;
      readonly occasion: 'load' | 'truncation' | 'snapshot';
      readonly endOffset: number;
      readonly producers: readonly ProducerSummary[];
    }
  /** They wrote nothing for producer.id.expiration.ms, and are forgotten. */
  | { readonly type: 'producers-expired'; readonly partition: string; readonly producerIds: readonly number[] }
  | {
      readonly type: 'checkpoint-written';
      readonly file: 'recovery-point' | 'high-watermark' | 'log-start' | 'leader-epoch' | 'cleaner';
      readonly directory: string;
      readonly entries: readonly (readonly [partition: string, offset: number])[];
    }
  | { readonly type: 'log-directory-failed'; readonly directory: string; readonly error: string };
