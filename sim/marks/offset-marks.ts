/** Rare states of committed offsets: commits that come late, go back or are refused, offsets that are removed or wait for a transaction. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import { diesAfter, type Mark, type Watch, when } from './mark.ts';

function refused(error: number): Watch {
  return when('offset-commit-rejected', (commit) => commit.error === error && commit.producerId === -1);
}

function refusedInTransaction(error: number): Watch {
  return when('offset-commit-rejected', (commit) => commit.error === error && commit.producerId !== -1);
}

/** What was committed last, by group, partition and topic id. */
const wentBack: Watch = (run, _, reached) => {
  const last = new Map<string, number>();
  run.on('offset-committed', ({ group, partition, topicId, offset }) => {
    const key = `${group} ${partition} ${topicId}`;
    if (offset < (last.get(key) ?? 0)) reached();
    last.set(key, offset);
  });
};

export const OFFSET_MARKS = {
  'offsets/went-back': {
    why: 'a group committed less than it had: a member must resume behind another, or its commits come out of order',
    watch: wentBack,
  },
  'offsets/committed-during-a-rebalance': {
    why: 'a member committed while others joined: its commit must be on its way when the rebalance begins',
    watch: when('offset-committed', ({ groupState }) => groupState === 'PreparingRebalance'),
  },
  'offsets/commit-of-an-older-generation': {
    why: 'a commit of a generation that was over was refused: its member must miss a whole rebalance',
    watch: refused(ErrorCode.ILLEGAL_GENERATION),
  },
  'offsets/commit-of-a-removed-member': {
    why: 'a member that the group had given up wanted to commit: it must be slow enough to lose its session, and go on',
    watch: refused(ErrorCode.UNKNOWN_MEMBER_ID),
  },
  'offsets/commit-to-a-loading-coordinator': {
    why: 'a commit came while its coordinator was loading: loads are short',
    watch: refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
  },
  'offsets/commit-to-a-former-coordinator': {
    why: 'a commit came to a broker that coordinated the group no more: leadership must move between two commits',
    watch: refused(ErrorCode.NOT_COORDINATOR),
  },
  'offsets/commit-not-replicated': {
    why: "a commit could not be recorded (COORDINATOR_NOT_AVAILABLE): the offsets topic's in-sync set must be too small, or too slow",
    watch: refused(ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'offsets/transactional-commit-of-a-fenced-producer': {
    why: 'a zombie wanted to commit offsets in its transaction (INVALID_PRODUCER_EPOCH): a newer life must have begun',
    watch: refusedInTransaction(ErrorCode.INVALID_PRODUCER_EPOCH),
  },
  'offsets/transactional-commit-of-a-forgotten-producer': {
    why: 'a producer whose id the coordinator had forgotten wanted to commit offsets (INVALID_PRODUCER_ID_MAPPING): its id must expire in the midst of its work',
    watch: refusedInTransaction(ErrorCode.INVALID_PRODUCER_ID_MAPPING),
  },
  'offsets/transactional-commit-of-a-removed-member': {
    why: 'offsets were committed in a transaction for a member that the group had given up (KIP-447): it must lose its session within a transaction',
    watch: refusedInTransaction(ErrorCode.UNKNOWN_MEMBER_ID),
  },
  'offsets/transactional-commit-during-a-transition': {
    why: 'offsets were committed in a transaction while its last one was being completed (CONCURRENT_TRANSACTIONS)',
    watch: refusedInTransaction(ErrorCode.CONCURRENT_TRANSACTIONS),
  },
  'offsets/transactional-commit-to-a-loading-coordinator': {
    why: "offsets were committed in a transaction while their group's, or the transaction's, coordinator was loading",
    watch: refusedInTransaction(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
  },
  'offsets/transactional-commit-to-a-former-coordinator': {
    why: 'offsets were committed in a transaction at a broker that coordinated the group no more',
    watch: refusedInTransaction(ErrorCode.NOT_COORDINATOR),
  },
  'offsets/dropped-by-an-abort': {
    why: 'a transaction was aborted that had committed offsets: it must fail after the last of its sends',
    watch: when('transactional-offsets-ended', ({ isCommitted, offsets }) => !isCommitted && offsets.length > 0),
  },
  'offsets/commit-of-no-offsets': {
    why: 'a commit marker came for offsets that the coordinator did not have any more: it must be written twice',
    watch: when('transactional-offsets-ended', ({ isCommitted, offsets }) => isCommitted && offsets.length === 0),
  },
  'offsets/abort-of-no-offsets': {
    why: 'an abort marker came for offsets that were never written: the transaction must end between its request for them and the commit',
    watch: when('transactional-offsets-ended', ({ isCommitted, offsets }) => !isCommitted && offsets.length === 0),
  },
  'offsets/pending-found-on-load': {
    why: 'a coordinator loaded offsets of a transaction whose end it had not read: the move must fall between commit and marker',
    watch: when('coordinator-loaded', ({ transactionalOffsets }) => transactionalOffsets.length > 0),
  },
  'offsets/asked-while-unstable': {
    why: 'a consumer that started had to wait for a transaction (UNSTABLE_OFFSET_COMMIT, KIP-447)',
    watch: when('offset-fetched', ({ error }) => error === ErrorCode.UNSTABLE_OFFSET_COMMIT),
  },
  'offsets/asked-of-a-loading-coordinator': {
    why: 'a consumer that started asked a coordinator that was loading: both are short',
    watch: when(
      'group-request-rejected',
      ({ api, error }) => api === 'OffsetFetch' && error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ),
  },
  'offsets/asked-of-a-former-coordinator': {
    why: 'a consumer that started asked a broker that coordinated its group no more',
    watch: when('group-request-rejected', ({ api, error }) => api === 'OffsetFetch' && error === ErrorCode.NOT_COORDINATOR),
  },
  'offsets/removed-with-their-topic': {
    why: 'committed offsets went away with their topic: a group must have read one that is deleted',
    watch: when('offset-removed', ({ reason }) => reason === 'topic-deleted'),
  },
  'offsets/expired': {
    why: 'committed offsets expired: a group must be empty for a minute, the shortest retention that there is',
    isSeldom: true,
    watch: when('offset-removed', ({ reason }) => reason === 'expired'),
  },
  'offsets/removal-failed': {
    why: 'the tombstone of an offset could not be written: a deletion and a lack of replicas must coincide',
    isSeldom: true,
    watch: when('offset-removal-ended', ({ error }) => error !== ErrorCode.NONE),
  },
  'offsets/coordinator-died-after-a-commit': {
    why: 'a coordinator ended within 10 ms of answering a commit: the next must find it in the log',
    watch: diesAfter('offset-committed', () => true, 10),
  },
} as const satisfies Readonly<Record<string, Mark>>;
