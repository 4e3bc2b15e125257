/**
 * Places in core at which the simulation now and then takes a path that Kafka allows and that is rare in practice
 * (FoundationDB's BUGGIFY), by name, with a line each. `env.random.sometimes` asks whether to take it; a served cluster never does.
 */
export const RARE_PATHS = {
  'controller/early-task': 'a periodic task of the active controller comes long before its time',
  'controller/few-elections': 'a periodic election elects one leader and leaves the others to the next',
  'controller/late-fencing': 'a broker whose session is over is fenced a little later',
  'controller/late-turn': 'a request to the active controller is decided after others that come later',
  'coordinator/slow-load': 'a coordinator that loads waits for its disk between two buffers',
  'log/early-flush': 'a log is flushed before flush.messages or flush.ms makes it due',
  'log/early-producer-check': 'producers that have expired are looked for before producer.id.expiration.check.interval.ms',
  'log/early-roll': 'a log goes on in a new segment before the old one is full',
  'log/index-rebuilt': 'the indexes of a segment are made anew at load though they agree with it',
  'log/late-housekeeping': 'retention, a scheduled flush or the writing of a checkpoint is left out once',
  'log/lingering-files': 'deleted files stay longer than file.delete.delay.ms',
  'log/sparse-index': 'a batch gets no index entry though enough bytes came since the last one',
  'metadata/batch-by-batch': 'committed batches that come together are published one by one',
  'metadata/early-snapshot': 'a snapshot of the metadata is written before there are bytes enough for one',
  'raft/begin-quorum-epoch-repeated': 'a leader tells of its epoch those who fetch from it already',
  'raft/early-fetch-answer': 'a fetch of the metadata log is answered though there is nothing new',
  'raft/late-listener': 'what is committed is handed on a little later',
  'raft/no-linger': 'what the controller decides is appended at once',
  'raft/short-election-timeout': 'a node waits for the shortest time that it may before it stands for election',
  'raft/short-read': 'a fetch of the metadata log gets one batch',
  'raft/snapshot-in-pieces': 'a request for a snapshot gets a few bytes of it',
  'replication/early-fetch-answer': 'a fetch that waits is answered before there is enough',
  'replication/fetch-session-evicted': 'a leader has no room any more for the fetch session that is asked for',
  'replication/full-fetch': 'a replica fetcher closes its session and begins a new one',
  'replication/isr-change-asked-again': 'the answer to an AlterPartition is taken as lost, and the change is asked for again',
  'replication/late-expiry': 'the time of a request that waits runs out later than it should',
  'replication/late-isr-expansion': 'a follower that has caught up is not proposed for the ISR at this fetch',
  'replication/late-isr-shrink': 'a leader leaves a follower that lags in the ISR until it looks the next time',
  'replication/short-read': 'a fetch gets one batch of a partition instead of all that would fit',
  'replication/slow-fetcher': 'a replica fetcher pauses before its next request',
} as const;

export type RarePath = keyof typeof RARE_PATHS;
