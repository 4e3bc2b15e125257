/** What all parts of one log share. */
import type { Environment } from '../environment.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import type { StorageGuard } from './storage-guard.ts';
import type { LogConfig } from './types.ts';

export interface LogContext {
  readonly env: Environment;
  readonly partition: TopicPartitionKey;
  readonly directory: string;
  readonly storage: StorageGuard;
  /** producer.id.expiration.ms */
  readonly producerExpirationMs: () => number;
  /** transaction.partition.verification.enable */
  readonly isVerificationEnabled: () => boolean;
  /** Effective topic configs; may be replaced at any time. */
  config: LogConfig;
}
