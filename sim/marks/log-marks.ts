/** Rare states of logs: what recovery finds, what deletion and truncation meet, what a log knows of producers. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { Occurrence } from '../observe.ts';
import { diesAfter, type Mark, repeated, type Watch, when, whenError } from './mark.ts';

const replicaOf = ({ partition }: { readonly partition: string }, { node }: Occurrence): string => `${node} ${partition}`;

/** A log ends before where it ended when its machine lost its power. */
const tookRecords: Watch = (run, _, reached) => {
  const ends = new Map<string, Map<string, number>>();
  const before = new Map<string, Map<string, number>>();
  const endsAt = (node: string, partition: string, end: number): void => {
    const of = ends.get(node);
    if (of === undefined) ends.set(node, new Map([[partition, end]]));
    else of.set(partition, end);
  };
  run.on('log-appended', ({ partition, lastOffset }, { node }) => endsAt(node, partition, lastOffset + 1));
  run.on('log-truncated', ({ partition, to }, { node }) => endsAt(node, partition, to));
  run.onWorld(({ type, node }) => {
    const of = ends.get(node);
    if (type === 'power-lost' && of !== undefined) before.set(node, of);
    if (type === 'power-lost' || type === 'disk-wiped') ends.delete(node);
  });
  run.on('log-loaded', ({ partition, logEndOffset }, { node }) => {
    const of = before.get(node);
    if (logEndOffset < (of?.get(partition) ?? 0)) reached();
    of?.delete(partition);
    endsAt(node, partition, logEndOffset);
  });
};

export const LOG_MARKS = {
  'log/loaded-after-an-orderly-shutdown': {
    why: 'a log was opened without recovery: its node must have been stopped and not killed',
    watch: when('log-loaded', ({ clean }) => clean),
  },
  'log/loaded-with-many-epochs': {
    why: 'recovery went through a log of more than three leader epochs: leadership must have moved often, with records in each',
    watch: when('log-loaded', ({ epochs }) => epochs.length > 3),
  },
  'log/loaded-from-a-later-start': {
    why: 'a log was opened whose beginning had been deleted: deletion must be drawn, and its node end after it',
    watch: when('log-loaded', ({ logStartOffset }) => logStartOffset > 0),
  },
  'log/loaded-three-times': {
    why: 'a log was opened three times in ten seconds: its node must die again as soon as it is back',
    watch: repeated({ type: 'log-loaded', key: replicaOf }, 3, 10_000),
  },
  'log/power-loss-took-records': {
    why: 'a power loss took records that a log had: they must not be flushed yet',
    watch: tookRecords,
  },
  'log/epochs-without-records-dropped': {
    why: 'a log forgot leader epochs of which it had no record: a leader must fall before it appends anything',
    watch: when('empty-epochs-dropped'),
  },
  'log/start-moved-by-delete-records': {
    why: 'an operator deleted the beginning of a log: an admin client must be drawn that does',
    watch: when('log-start-offset-advanced', ({ reason }) => reason === 'delete-records'),
  },
  'log/start-moved-by-retention': {
    why: "retention moved a log's beginning: simulated time is short, and retention.ms must be so too",
    watch: when('log-start-offset-advanced', ({ reason }) => reason === 'retention'),
  },
  'log/start-moved-by-the-leader': {
    why: "a follower moved its beginning after its leader's: records must be deleted while it fetches",
    watch: when('log-start-offset-advanced', ({ reason }) => reason === 'leader'),
  },
  'log/segment-deleted-for-its-size': {
    why: 'a segment was deleted since a log had grown beyond retention.bytes: it must be written fast enough',
    watch: when('segment-deleted', ({ reason }) => reason === 'retention-size'),
  },
  'log/segment-deleted-for-its-age': {
    why: 'a segment was deleted since retention.ms was over: in the few seconds that a run has',
    watch: when('segment-deleted', ({ reason }) => reason === 'retention-time'),
  },
  'log/segment-deleted-below-the-start': {
    why: 'a whole segment was below the log start and deleted: so many records must be deleted at once',
    watch: when('segment-deleted', ({ reason }) => reason === 'log-start'),
  },
  'log/rolled-twice-at-once': {
    why: 'a log began two segments within 20 ms: segments must be as small as its batches',
    watch: repeated({ type: 'segment-rolled', key: replicaOf }, 2, 20),
  },
  'log/producers-from-a-snapshot': {
    why: 'what a log knows of producers was read from a snapshot: it must have rolled before its node ended',
    watch: when('producer-state-rebuilt', ({ snapshotOffset }) => snapshotOffset !== null),
  },
  'log/producers-told-after-a-cut': {
    why: 'a log with producers was cut and had to find out anew which batches they had sent',
    watch: when('producer-state-told', ({ occasion, producers }) => occasion === 'truncation' && producers.length > 0),
  },
  'log/producers-expired': {
    why: 'a log forgot producers: producer.id.expiration.ms must be shorter than a pause of theirs',
    watch: when('producers-expired'),
  },
  'log/duplicate-batch': {
    why: 'a log met a batch that it had: an answer must get lost after the append',
    watch: when('duplicate-batch'),
  },
  'log/sequence-out-of-order': {
    why: 'a batch was refused as out of order: one before it must be lost or refused',
    watch: whenError('sequence-rejected', ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
  },
  'log/batch-of-a-fenced-producer': {
    why: 'a batch of an older producer epoch came to a log: a zombie must be writing',
    watch: when(
      'sequence-rejected',
      ({ error }) => error === ErrorCode.INVALID_PRODUCER_EPOCH || error === ErrorCode.PRODUCER_FENCED,
    ),
  },
  'log/batch-of-no-transaction': {
    why: 'a transactional batch was refused since its producer had no transaction (INVALID_TXN_STATE): it must be ended meanwhile',
    watch: whenError('sequence-rejected', ErrorCode.INVALID_TXN_STATE),
  },
  'log/commit-of-nothing': {
    why: 'a commit marker was appended where no transaction was open: it must be written twice, or its partition hold no record',
    watch: when('transaction-marker-appended', ({ commit, firstOffset }) => commit && firstOffset === -1),
  },
  'log/abort-of-nothing': {
    why: 'an abort marker was appended where no transaction was open: its batch must never have come',
    watch: when('transaction-marker-appended', ({ commit, firstOffset }) => !commit && firstOffset === -1),
  },
  'log/cut-an-open-transaction': {
    why: 'a truncation took the beginning of a transaction that was open: its leader must fall before it is replicated',
    watch: when('log-truncated', (_event, _at, now) => now.cutTransactions > 0),
  },
  'log/transaction-over-two-epochs': {
    why: 'a transaction began under one leader and ended under another: an election must fall into it',
    watch: when('became-leader', ({ partition, leaderEpoch }, { node }, now) => {
      for (const { epoch } of now.openTransactions(node, partition).values()) if (epoch !== leaderEpoch) return true;
      return false;
    }),
  },
  'log/transaction-over-two-segments': {
    why: 'a log began a segment within a transaction: an index of aborted transactions must be read across files',
    watch: when('segment-rolled', ({ partition }, { node }, now) => now.openTransactions(node, partition).size > 0),
  },
  'log/three-open-transactions': {
    why: 'three transactions were open in a partition at once: as many transactional producers must write there',
    watch: when(
      'transaction-opened',
      ({ partition, byLeader }, { node }, now) => byLeader && now.openTransactions(node, partition).size === 3,
    ),
  },
  'log/died-after-a-roll': {
    why: 'a node ended within 20 ms of beginning a segment: files must be found half made',
    watch: diesAfter('segment-rolled', () => true, 20),
  },
  'log/died-after-a-cut': {
    why: 'a node ended within 50 ms of cutting a log: the cut may not be on its disk',
    watch: diesAfter('log-truncated', ({ reason }) => reason === 'diverging-epoch', 50),
  },
  'log/directory-failed': {
    why: 'a log directory went offline: a disk must fail, and be written or read by then',
    watch: when('log-directory-failed'),
  },
  'log/directory-full': {
    why: 'a log directory went offline for lack of space: a disk must be full when something is written there',
    watch: when('log-directory-failed', ({ error }) => error.startsWith('ENOSPC')),
  },
  'log/directory-failed-at-a-checkpoint': {
    why: 'a log directory failed at a checkpoint and not at a log: checkpoints are few',
    watch: when('log-directory-failed', ({ error }) => error.includes('checkpoint')),
  },
} as const satisfies Readonly<Record<string, Mark>>;
