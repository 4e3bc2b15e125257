/** Rare states that checkers see and nothing needs to judge, with a line each. */
export const PROPERTY_MARKS = {
  'producer begins in mid-sequence: its first batches missed the leader (KAFKA-14359)':
    'a new leader took a batch from a producer whose first batches had gone to the deposed one',
  'c9-compared-after-snapshot': 'metadata images were compared after a node had loaded a snapshot',
  'committed offset came from a commit of unknown fate': 'a commit whose answer was lost had taken effect',
  'writes of committed transactions interleave (G0)':
    'of two transactions, each wrote after the other somewhere, as Kafka permits',
  'end offset told by a leader of an older epoch': 'a deposed leader still answered a question for offsets',
  'record twice in the log, without idempotence': 'a retry of a send that had taken effect was appended again',
  's1-unsynced-truncation-undone': 'a power loss brought back what a log had truncated',
} as const;

/** Those that `standard` never leads to. */
export const DIRECTED_PROPERTY_MARKS = {
  'records read while the group rebalances':
    'a member of the cooperative protocol was given records of what it keeps before the next generation was there',
} as const;

export type PropertyMark = keyof typeof PROPERTY_MARKS | keyof typeof DIRECTED_PROPERTY_MARKS;
