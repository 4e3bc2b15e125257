/**
 * Errors that the clients give to an application. What a broker answers keeps its Kafka code; what only a client can know
 * (closed, woken up, ...) has a name of its own and code -1.
 */
import { ErrorCode, errorName, isRetriable } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errors.ts';
import { type ErrorClass, errorClass } from './error-class.ts';

export type ClientErrorName =
  | ErrorName
  | 'CLIENT_CLOSED'
  | 'WAKEUP'
  | 'ILLEGAL_STATE'
  | 'NO_OFFSET_FOR_PARTITION'
  | 'LOG_TRUNCATION'
  | 'COMMIT_FAILED'
  | 'TRANSACTION_ABORTED'
  | 'TLS_AUTHENTICATION_FAILED';

export interface KafkaErrorOptions {
  readonly definite?: boolean;
  readonly errorName?: ClientErrorName;
  readonly retriable?: boolean;
  readonly fatal?: boolean;
  /** What the broker said about it, in its own words. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** What a client call is rejected with. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** Kafka's error code; -1 for what no broker said. */
  readonly code: number;
  readonly errorName: ClientErrorName;
  readonly retriable: boolean;
  /** What can be done about it (KIP-1050). */
  readonly errorClass: ErrorClass;
  /** Of a call of a transactional producer: nothing is left to do with this producer but to close it. */
  readonly fatal: boolean;
  /**
   * Of a send: it is certain that the record is not and never will be in the log (every attempt was refused before the
   * append, or none left the accumulator). Of a commit: it is certain that it was not and will not be applied.
   */
  readonly definite: boolean;
  /** What the broker said about it, in its own words; null if it said nothing but the code. */
  readonly reason: string | null;

  constructor(code: number, message: string, options: KafkaErrorOptions = {}) {
    const { stackTraceLimit } = Error;
    // What comes of a call is made in no frame of whoever called: the stack would show this client alone, and cost more than all the rest.
    if (options.errorName !== 'ILLEGAL_STATE') Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.errorName = options.errorName ?? errorName(code);
    this.retriable = options.retriable ?? (options.errorName === undefined && isRetriable(code));
    this.errorClass = options.errorName === undefined ? errorClass(code) : this.retriable ? 'retriable' : 'other';
    this.fatal = options.fatal ?? false;
    this.definite = options.definite ?? false;
    this.reason = options.reason ?? null;
  }
}

export function timeoutError(message: string, definite = false): KafkaError {
  return new KafkaError(ErrorCode.REQUEST_TIMED_OUT, message, { definite });
}

export function closedError(what: string): KafkaError {
  return new KafkaError(-1, `${what} is closed`, { errorName: 'CLIENT_CLOSED', definite: true });
}

export function illegalState(message: string): KafkaError {
  return new KafkaError(-1, message, { errorName: 'ILLEGAL_STATE', definite: true });
}

/** The client and the brokers do not trust each other. */
export function authenticationError(by: 'tls' | 'sasl', message: string): KafkaError {
  if (by === 'sasl') return new KafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, message, { definite: true, retriable: false });
  return new KafkaError(-1, `TLS handshake failed: ${message}`, { errorName: 'TLS_AUTHENTICATION_FAILED', definite: true });
}

const DEFINITE_REJECTIONS: ReadonlySet<number> = new Set([
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.INVALID_RECORD,
  ErrorCode.INVALID_TIMESTAMP,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.INVALID_REQUIRED_ACKS,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.POLICY_VIOLATION,
  ErrorCode.INVALID_TXN_STATE,
]);

/** Does this answer to a Produce prove that the leader refused the batch before appending it? */
export function isDefiniteRejection(code: number): boolean {
  return DEFINITE_REJECTIONS.has(code);
}

const STALE_METADATA: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.LISTENER_NOT_FOUND,
  ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
  ErrorCode.ELECTION_NOT_NEEDED,
  ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
]);

/** Errors that say that the client's metadata are out of date (Kafka's InvalidMetadataException). */
export function isStaleMetadata(code: number): boolean {
  return STALE_METADATA.has(code);
}
