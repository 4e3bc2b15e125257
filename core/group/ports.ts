/** What the group coordinator needs of the broker: its part of `__consumer_offsets`, and its settings. */

export interface OffsetsLog {
  /**
   * Appends one batch to a partition of `__consumer_offsets` that this broker leads in `leaderEpoch`. `done` is called once,
   * maybe before `append` returns: with error 0 and the batch's first offset once the high watermark has passed it in that same
   * leader epoch, else with a Kafka error code.
   */
  append(partition: number, leaderEpoch: number, batch: Uint8Array, done: (error: number, baseOffset: number) => void): void;
  /** Whole batches from an offset on, up to the log end and about `maxBytes`; null if this broker has no such log any more. */
  read(
    partition: number,
    fromOffset: number,
    maxBytes: number,
  ): { readonly records: Uint8Array; readonly nextOffset: number } | null;
  /** Log start and log end, null if this broker has no such log. */
  bounds(partition: number): { readonly startOffset: number; readonly endOffset: number } | null;
}

export interface GroupConfig {
  readonly 'group.initial.rebalance.delay.ms': number;
  readonly 'group.max.session.timeout.ms': number;
  readonly 'group.min.session.timeout.ms': number;
  readonly 'group.max.size': number;
  readonly 'offset.metadata.max.bytes': number;
  readonly 'offsets.load.buffer.size': number;
  readonly 'offsets.retention.check.interval.ms': number;
  readonly 'offsets.retention.minutes': number;
}
