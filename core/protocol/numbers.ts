/** Kafka's numbers that must not be mixed up (ports/brand.ts). */
import type { Branded, Open } from '../../ports/brand.ts';

/** A place in a partition's log: that of a record, or the one after the last. */
export type Offset = Branded<'Offset'>;
export const Offset = (value: number): Offset => value as Offset;

/** Which of its leaders, one after the other, a partition has or had. Of the metadata log: the quorum's epoch. */
export type LeaderEpoch = Branded<'LeaderEpoch'>;
export const LeaderEpoch = (value: number): LeaderEpoch => value as LeaderEpoch;

/** How often a partition's registration has changed. */
export type PartitionEpoch = Branded<'PartitionEpoch'>;
export const PartitionEpoch = (value: number): PartitionEpoch => value as PartitionEpoch;

/** Which incarnation of a broker: the offset of its registration in the metadata log. */
export type BrokerEpoch = Branded<'BrokerEpoch'>;
export const BrokerEpoch = (value: number): BrokerEpoch => value as BrokerEpoch;

/** A node of the cluster, broker or controller. An open kind: ids are written down in configs, plans and requests as plain numbers. */
export type BrokerId = Open<'BrokerId'>;

/** Kafka's "not given", of whichever kind. */
export const NONE = -1 as Branded<'Offset' | 'LeaderEpoch' | 'PartitionEpoch' | 'BrokerEpoch' | 'BrokerId'>;
