/** Partition replication (core/replication). */
export type ReplicationEvent =
  | {
      readonly type: 'became-leader';
      readonly partition: string;
      readonly topicId: string;
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly isr: readonly number[];
      readonly replicas: readonly number[];
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly highWatermark: number;
    }
  | {
      readonly type: 'became-follower';
      readonly partition: string;
      readonly topicId: string;
      readonly leaderEpoch: number;
      readonly leader: number;
      readonly logEndOffset: number;
      readonly highWatermark: number;
    }
  | { readonly type: 'replica-stopped'; readonly partition: string; readonly topicId: string; readonly deleted: boolean }
  | {
      readonly type: 'high-watermark-advanced';
      readonly partition: string;
      readonly role: 'leader' | 'follower';
      readonly leaderEpoch: number;
      readonly from: number;
      readonly to: number;
      readonly isr: readonly number[];
      readonly maximalIsr: readonly number[];
    }
  /** By the high watermark, over transactions that have ended below it. Told only where one of them held it back, before or still. */
  | {
      readonly type: 'last-stable-offset-advanced';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      readonly highWatermark: number;
      readonly leaderEpoch: number;
    }
  /** The high watermark was set at load or lowered with a truncation. */
  | {
      readonly type: 'high-watermark-set';
      readonly partition: string;
      readonly from: number;
      readonly to: number;
      readonly reason: 'load' | 'truncation';
    }
  | {
      readonly type: 'isr-change-proposed';
      readonly partition: string;
      readonly kind: 'shrink' | 'expand';
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly isr: readonly number[];
      readonly proposed: readonly number[];
      /** Broker epochs of the proposed members as the proposal names them (-1: not given). */
      readonly proposedEpochs: readonly number[];
      readonly replicaEndOffset: number;
      readonly highWatermark: number;
      readonly epochStartOffset: number;
    }
  /** A request with this proposal was sent and never answered: it may still arrive, and be applied. */
  | {
      readonly type: 'isr-change-unanswered';
      readonly partition: string;
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
    }
  | {
      readonly type: 'isr-change-resolved';
      readonly partition: string;
      readonly outcome: 'committed' | 'rejected' | 'superseded';
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly isr: readonly number[];
      readonly error: number;
    }
  /** The leader took a follower's fetch offset as the follower's log end. */
  | {
      readonly type: 'follower-progressed';
      readonly partition: string;
      readonly leaderEpoch: number;
      /** The leader epoch that the fetch named, -1: none. */
      readonly requestEpoch: number;
      readonly replica: number;
      readonly brokerEpoch: number;
      readonly endOffset: number;
    }
  | {
      readonly type: 'produce-appended';
      readonly partition: string;
      readonly acks: number;
      readonly leaderEpoch: number;
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly isrSize: number;
      readonly minIsr: number;
    }
  | {
      readonly type: 'produce-acked';
      readonly partition: string;
      readonly acks: number;
      readonly leaderEpoch: number;
      /** The leader epoch in which it was appended; -1: it was a duplicate, appended at some time before. */
      readonly appendEpoch: number;
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly highWatermark: number;
      readonly maximalIsrSize: number;
      readonly minIsr: number;
    }
  | {
      readonly type: 'produce-failed';
      readonly partition: string;
      readonly acks: number;
      readonly error: number;
      readonly afterAppend: boolean;
      /** Of what was appended; -1: nothing was. */
      readonly lastOffset: number;
      /** How often so far; see Refusals. So of all that is refused. */
      readonly times: number;
    }
  /** A transaction's coordinator has told a leader whether a partition takes part in it (or, `isAdded`: takes part from now on). */
  | {
      readonly type: 'transaction-verified';
      readonly partition: string;
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly isAdded: boolean;
      /** Of the coordinator, or why it could not be asked; 0: it does. */
      readonly error: number;
    }
  | {
      readonly type: 'fetch-served';
      readonly partition: string;
      readonly to: 'consumer' | 'follower';
      readonly replica: number;
      /** What the request named: '' and -1 if it did not. */
      readonly topicId: string;
      readonly requestEpoch: number;
      readonly leaderEpoch: number;
      readonly fetchOffset: number;
      readonly endOffset: number;
      readonly highWatermark: number;
      readonly lastStableOffset: number;
      readonly logStartOffset: number;
      readonly readCommitted: boolean;
      /** Null: the reader did not ask for what is committed alone. */
      readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
      readonly isLeader: boolean;
    }
  /** A leader told a consumer to read from another replica (KIP-392). */
  | { readonly type: 'consumer-redirected'; readonly partition: string; readonly leaderEpoch: number; readonly replica: number }
  /** A follower applied a fetch answer in this epoch: it appended, or (`diverging`) cut its log where the leader's parts from it. */
  | {
      readonly type: 'fetch-applied';
      readonly partition: string;
      readonly diverging: boolean;
      readonly leaderEpoch: number;
      /** What had been asked, and whom. */
      readonly askedEpoch: number;
      readonly askedOffset: number;
      readonly askedNode: number;
      readonly fromOffset: number;
      readonly endOffset: number;
      readonly leader: number;
    }
  /** What the leader sent does not continue the log, which ends within one of its batches: it is fetched no more in this epoch. */
  | {
      readonly type: 'follower-gave-up';
      readonly partition: string;
      readonly leader: number;
      readonly leaderEpoch: number;
      readonly endOffset: number;
    }
  /** `replica` -1: a consumer. `requestEpoch`: what the fetch named; `leaderEpoch`: what this broker's replica is in, -1 without one. */
  | (FetchClaim & { readonly type: 'fetch-rejected'; readonly error: number })
  /** The logs part at `epochEnd`: the largest epoch up to `lastFetchedEpoch` that this one knows, and where it ends. */
  | (FetchClaim & {
      readonly type: 'fetch-diverged';
      readonly epochEnd: { readonly epoch: number; readonly endOffset: number };
    });

interface FetchClaim {
  readonly partition: string;
  readonly replica: number;
  readonly requestEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly leaderEpoch: number;
  readonly times: number;
}
