/** The levels of `metadata.version` in Kafka 4.4.0: what they are called, and what each of them changes. */

export const METADATA_VERSION = 'metadata.version';

/** By level, from the lowest on. `changes`: what the metadata log can say differs, so that there is no way back below this level. */
const LEVELS: readonly { readonly name: string; readonly changes: boolean }[] = [
  { name: '3.3-IV3', changes: true },
  { name: '3.4-IV0', changes: true },
  { name: '3.5-IV0', changes: false },
  { name: '3.5-IV1', changes: false },
  { name: '3.5-IV2', changes: true },
  { name: '3.6-IV0', changes: false },
  { name: '3.6-IV1', changes: true },
  { name: '3.6-IV2', changes: true },
  { name: '3.7-IV0', changes: true },
  { name: '3.7-IV1', changes: false },
  { name: '3.7-IV2', changes: true },
  { name: '3.7-IV3', changes: false },
  { name: '3.7-IV4', changes: false },
  { name: '3.8-IV0', changes: false },
  { name: '3.9-IV0', changes: false },
  { name: '4.0-IV0', changes: false },
  { name: '4.0-IV1', changes: true },
  { name: '4.0-IV2', changes: false },
  { name: '4.0-IV3', changes: false },
  { name: '4.1-IV0', changes: false },
  { name: '4.1-IV1', changes: false },
  { name: '4.2-IV0', changes: false },
  { name: '4.2-IV1', changes: false },
  { name: '4.3-IV0', changes: true },
  { name: '4.4-IV0', changes: false },
  { name: '4.4-IV1', changes: true },
  { name: '4.4-IV2', changes: true },
];

export const MIN_METADATA_VERSION = 7;
/** What a new cluster of Kafka 4.4.0 has. */
export const LATEST_METADATA_VERSION = MIN_METADATA_VERSION + LEVELS.length - 1;

/** Which level a thing came with. */
const Since = {
  /** IsMigratingZkBroker in registrations (KIP-866). */
  MIGRATION: 8,
  FETCH_14: 9,
  /** Followers tell their broker epoch when they fetch (KIP-903). */
  FETCH_15: 10,
  SCRAM: 11,
  /** A smaller ISR no longer raises the leader epoch (KAFKA-15021). */
  NO_EPOCH_FOR_SHRINK: 12,
  METADATA_TRANSACTIONS: 13,
  CONTROLLER_REGISTRATION: 15,
  /** Log directories in registrations and partitions (KIP-858). */
  DIRECTORIES: 17,
  FETCH_16: 19,
  FETCH_17: 21,
  /** Records can say which replicas are eligible leaders (KIP-966). */
  ELR_RECORDS: 23,
  /** New clusters have group.version 1 (KIP-848). */
  GROUP_VERSION_1_DEFAULT: 22,
  /** New clusters have transaction.version 2 (KIP-890). */
  TRANSACTION_VERSION_2_DEFAULT: 24,
  /** New clusters have eligible leader replicas. */
  ELR_DEFAULT: 26,
  LIST_OFFSETS_10: 25,
  FETCH_18: 27,
  LIST_OFFSETS_11: 29,
  CORDONED_DIRECTORIES: 30,
} as const;

/** Below it no cluster can have eligible leader replicas: its records could not say who is eligible. */
export const ELR_MIN_METADATA_VERSION = Since.ELR_RECORDS;

/** Below it brokers have one log directory each, which the metadata does not know. */
export const DIRECTORIES_MIN_METADATA_VERSION = Since.DIRECTORIES;

/** `4.4-IV2`, as Kafka's tools write level 33. */
export function metadataVersionName(level: number): string {
  return LEVELS[level - MIN_METADATA_VERSION]?.name ?? String(level);
}

export function isMetadataVersion(level: number): boolean {
  return Number.isInteger(level) && level >= MIN_METADATA_VERSION && level <= LATEST_METADATA_VERSION;
}

/** Would a cluster that goes back from `from` to `to` have records that it could no longer write? */
export function losesMetadata(from: number, to: number): boolean {
  return LEVELS.slice(to + 1 - MIN_METADATA_VERSION, from + 1 - MIN_METADATA_VERSION).some(({ changes }) => changes);
}

export const supportsScram = (level: number): boolean => level >= Since.SCRAM;
export const raisesEpochForShrink = (level: number): boolean => level < Since.NO_EPOCH_FOR_SHRINK;
export const supportsMetadataTransactions = (level: number): boolean => level >= Since.METADATA_TRANSACTIONS;
export const supportsControllerRegistration = (level: number): boolean => level >= Since.CONTROLLER_REGISTRATION;
export const supportsDirectories = (level: number): boolean => level >= Since.DIRECTORIES;
export const supportsElr = (level: number): boolean => level >= Since.ELR_RECORDS;
export const hasElrByDefault = (level: number): boolean => level >= Since.ELR_DEFAULT;
export const hasGroupVersion1ByDefault = (level: number): boolean => level >= Since.GROUP_VERSION_1_DEFAULT;
export const hasTransactionVersion2ByDefault = (level: number): boolean => level >= Since.TRANSACTION_VERSION_2_DEFAULT;
export const supportsCordonedDirectories = (level: number): boolean => level >= Since.CORDONED_DIRECTORIES;

/** Of PartitionRecord and PartitionChangeRecord. */
export function partitionRecordVersion(level: number): number {
  if (supportsElr(level)) return 2;
  return supportsDirectories(level) ? 1 : 0;
}

export function registerBrokerRecordVersion(level: number): number {
  if (supportsCordonedDirectories(level)) return 4;
  if (supportsDirectories(level)) return 3;
  return level >= Since.MIGRATION ? 2 : 1;
}

/** The version of Fetch that followers use. */
export function replicaFetchVersion(level: number): number {
  if (level >= Since.FETCH_18) return 18;
  if (level >= Since.FETCH_17) return 17;
  if (level >= Since.FETCH_16) return 16;
  if (level >= Since.FETCH_15) return 15;
  return level >= Since.FETCH_14 ? 14 : 13;
}

/** The version of ListOffsets that followers use. */
export function replicaListOffsetsVersion(level: number): number {
  if (level >= Since.LIST_OFFSETS_11) return 11;
  if (level >= Since.LIST_OFFSETS_10) return 10;
  if (level >= Since.FETCH_17) return 9;
  return level >= Since.FETCH_14 ? 8 : 7;
}
