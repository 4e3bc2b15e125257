/**
 * Control batches: what the cluster itself writes into logs. Their keys hold a version and a type; consumers skip them.
 * Transaction markers are KIP-98's, the rest is the metadata log's (KIP-595, KIP-630, KIP-853).
 */
import { decodeMessage, encodeMessage } from './codec.ts';
import { encodeBatch } from './batch-encoder.ts';
import type { DataTypes } from './messages/index.ts';
import { DecodeError } from './reader.ts';
import type { Draft } from './schema.ts';

/** Types in the key of a control record. */
const ControlType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;

export type ControlTypeName = keyof typeof ControlType;

const TYPE_NAMES = Object.keys(ControlType) as ControlTypeName[];

function controlKey(type: ControlTypeName): Uint8Array {
  return Uint8Array.of(0, 0, 0, ControlType[type]);
}

/** The type in a control record's key; 'UNKNOWN' for one that a newer version may have written. DecodeError if there is none. */
export function decodeControlType(key: Uint8Array | null): ControlTypeName | 'UNKNOWN' {
  if (key === null || key.length < 4) throw new DecodeError('control record without a type');
  const version = (((key[0] as number) << 24) >> 16) | (key[1] as number);
  if (version < 0) throw new DecodeError(`control record key of version ${version}`);
  const type = ((key[2] as number) << 8) | (key[3] as number);
  return TYPE_NAMES[type] ?? 'UNKNOWN';
}

/** What ends a producer's transaction in one partition. */
export interface EndTxnMarker {
  readonly type: 'ABORT' | 'COMMIT';
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly timestamp: number;
}

/** A batch with one transaction marker. */
export function encodeEndTxnMarker(marker: EndTxnMarker, baseOffset = 0, leaderEpoch = -1): Uint8Array {
  const e = marker.coordinatorEpoch;
  const value = Uint8Array.of(0, 0, e >> 24, e >> 16, e >> 8, e);
  return encodeBatch([{ key: controlKey(marker.type), value, timestamp: marker.timestamp }], {
    baseOffset,
    leaderEpoch,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
  });
}

/** The coordinator epoch in a transaction marker's value. */
export function decodeEndTxnMarker(value: Uint8Array | null): { coordinatorEpoch: number } {
  if (value === null || value.length < 6) throw new DecodeError('transaction marker without a value');
  const [, , a, b, c, d] = value as unknown as [number, number, number, number, number, number];
  return { coordinatorEpoch: (a << 24) | (b << 16) | (c << 8) | d };
}

export interface ControlBatchOptions {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly timestamp: number;
}

/** The metadata log's control records: type in the key, message, and the message's version. */
interface QuorumControlTypes {
  LEADER_CHANGE: DataTypes['LeaderChangeMessage'];
  SNAPSHOT_HEADER: DataTypes['SnapshotHeaderRecord'];
  SNAPSHOT_FOOTER: DataTypes['SnapshotFooterRecord'];
  KRAFT_VERSION: DataTypes['KRaftVersionRecord'];
  KRAFT_VOTERS: DataTypes['VotersRecord'];
}

const QUORUM_MESSAGES = {
  LEADER_CHANGE: 'LeaderChangeMessage',
  SNAPSHOT_HEADER: 'SnapshotHeaderRecord',
  SNAPSHOT_FOOTER: 'SnapshotFooterRecord',
  KRAFT_VERSION: 'KRaftVersionRecord',
  KRAFT_VOTERS: 'VotersRecord',
} as const;

export type QuorumControlName = keyof QuorumControlTypes;

/** A batch with one control record of the metadata log. */
function encodeControlBatch<K extends QuorumControlName>(
  type: K,
  version: number,
  body: Draft<QuorumControlTypes[K]>,
  options: ControlBatchOptions,
): Uint8Array {
  const name = QUORUM_MESSAGES[type];
  const value = encodeMessage(name, version, body as Draft<DataTypes[typeof name]>);
  return encodeBatch([{ key: controlKey(type), value, timestamp: options.timestamp }], {
    baseOffset: options.baseOffset,
    leaderEpoch: options.leaderEpoch,
    isControl: true,
  });
}

/** The value of a control record of the metadata log; its first field is its version in every one of them. */
export function decodeControlValue<K extends QuorumControlName>(type: K, value: Uint8Array | null): QuorumControlTypes[K] {
  if (value === null) throw new DecodeError(`${type} control record without a value`);
  return decodeMessage(QUORUM_MESSAGES[type], 0, value) as QuorumControlTypes[K];
}

/** Batch that a new leader of the metadata quorum writes first. */
export function encodeLeaderChange(body: Draft<DataTypes['LeaderChangeMessage']>, options: ControlBatchOptions): Uint8Array {
  return encodeControlBatch('LEADER_CHANGE', 0, body, options);
}
