/** Why the controller refuses a request, or one item of it. */
import { ErrorCode } from '../protocol/errors.ts';

/** Thrown while a request is validated; caught where the item's answer is written. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Kafka's error code. */
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** How one item of a request ended. */
export interface ItemResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const SUCCESS: ItemResult = { errorCode: ErrorCode.NONE, errorMessage: null };

/** Runs `decide` for one item; an ApiError becomes its result, another error is a fault of ours and goes on. */
export function attempt(decide: () => void): ItemResult {
  try {
    decide();
    return SUCCESS;
  } catch (error) {
    if (error instanceof ApiError) return { errorCode: error.code, errorMessage: error.message };
    throw error;
  }
}
