/** The control batches that the quorum writes: who leads (LeaderChange) and the ends of a snapshot (KIP-630). */
import { encodeMessage } from '../protocol/codec.ts';
import { type BrokerId, type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { encodeBatch, type RecordInput } from '../protocol/records.ts';

/** Control record types, from Kafka's ControlRecordType. */
const CONTROL_LEADER_CHANGE = 2;
export const CONTROL_SNAPSHOT_HEADER = 3;
export const CONTROL_SNAPSHOT_FOOTER = 4;

function controlKey(type: number): Uint8Array {
  return Uint8Array.of(0, 0, type >>> 8, type & 255);
}

/** The type of a control record, from its key; -1 if the key is too short. */
export function controlType(key: Uint8Array | null): number {
  return key === null || key.length < 4 ? -1 : ((key[2] as number) << 8) | (key[3] as number);
}

function controlBatch(
  type: number,
  value: Uint8Array,
  baseOffset: Offset,
  leaderEpoch: LeaderEpoch,
  timestamp: number,
): Uint8Array {
  return encodeBatch([{ key: controlKey(type), value, timestamp }], { baseOffset, leaderEpoch, isControl: true });
}

/** The first batch of an epoch. */
export function leaderChangeBatch(
  leaderId: BrokerId,
  voters: readonly BrokerId[],
  granting: readonly BrokerId[],
  baseOffset: Offset,
  epoch: LeaderEpoch,
  timestamp: number,
): Uint8Array {
  const value = encodeMessage('LeaderChangeMessage', 0, {
    version: 0,
    leaderId,
    voters: voters.map((voterId) => ({ voterId })),
    grantingVoters: granting.map((voterId) => ({ voterId })),
  });
  return controlBatch(CONTROL_LEADER_CHANGE, value, baseOffset, epoch, timestamp);
}

export function snapshotHeaderBatch(lastContainedLogTimestamp: number, epoch: LeaderEpoch, timestamp: number): Uint8Array {
  const value = encodeMessage('SnapshotHeaderRecord', 0, { version: 0, lastContainedLogTimestamp });
  return controlBatch(CONTROL_SNAPSHOT_HEADER, value, Offset(0), epoch, timestamp);
}

export function snapshotFooterBatch(baseOffset: Offset, epoch: LeaderEpoch, timestamp: number): Uint8Array {
  const value = encodeMessage('SnapshotFooterRecord', 0, { version: 0 });
  return controlBatch(CONTROL_SNAPSHOT_FOOTER, value, baseOffset, epoch, timestamp);
}

/** A batch of values without keys, as the metadata log holds them. */
export function dataBatch(values: readonly Uint8Array[], baseOffset: Offset, epoch: LeaderEpoch, timestamp: number): Uint8Array {
  const records: RecordInput[] = values.map((value) => ({ key: null, value, timestamp }));
  return encodeBatch(records, { baseOffset, leaderEpoch: epoch });
}
