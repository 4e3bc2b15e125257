/** How a fenced producer is told so: older versions of the APIs of transactions do not know PRODUCER_FENCED. */
import { ErrorCode } from '../protocol/errors.ts';

export function fencedError(error: number, knowsFenced: boolean): number {
  return error === ErrorCode.PRODUCER_FENCED && !knowsFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : error;
}
