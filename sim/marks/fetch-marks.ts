/** Rare answers to consumers and to clients that ask for offsets. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import { type Mark, type Watch, when } from './mark.ts';

function fetchRefused(error: number): Watch {
  return when('fetch-rejected', (fetch) => fetch.replica === -1 && fetch.error === error);
}

function refused(api: string, error: number): Watch {
  return when('request-rejected', (request) => request.api === api && request.error === error);
}

export const FETCH_MARKS = {
  'fetch/out-of-range': {
    why: 'a consumer fetched what the leader did not have, or not any more',
    watch: fetchRefused(ErrorCode.OFFSET_OUT_OF_RANGE),
  },
  'fetch/of-an-unknown-partition': {
    why: 'a consumer fetched from a broker that did not have the partition: it must be deleted, or its metadata old',
    watch: fetchRefused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
  },
  'fetch/of-an-unknown-topic-id': {
    why: 'a consumer fetched a topic id that the broker did not have (KIP-516): the topic must be made or deleted just then',
    watch: fetchRefused(ErrorCode.UNKNOWN_TOPIC_ID),
  },
  'fetch/from-a-failed-disk': {
    why: "a consumer fetched from a leader whose disk had failed: it must come before the leader's replacement",
    watch: fetchRefused(ErrorCode.KAFKA_STORAGE_ERROR),
  },
  'fetch/in-a-later-epoch': {
    why: 'a consumer knew of a leader epoch before the broker that it asked (UNKNOWN_LEADER_EPOCH): another must have told it',
    watch: fetchRefused(ErrorCode.UNKNOWN_LEADER_EPOCH),
  },
  'fetch/in-an-older-epoch': {
    why: 'a consumer fetched in an epoch that was over (FENCED_LEADER_EPOCH): an election must fall between its metadata and its fetch',
    watch: fetchRefused(ErrorCode.FENCED_LEADER_EPOCH),
  },
  'fetch/from-a-former-leader': {
    why: 'a consumer fetched from a broker that led no more and did not name an epoch, or the same',
    isSeldom: true,
    watch: fetchRefused(ErrorCode.NOT_LEADER_OR_FOLLOWER),
  },
  'offsets-asked/of-a-former-leader': {
    why: 'offsets were asked of a broker that led the partition no more: that is asked seldom',
    watch: refused('ListOffsets', ErrorCode.NOT_LEADER_OR_FOLLOWER),
  },
  'offsets-asked/in-an-older-epoch': {
    why: 'offsets were asked in an epoch that was over',
    watch: refused('ListOffsets', ErrorCode.FENCED_LEADER_EPOCH),
  },
  'offsets-asked/in-a-later-epoch': {
    why: 'offsets were asked in an epoch of which the leader did not know yet',
    isSeldom: true,
    watch: refused('ListOffsets', ErrorCode.UNKNOWN_LEADER_EPOCH),
  },
  'offsets-asked/before-anything-was-committed': {
    why: 'a new leader was asked for its end before it had committed anything of its epoch (OFFSET_NOT_AVAILABLE, KIP-207)',
    watch: refused('ListOffsets', ErrorCode.OFFSET_NOT_AVAILABLE),
  },
  'offsets-asked/of-a-failed-disk': {
    why: 'offsets were asked of a leader whose disk had failed',
    isSeldom: true,
    watch: refused('ListOffsets', ErrorCode.KAFKA_STORAGE_ERROR),
  },
  'epoch-end-asked/in-an-older-epoch': {
    why: 'a client asked where an epoch ends of a leader that was in a later one: it must validate its position during an election',
    watch: refused('OffsetForLeaderEpoch', ErrorCode.FENCED_LEADER_EPOCH),
  },
  'epoch-end-asked/in-a-later-epoch': {
    why: 'a client asked where an epoch ends of a leader that was behind with its metadata',
    watch: refused('OffsetForLeaderEpoch', ErrorCode.UNKNOWN_LEADER_EPOCH),
  },
  'epoch-end-asked/of-a-former-leader': {
    why: 'a client asked where an epoch ends of a broker that led no more',
    isSeldom: true,
    watch: refused('OffsetForLeaderEpoch', ErrorCode.NOT_LEADER_OR_FOLLOWER),
  },
} as const satisfies Readonly<Record<string, Mark>>;
