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

/** What the cluster said: its own words if it gave any, and Kafka's name of the error. */
export function refusal(error: KafkaError): string {
  const words = withoutStop(error.reason ?? error.message);
  return words.includes(error.errorName) ? words : `${words} (${error.errorName})`;
}

function withoutStop(message: string): string {
  return message
    .trim()
    .replace(/\.$/, '')
    .replaceAll(/\s*\n\s*/g, ' ');
}
