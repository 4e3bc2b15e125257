/** Rare states of the log cleaner that events tell of: where it is interrupted, and who comes to a log that it has been at. */
import type { Occurrence } from '../observe.ts';
import { diesAfter, follows, type Mark, repeated, when } from './mark.ts';

const OFFSETS = '__consumer_offsets';
const always = (): boolean => true;
const replicaOf = ({ partition }: { readonly partition: string }, { node }: Occurrence): string => `${node} ${partition}`;

export const CLEANER_MARKS = {
  'cleaner/died-at-work': {
    why: 'a node died within 50 ms of beginning to clean a log: what it had copied so far is for its next life to throw away',
    isDirected: true,
    watch: diesAfter('log-cleaning-begun', always, 50),
  },
  'cleaner/died-between-the-names': {
    why: 'a node died while a copy took the place of its segments: the copy is durable, and bears its second name',
    isDirected: true,
    watch: diesAfter('segments-swapping', always, 1),
  },
  'cleaner/segments-merged': {
    why: 'several segments became one: there must be little enough left of each, and a crash may find the copy beside them',
    isDirected: true,
    watch: when('segments-merging'),
  },
  'cleaner/offsets-compacted': {
    why: 'a log of committed offsets was compacted: its segments must be small, for it is written seldom',
    isDirected: true,
    watch: when('segments-swapped', ({ partition }) => partition.startsWith(OFFSETS)),
  },
  'cleaner/transactions-compacted': {
    why: 'a log of transactions was compacted: its segments must be small, for it is written seldom',
    isDirected: true,
    watch: when('segments-swapped', ({ partition }) => partition.startsWith('__transaction_state')),
  },
  'cleaner/leads-what-it-has-just-cleaned': {
    why: 'a broker became the leader of a log within a second of compacting it: followers copy what it has left',
    isDirected: true,
    watch: follows({ type: 'segments-swapped', key: replicaOf }, { type: 'became-leader', key: replicaOf }, 1_000),
  },
  'cleaner/coordinator-loads-what-it-has-just-cleaned': {
    why: 'a coordinator read its log within a second of its compaction: leadership must move to a broker at work on it',
    isDirected: true,
    watch: follows(
      { type: 'segments-swapped', key: replicaOf },
      { type: 'coordinator-loading', key: ({ offsetsPartition }, { node }) => `${node} ${OFFSETS}-${offsetsPartition}` },
      1_000,
    ),
  },
  'cleaner/three-rounds-in-a-second': {
    why: 'a log was cleaned three times in a second: its map must be too small for its keys, or the log grow as fast',
    isDirected: true,
    watch: repeated({ type: 'log-cleaning-ended', key: replicaOf }, 3, 1_000),
  },
} as const satisfies Readonly<Record<string, Mark>>;
