/** Metadata records as values, and the versions that this cluster writes them in. */
import { encodeMetadataRecord } from '../protocol/codec.ts';
import type { MetadataRecordTypes } from '../protocol/messages/index.ts';

/** Record types that a cluster of this code writes; another type in the metadata log is an impossible state. */
export type MetadataRecordType =
  | 'RegisterBrokerRecord'
  | 'UnregisterBrokerRecord'
  | 'BrokerRegistrationChangeRecord'
  | 'FenceBrokerRecord'
  | 'UnfenceBrokerRecord'
  | 'RegisterControllerRecord'
  | 'TopicRecord'
  | 'RemoveTopicRecord'
  | 'PartitionRecord'
  | 'PartitionChangeRecord'
  | 'ClearElrRecord'
  | 'ConfigRecord'
  | 'AccessControlEntryRecord'
  | 'RemoveAccessControlEntryRecord'
  | 'FeatureLevelRecord'
  | 'ProducerIdsRecord'
  | 'UserScramCredentialRecord'
  | 'RemoveUserScramCredentialRecord'
  | 'NoOpRecord';

export type MetadataRecord = {
  [K in MetadataRecordType]: { readonly type: K; readonly data: MetadataRecordTypes[K] };
}[MetadataRecordType];

/** A record of type `type`, typed. */
export function metadataRecord<K extends MetadataRecordType>(type: K, data: MetadataRecordTypes[K]): MetadataRecord {
  return { type, data } as MetadataRecord;
}

/** The feature whose level fixes the record versions. */
export const METADATA_VERSION_FEATURE = 'metadata.version';
/** Kafka 4.0-IV0: the newest level that Kafka called ready for production at the time of our reference. */
export const METADATA_VERSION_LEVEL = 22;

const VERSIONS: { readonly [K in MetadataRecordType]: number } = {
  RegisterBrokerRecord: 3,
  UnregisterBrokerRecord: 0,
  BrokerRegistrationChangeRecord: 2,
  FenceBrokerRecord: 0,
  UnfenceBrokerRecord: 0,
  RegisterControllerRecord: 0,
  TopicRecord: 0,
  RemoveTopicRecord: 0,
  PartitionRecord: 1,
  PartitionChangeRecord: 1,
  ClearElrRecord: 0,
  ConfigRecord: 0,
  AccessControlEntryRecord: 0,
  RemoveAccessControlEntryRecord: 0,
  FeatureLevelRecord: 0,
  ProducerIdsRecord: 0,
  UserScramCredentialRecord: 0,
  RemoveUserScramCredentialRecord: 0,
  NoOpRecord: 0,
};

/** The bytes of a record as the metadata log holds them. Eligible leader replicas (KIP-966) take version 2 where there are any. */
export function encodeRecord(record: MetadataRecord): Uint8Array {
  return encodeMetadataRecord(record.type, versionOf(record), record.data as never);
}

function versionOf(record: MetadataRecord): number {
  if (record.type === 'PartitionRecord' || record.type === 'PartitionChangeRecord') {
    const { eligibleLeaderReplicas, lastKnownElr } = record.data;
    if (eligibleLeaderReplicas !== null || lastKnownElr !== null) return 2;
  }
  return VERSIONS[record.type];
}
