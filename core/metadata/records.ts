/** Metadata records as values, and the versions that a cluster writes them in. */
import { encodeMetadataRecord } from '../protocol/codec.ts';
import type { MetadataRecordTypes } from '../protocol/messages/index.ts';
import type { BrokerRegistrationChangeRecord } from '../protocol/messages/broker-registration-change-record.ts';
import { partitionRecordVersion, registerBrokerRecordVersion } from './metadata-version.ts';

/** Record types that a cluster of this code writes; another type in the metadata log is an impossible state. */
export type MetadataRecordType =
  | 'RegisterBrokerRecord'
  | 'UnregisterBrokerRecord'
  | 'BrokerRegistrationChangeRecord'
  | 'FenceBrokerRecord'
  | 'UnfenceBrokerRecord'
  | 'RegisterControllerRecord'
  | 'UnregisterControllerRecord'
  | 'TopicRecord'
  | 'RemoveTopicRecord'
  | 'PartitionRecord'
  | 'PartitionChangeRecord'
  | 'ClearElrRecord'
  | 'ConfigRecord'
  | 'AccessControlEntryRecord'
  | 'RemoveAccessControlEntryRecord'
  | 'FeatureLevelRecord'
  | 'BeginTransactionRecord'
  | 'EndTransactionRecord'
  | 'AbortTransactionRecord'
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

/** The bytes of a record as the metadata log of a cluster at this level of metadata.version holds them. */
export function encodeRecord(record: MetadataRecord, level: number): Uint8Array {
  return encodeMetadataRecord(record.type, versionOf(record, level), record.data as never);
}

function versionOf(record: MetadataRecord, level: number): number {
  switch (record.type) {
    case 'RegisterBrokerRecord':
      return registerBrokerRecordVersion(level);
    case 'PartitionRecord':
    case 'PartitionChangeRecord':
      return partitionRecordVersion(level);
    case 'BrokerRegistrationChangeRecord':
      return registrationChangeVersion(record.data);
    default:
      return 0;
  }
}

/** The lowest version that can say it, whatever the level. */
function registrationChangeVersion({ inControlledShutdown, logDirs, cordonedLogDirs }: BrokerRegistrationChangeRecord): number {
  if (cordonedLogDirs !== null) return 3;
  if (logDirs.length > 0) return 2;
  return inControlledShutdown === 0 ? 0 : 1;
}
