/** Rare states of replication: leaders that are none any more, in-sync sets that shrink and grow, logs that part, fetches that come late. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Occurrence } from '../observe.ts';
import { diesAfter, follows, type Mark, repeated, type Watch, when } from './mark.ts';

const partitionOf = ({ partition }: { readonly partition: string }): string => partition;
const replicaOf = ({ partition }: { readonly partition: string }, { node }: Occurrence): string => `${node} ${partition}`;

function refusedFetch(error: number, by: 'consumer' | 'follower'): Watch {
  return when('fetch-rejected', (fetch) => fetch.error === error && (fetch.replica === -1) === (by === 'consumer'));
}

function failedProduce(error: number, afterAppend: boolean): Watch {
  return when('produce-failed', (failure) => failure.error === error && failure.afterAppend === afterAppend);
}

function proposal(kind: 'shrink' | 'expand', holds: (change: TraceEventOf<'isr-change-proposed'>) => boolean): Watch {
  return when('isr-change-proposed', (change) => change.kind === kind && holds(change));
}

/** In one step with the end of a change of the in-sync set, the high watermark moved. */
const movedByIsrChange: Watch = (run, _, reached) => {
  let last = { step: -1, partition: '' };
  run.on('isr-change-resolved', ({ partition, outcome }, { step }) => {
    if (outcome === 'committed') last = { step, partition };
  });
  run.on('high-watermark-advanced', ({ partition, role }, { step }) => {
    if (role === 'leader' && step === last.step && partition === last.partition) reached();
  });
};

export const REPLICATION_MARKS = {
  'replication/two-leaders': {
    why: 'a replica became leader while another still believed to be: the old one must be alive, and late with its metadata',
    watch: when('became-leader', ({ partition }, { node }, now) => now.otherLeaders(node, partition) > 0),
  },
  'replication/deposed-leader-appended': {
    why: 'a leader appended what a producer sent after another had taken over: both producer and leader must be behind',
    watch: when('produce-appended', ({ partition, leaderEpoch }, _at, now) => leaderEpoch < now.newestEpoch(partition)),
  },
  'replication/deposed-leader-acknowledged': {
    why: 'a leader acknowledged a batch after another had taken over: with acks=all its followers must be as far behind as it is',
    watch: when('produce-acked', ({ partition, leaderEpoch }, _at, now) => leaderEpoch < now.newestEpoch(partition)),
  },
  'replication/deposed-leader-served-a-consumer': {
    why: 'a consumer was served by a leader after another had taken over: neither may have heard of it',
    watch: when(
      'fetch-served',
      ({ partition, to, isLeader, leaderEpoch }, _at, now) =>
        to === 'consumer' && isLeader && leaderEpoch < now.newestEpoch(partition),
    ),
  },
  'replication/deposed-leader-served-a-follower': {
    why: 'a follower was served by a leader after another had taken over: it must be as far behind as the leader',
    watch: when(
      'fetch-served',
      ({ partition, to, leaderEpoch }, _at, now) => to === 'follower' && leaderEpoch < now.newestEpoch(partition),
    ),
  },
  'replication/leader-moved-three-times': {
    why: 'a partition had three leaders in five seconds: one fault must follow the other, or a broker come and go',
    watch: repeated({ type: 'became-leader', key: partitionOf }, 3, 5_000),
  },
  'replication/leader-again-within-a-second': {
    why: 'a replica followed and led again within a second: leadership must go away and come back',
    watch: follows({ type: 'became-follower', key: replicaOf }, { type: 'became-leader', key: replicaOf }, 1_000),
  },
  'replication/leader-with-an-uncommitted-tail': {
    why: 'a leader of several in-sync replicas began with records above its high watermark: the last leader must fall in the midst of replicating',
    watch: when('became-leader', ({ isr, logEndOffset, highWatermark }) => isr.length > 1 && logEndOffset > highWatermark),
  },
  'replication/leader-alone-with-an-uncommitted-tail': {
    why: 'the only in-sync replica became leader with records above its high watermark, which it commits by itself at once',
    watch: when('became-leader', ({ isr, logEndOffset, highWatermark }) => isr.length === 1 && logEndOffset > highWatermark),
  },
  'replication/leader-died-after-its-election': {
    why: 'a leader ended within 100 ms of becoming one: the next is elected before followers have heard of it',
    watch: diesAfter('became-leader', () => true, 100),
  },
  'replication/high-watermark-lowered': {
    why: 'a follower lowered its high watermark with a truncation: its log must be cut below what it was told is committed',
    watch: when('high-watermark-set', ({ from, to, reason }) => reason === 'truncation' && to < from),
  },
  'replication/high-watermark-moved-by-an-isr-change': {
    why: 'records were committed because a follower left the in-sync set: they must wait for just this one',
    watch: movedByIsrChange,
  },
  'replication/isr-shrunk': {
    why: 'a leader proposed to go on without a follower: it must lag for replica.lag.time.max.ms and not be fenced before',
    watch: proposal('shrink', () => true),
  },
  'replication/isr-shrunk-to-the-leader': {
    why: 'a leader proposed to go on alone: all others must lag, and none be fenced yet',
    watch: proposal('shrink', ({ proposed }) => proposed.length === 1),
  },
  'replication/isr-shrunk-by-two': {
    why: 'a leader proposed to go on without two followers at once: both must fall behind at the same time',
    watch: proposal('shrink', ({ isr, proposed }) => isr.length - proposed.length >= 2),
  },
  'replication/isr-grew-after-it-shrank': {
    why: 'a follower was taken back within three seconds of being given up: its lag must end just then',
    watch: follows(
      { type: 'isr-change-proposed', if: ({ kind }) => kind === 'shrink', key: partitionOf },
      { type: 'isr-change-proposed', if: ({ kind }) => kind === 'expand', key: partitionOf },
      3_000,
    ),
  },
  'replication/isr-change-unanswered': {
    why: 'a proposal for the in-sync set was never answered: its connection must end while the controller decides',
    watch: when('isr-change-unanswered'),
  },
  'replication/isr-change-refused': {
    why: 'a proposal for the in-sync set was refused: the state that it is made on must be over',
    watch: when('isr-change-resolved', ({ outcome }) => outcome === 'rejected'),
  },
  'replication/leader-died-after-an-isr-expansion': {
    why: 'a leader ended within 50 ms of a follower joining its in-sync set, who may be elected with what it has',
    watch: diesAfter('isr-change-resolved', ({ outcome }) => outcome === 'committed', 50),
  },
  'replication/appended-below-min-isr': {
    why: 'a leader took a batch with fewer in-sync replicas than min.insync.replicas: the producer must not have asked for all',
    watch: when('produce-appended', ({ isrSize, minIsr }) => isrSize < minIsr),
  },
  'replication/refused-below-min-isr': {
    why: 'a batch was refused as NOT_ENOUGH_REPLICAS: the in-sync set must be small while the leader is alive',
    watch: failedProduce(ErrorCode.NOT_ENOUGH_REPLICAS, false),
  },
  'replication/leadership-lost-after-append': {
    why: 'a batch was appended and its leader deposed before it was replicated: the producer can not know what became of it',
    watch: failedProduce(ErrorCode.NOT_LEADER_OR_FOLLOWER, true),
  },
  'replication/timed-out-after-append': {
    why: "a batch was appended and not replicated in the producer's time: a follower must lag and stay in the in-sync set",
    watch: failedProduce(ErrorCode.REQUEST_TIMED_OUT, true),
  },
  'replication/timed-out-before-append': {
    why: "a batch waited for its transaction's coordinator until its time was over: the coordinator must be slow or gone",
    watch: failedProduce(ErrorCode.REQUEST_TIMED_OUT, false),
  },
  'replication/disk-failed-after-append': {
    why: 'the disk of a leader failed between append and acknowledgement: a disk fails seldom, and just then',
    watch: failedProduce(ErrorCode.KAFKA_STORAGE_ERROR, true),
  },
  'replication/acknowledged-in-a-later-epoch': {
    why: 'a leader acknowledged a batch in another epoch than it had appended it in: it must be elected again meanwhile',
    watch: when('produce-acked', ({ appendEpoch, leaderEpoch }) => appendEpoch !== -1 && appendEpoch !== leaderEpoch),
  },
  'replication/duplicate-acknowledged': {
    why: 'a batch was acknowledged that had been appended before: the first answer must get lost',
    watch: when('produce-acked', ({ appendEpoch, acks }) => appendEpoch === -1 && acks === -1),
  },
  'replication/follower-cut': {
    why: "a follower's log of a user's topic parted from its leader's and was cut: it must hold what no other in-sync replica has",
    watch: when('log-truncated', ({ partition, reason }) => reason === 'diverging-epoch' && !partition.startsWith('__')),
  },
  'replication/coordinator-topic-cut': {
    why: "a replica of a coordinator's topic was cut: decisions must be on their way when its leader falls",
    watch: when(
      'log-truncated',
      ({ partition, reason }) =>
        reason === 'diverging-epoch' && (partition.startsWith('__consumer') || partition.startsWith('__transaction')),
    ),
  },
  'replication/follower-cut-by-many': {
    why: 'a follower lost more than fifty records to its leader: a deposed leader must have gone on for a while',
    watch: when('log-truncated', ({ from, to, reason }) => reason === 'diverging-epoch' && from - to > 50),
  },
  'replication/parted-two-epochs-ago': {
    why: "a follower's log parted from its leader's more than one epoch ago: it must miss a whole leader's time",
    watch: when('fetch-diverged', ({ lastFetchedEpoch, epochEnd }) => lastFetchedEpoch - epochEnd.epoch >= 2),
  },
  'replication/follower-started-anew': {
    why: 'a follower dropped its log since the leader has nothing of it any more: deletions must overtake it',
    watch: when('log-truncated', ({ reason }) => reason === 'out-of-range' || reason === 'full'),
  },
  'replication/follower-fetched-in-an-older-epoch': {
    why: 'a follower was refused as FENCED_LEADER_EPOCH: the leader must know of its next epoch first',
    watch: refusedFetch(ErrorCode.FENCED_LEADER_EPOCH, 'follower'),
  },
  'replication/follower-fetched-in-a-later-epoch': {
    why: 'a follower was refused as UNKNOWN_LEADER_EPOCH: it must know of an epoch before its leader does',
    watch: refusedFetch(ErrorCode.UNKNOWN_LEADER_EPOCH, 'follower'),
  },
  'replication/follower-of-an-unknown-topic': {
    why: 'a follower fetched from a broker that did not have the topic yet, or any more: their metadata must differ',
    watch: refusedFetch(ErrorCode.UNKNOWN_TOPIC_ID, 'follower'),
  },
  'replication/follower-met-a-broken-disk': {
    why: "a follower fetched from a leader whose disk had failed: it must come before the leader's replacement",
    watch: refusedFetch(ErrorCode.KAFKA_STORAGE_ERROR, 'follower'),
  },
  'replication/follower-out-of-range': {
    why: 'a follower fetched below what its leader has: records must be deleted faster than they are replicated',
    watch: refusedFetch(ErrorCode.OFFSET_OUT_OF_RANGE, 'follower'),
  },
  'replication/consumer-served-by-a-follower': {
    why: 'a consumer read from a follower of its rack (KIP-392): racks and a replica selector must be drawn',
    watch: when('fetch-served', ({ to, isLeader }) => to === 'consumer' && !isLeader),
  },
  'replication/committed-read-from-a-follower': {
    why: 'a follower told a consumer of aborted transactions: reading from followers and transactions must both be drawn',
    watch: when(
      'fetch-served',
      ({ to, isLeader, abortedTransactions }) =>
        to === 'consumer' && !isLeader && abortedTransactions !== null && abortedTransactions.length > 0,
    ),
  },
  'replication/stable-offset-far-behind': {
    why: 'an open transaction held back more than a hundred records that were committed: it must stay open while others write',
    watch: when('last-stable-offset-advanced', ({ to, highWatermark }) => highWatermark - to > 100),
  },
} as const satisfies Readonly<Record<string, Mark>>;
