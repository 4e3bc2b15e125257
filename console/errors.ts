/** How a tool ends when something is wrong: one sentence on stderr, and an exit status that scripts can tell apart. */
import { KafkaError } from '../core/client/errors.ts';
import { ConfigError } from '../core/config/index.ts';

/** What was asked for cannot be: one sentence that names the value and says what would be right. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The cluster says no, or cannot be reached: one sentence, with Kafka's name of the error if it has one. Exit status 1. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

export const EXIT = { done: 0, refused: 1, unusable: 2, broken: 3 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** The sentence for people, without a full stop, and the status that belongs to it. */
export function explain(error: unknown): { readonly sentence: string; readonly status: ExitStatus } {
  if (error instanceof UsageError || error instanceof ConfigError) {
    return { sentence: withoutStop(error.message), status: EXIT.unusable };
  }
  if (error instanceof RefusedError) return { sentence: withoutStop(error.message), status: EXIT.refused };
  if (error instanceof KafkaError) return { sentence: refusal(error), status: EXIT.refused };
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { sentence: `the tool failed: ${details}`, status: EXIT.broken };
}

/** For errors that brokers give without a word. */
const WORDS: Readonly<Partial<Record<KafkaError['errorName'], string>>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'there is no such topic or partition',
  INVALID_TOPIC_EXCEPTION: 'that is not the name of a topic',
  TOPIC_AUTHORIZATION_FAILED: 'not allowed for this topic',
  GROUP_AUTHORIZATION_FAILED: 'not allowed for this group',
  CLUSTER_AUTHORIZATION_FAILED: 'not allowed for this cluster',
  GROUP_ID_NOT_FOUND: 'there is no such group',
  INVALID_GROUP_ID: 'that is not the id of a group',
  NON_EMPTY_GROUP: 'the group has members',
  GROUP_SUBSCRIBED_TO_TOPIC: 'the group is subscribed to the topic',
  UNKNOWN_MEMBER_ID: 'the group has members',
  TRANSACTIONAL_ID_NOT_FOUND: 'there is no such transactional id',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'not allowed for this transactional id',
  INVALID_REGULAR_EXPRESSION: 'that is no regular expression',
  INVALID_PRODUCER_EPOCH: 'the producer has written in a newer epoch',
  TRANSACTION_COORDINATOR_FENCED: 'a newer coordinator has written to the partition',
  MESSAGE_TOO_LARGE: 'the record is too large',
};

/** What the cluster said: its own words if it gave any, and Kafka's name of the error. */
export function refusal(error: KafkaError): string {
  const known = error.message.endsWith(`: ${error.errorName}`) ? WORDS[error.errorName] : undefined;
  const words = withoutStop(error.reason ?? known ?? error.message);
  return words.includes(error.errorName) ? words : `${words} (${error.errorName})`;
}

function withoutStop(message: string): string {
  return message
    .trim()
    .replace(/\.$/, '')
    .replaceAll(/\s*\n\s*/g, ' ');
}
