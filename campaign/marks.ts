/** Rare states worth reaching, by the name under which core or a checker emits them, with a line each. */
export const MARKS: ReadonlyMap<string, string> = new Map([
  ['log/recovery-dropped-a-segment', 'recovery after a crash found a segment beyond a broken one and dropped it'],
  ['log/recovery-cut-a-segment', 'recovery after a crash cut a segment at its first invalid batch'],
  ['log/retention-waited-for-the-high-watermark', 'a segment was too old or one too many, and not all of its replicas had it'],
  ['group/request-met-a-loading-coordinator', 'a member or a committing client asked a coordinator that was still loading'],
  ['broker/request-to-a-controller-sent-twice', 'a broker asked again what a controller had not answered, and may have done'],
  ['log/truncated-while-flushing', 'a log was truncated while a flush of it was under way'],
  ['consumer left its group: max.poll.interval.ms exceeded', 'an application was too slow between two polls'],
  ['consumer ignored a heartbeat answer of an older generation', 'a heartbeat was answered after the next rebalance'],
  ['consumer retries an out-of-range follower fetch at the leader', 'a follower that a consumer read from was behind'],
  ['client ignored metadata with an older leader epoch', 'a broker told a client of a leader that was superseded'],
  ['producer split a batch that was too large', 'a broker found a compressed batch too large'],
  [
    'producer begins in mid-sequence: its first batches missed the leader (KAFKA-14359)',
    'a new leader took a batch from a producer whose first batches had gone to the deposed one',
  ],
  ['producer batch expired in flight', 'delivery.timeout.ms passed while a request was under way'],
  ['c9-compared-after-snapshot', 'metadata images were compared after a node had loaded a snapshot'],
  ['committed offset came from a commit of unknown fate', 'a commit whose answer was lost had taken effect'],
  ['end offset told by a leader of an older epoch', 'a deposed leader still answered a question for offsets'],
  ['record twice in the log, without idempotence', 'a retry of a send that had taken effect was appended again'],
  [
    'a second process was registered under a node id whose session was over',
    'a wrongly configured broker took over the id of one that had died or was cut off',
  ],
  ['s1-unsynced-truncation-undone', 'a power loss brought back what a log had truncated'],
]);
