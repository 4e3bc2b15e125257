/** The KRaft quorum (core/raft). */
export type QuorumRole = 'unattached' | 'voted' | 'prospective' | 'candidate' | 'leader' | 'follower' | 'resigned' | 'observer';
export type QuorumEvent =
  | {
      readonly type: 'quorum-transition';
      readonly from: QuorumRole;
      readonly to: QuorumRole;
      readonly epoch: number;
      readonly leaderId: number;
      readonly isVoter: boolean;
    }
  /** The vote is durable and about to be answered. */
  | {
      readonly type: 'quorum-voted';
      readonly epoch: number;
      readonly candidate: number;
      readonly candidateLastEpoch: number;
      readonly candidateEndOffset: number;
      readonly lastEpoch: number;
      readonly endOffset: number;
    }
  | { readonly type: 'quorum-pre-vote-answered'; readonly epoch: number; readonly candidate: number; readonly granted: boolean }
  | {
      readonly type: 'quorum-leader-elected';
      readonly epoch: number;
      readonly epochStartOffset: number;
      readonly voters: readonly number[];
    }
  /** Since the last time, a majority of voters (the leader among them) has fetched. */
  | { readonly type: 'quorum-majority-heard'; readonly epoch: number }
  | { readonly type: 'quorum-leader-resigned'; readonly epoch: number; readonly reason: string }
  | {
      readonly type: 'quorum-high-watermark-advanced';
      readonly role: QuorumRole;
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
      readonly epochStartOffset: number;
      readonly voters: readonly number[];
    }
  /** The leader's log ends at `to`, below what this node knows to be committed: the node ends. */
  | {
      readonly type: 'quorum-truncation-refused';
      readonly epoch: number;
      readonly leaderId: number;
      readonly to: number;
      readonly highWatermark: number;
    }
  /** The election state is durable: a new one, or the one that a start found. */
  | { readonly type: 'quorum-state-persisted'; readonly epoch: number; readonly votedId: number; readonly leaderId: number }
  | { readonly type: 'snapshot-created'; readonly endOffset: number; readonly epoch: number; readonly sizeBytes: number }
  | {
      readonly type: 'snapshot-loaded';
      readonly endOffset: number;
      readonly epoch: number;
      readonly source: 'local' | 'fetched';
    };
