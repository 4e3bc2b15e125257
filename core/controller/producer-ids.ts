/** Blocks of producer ids. */
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerEpoch, BrokerId } from '../protocol/numbers.ts';
import { ApiError } from './api-error.ts';
import type { Changes } from './changes.ts';
import { brokerOfEpoch } from './cluster.ts';

export const PRODUCER_ID_BLOCK_SIZE = 1000;

/**
 * Takes the next block for a broker; returns its first id. The record names the first id after the block, so that no other
 * controller hands the block out again once the record is committed.
 */
export function allocateProducerIds(changes: Changes, brokerId: BrokerId, brokerEpoch: BrokerEpoch): number {
  brokerOfEpoch(changes.image, brokerId, brokerEpoch);
  const first = changes.image.nextProducerId;
  const next = first + PRODUCER_ID_BLOCK_SIZE;
  if (!Number.isSafeInteger(next)) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'All producer ids are used up.');
  changes.add('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId: next });
  return first;
}
