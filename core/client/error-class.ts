/** What an application can do about an error, by the kind of exception that the Java client has for it (KIP-1050). */
import { ErrorCode, isRetriable } from '../protocol/errors.ts';

/**
 * - `retriable`: the same call may succeed later.
 * - `refresh-retriable`: as well, once the client knows better who leads, or coordinates. It asks by itself.
 * - `abortable`: the transaction can only be aborted; the producer goes on with the next.
 * - `application-recoverable`: the client is of no more use, but a new one in its place is (a fenced producer, a lost membership).
 * - `invalid-configuration`: nothing helps but another configuration, or another permission.
 * - `other`: Kafka does not say.
 */
export type ErrorClass =
  | 'retriable'
  | 'refresh-retriable'
  | 'abortable'
  | 'application-recoverable'
  | 'invalid-configuration'
  | 'other';

const REFRESH_RETRIABLE: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.LISTENER_NOT_FOUND,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
  ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  ErrorCode.ELECTION_NOT_NEEDED,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
]);

const APPLICATION_RECOVERABLE: ReadonlySet<number> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.PRODUCER_FENCED,
]);

const INVALID_CONFIGURATION: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_TOPIC_EXCEPTION,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.INVALID_REQUIRED_ACKS,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.UNSUPPORTED_SASL_MECHANISM,
  ErrorCode.ILLEGAL_SASL_STATE,
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.INVALID_REPLICATION_FACTOR,
  ErrorCode.INVALID_CONFIG,
  ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.SASL_AUTHENTICATION_FAILED,
  ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
  ErrorCode.INVALID_RECORD,
]);

/** The class of an error code. */
export function errorClass(code: number): ErrorClass {
  if (REFRESH_RETRIABLE.has(code)) return 'refresh-retriable';
  if (isRetriable(code)) return 'retriable';
  if (code === ErrorCode.TRANSACTION_ABORTABLE) return 'abortable';
  if (APPLICATION_RECOVERABLE.has(code)) return 'application-recoverable';
  return INVALID_CONFIGURATION.has(code) ? 'invalid-configuration' : 'other';
}
