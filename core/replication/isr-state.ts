/**
 * The in-sync replicas as their leader sees them: what the controller has committed, or a change that it was asked for and
 * whose fate is not known yet (KIP-497).
 */
import type { BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';

interface Proposal {
  /** The committed ISR, from which the change was proposed. */
  readonly isr: readonly BrokerId[];
  readonly proposed: readonly BrokerId[];
  /** Broker epochs of the proposed members (KIP-903); -1: not known. */
  readonly proposedEpochs: readonly { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch }[];
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
}

type CommittedIsr = { readonly kind: 'committed'; readonly isr: readonly BrokerId[] };
export type PendingIsr = ({ readonly kind: 'pending-expand' } & Proposal) | ({ readonly kind: 'pending-shrink' } & Proposal);
export type IsrState = CommittedIsr | PendingIsr;

/**
 * Every replica that may be in the ISR, for all this leader knows: the high watermark waits for all of them. A replica that
 * is joining counts at once, one that is leaving counts until its leaving is committed.
 */
export function maximalIsr(state: IsrState): readonly number[] {
  return state.kind === 'pending-expand' ? state.proposed : state.isr;
}
