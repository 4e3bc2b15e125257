/** Rare states of core worth reaching, by the name under which it tells of them, with a line each. */
export const CORE_MARKS = {
  'log/recovery-dropped-a-segment': 'recovery after a crash found a segment beyond a broken one and dropped it',
  'log/recovery-cut-a-segment': 'recovery after a crash cut a segment at its first invalid batch',
  'log/retention-waited-for-the-high-watermark': 'a segment was too old or one too many, and not all of its replicas had it',
  'log/start-passed-an-open-transaction': 'records of a transaction that was open were deleted',
  'log/verified-too-late':
    "a transaction's first batch was refused, as the transaction had ended since its coordinator was asked",
  'replication/transaction-asked-about-again': "a producer's next transaction began while the markers of its last were written",
  'group/request-met-a-loading-coordinator': 'a member or a committing client asked a coordinator that was still loading',
  'transaction/request-met-a-loading-coordinator':
    'a producer or a broker asked a transaction coordinator that was still loading',
  'broker/request-to-a-controller-sent-twice': 'a broker asked again what a controller had not answered, and may have done',
  'log/truncated-while-flushing': 'a log was truncated while a flush of it was under way',
  'consumer left its group: max.poll.interval.ms exceeded': 'an application was too slow between two polls',
  'consumer ignored a heartbeat answer of an older generation': 'a heartbeat was answered after the next rebalance',
  'consumer retries an out-of-range follower fetch at the leader': 'a follower that a consumer read from was behind',
  'client ignored metadata with an older leader epoch': 'a broker told a client of a leader that was superseded',
  'producer split a batch that was too large': 'a broker found a compressed batch too large',
  'producer batch expired in flight': 'delivery.timeout.ms passed while a request was under way',
} as const;

/** The same of compaction, which the scenario of that name alone switches on. */
export const COMPACTION_MARKS = {
  'log/recovery-completed-a-swap': 'recovery after a crash put a compacted copy of segments in their place',
  'log/recovery-dropped-a-copy': 'recovery after a crash threw a compacted copy of segments away that was not complete',
  'log/cleaning-aborted': 'a log was truncated while it was being compacted',
  'log/cleaning-aborted-in-a-swap': 'a log was truncated when a compacted copy was about to take the place of segments',
  'log/offset-map-full': 'a cleaner had no room for all keys of what was not clean yet',
  'log/cleaned-overdue': 'a log was compacted because max.compaction.lag.ms had passed',
  'log/cleaner-throttled': 'a cleaner waited because of log.cleaner.io.max.bytes.per.second',
  'log/tombstone-removed': 'a cleaner removed a tombstone whose delete horizon had passed',
  'log/marker-removed': 'a cleaner removed the marker of a transaction of which nothing was left',
  'log/aborted-records-removed': 'a cleaner removed records of an aborted transaction',
  'log/batch-emptied': 'a cleaner left nothing but the head of a batch, for its producer or for its offsets',
} as const;

export type CoreMark = keyof typeof CORE_MARKS | keyof typeof COMPACTION_MARKS;
