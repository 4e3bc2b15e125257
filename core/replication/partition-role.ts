/** What a broker is to a partition, with the data of that role. */
import type { BrokerId, LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { FollowerState } from './follower-state.ts';
import type { IsrState } from './isr-state.ts';

export interface LeaderRole {
  readonly kind: 'leader';
  readonly leaderEpoch: LeaderEpoch;
  /** The log end when this epoch began. A follower joins the ISR only from there on (KAFKA-7128). */
  readonly epochStartOffset: Offset;
  isr: IsrState;
  readonly followers: Map<BrokerId, FollowerState>;
}

export interface FollowerRole {
  readonly kind: 'follower';
  readonly leaderEpoch: LeaderEpoch;
  /** NO_LEADER while there is none. */
  readonly leader: BrokerId;
}

/** 'new': not told its role yet. 'offline': its log directory failed. 'stopped': no replica of this broker any more. */
export type PartitionRole = LeaderRole | FollowerRole | { readonly kind: 'new' | 'offline' | 'stopped' };
