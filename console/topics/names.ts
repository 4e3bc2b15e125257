/** Which topics a regular expression means. */
import type { Admin } from '../../core/client/admin/admin.ts';
import { RefusedError } from '../errors.ts';
import { wholeNamePattern } from '../options.ts';

/** Topics with an internal purpose: left out on request, even by brokers that do not say that they are internal. */
const INTERNAL: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state']);

export interface TopicFilter {
  /** Null: all topics. */
  readonly pattern: RegExp | null;
  readonly excludeInternal: boolean;
}

/** Kafka's list of names or regular expressions: commas mean "or"; blanks, and quotes around it, do not count. */
export function topicFilter(text: string | undefined, excludeInternal: boolean): TopicFilter {
  if (text === undefined) return { pattern: null, excludeInternal };
  const expression = text
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+|["']+$/g, '');
  return { pattern: wholeNamePattern('--topic', expression), excludeInternal };
}

/** The names of the topics there are that the filter lets through, sorted. */
export async function topicNames(admin: Admin, { pattern, excludeInternal }: TopicFilter): Promise<string[]> {
  const topics = await admin.listTopics({ listInternal: true });
  return topics
    .filter(({ isInternal, name }) => !(excludeInternal && (isInternal || INTERNAL.has(name))))
    .map(({ name }) => name)
    .filter((name) => pattern === null || pattern.test(name))
    .sort();
}

/** Throws RefusedError if none was found of what was asked for by name. */
export function mustExist(found: readonly string[], asked: string | undefined, ifExists: boolean | undefined): void {
  if (found.length > 0 || ifExists === true || asked === undefined || asked === '') return;
  throw new RefusedError(`there is no topic ${asked} (UNKNOWN_TOPIC_OR_PARTITION)`);
}
