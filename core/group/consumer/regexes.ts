/**
 * Subscriptions by regular expression: the coordinator looks up which topics they stand for, apart from the heartbeat that brought them, for all
 * expressions of a group at once, and writes down what it finds. As Kafka's TopicRegexResolver, in RE2's syntax.
 */
import { compileRe2 } from '../../transaction/re2-pattern.ts';
import { type ConsumerGroupState, regexCounts, type ResolvedRegex, subscribedByAny } from './consumer-group-state.ts';
import { Draft } from './draft.ts';
import { metadataHash } from './metadata-hash.ts';
import type { TopicsView } from './topics-view.ts';

/** They are not looked up more often than this. */
const REFRESH_MIN_INTERVAL_MS = 10_000;

/** Is it time to look them up? `newTopicsVersion`: of the metadata that last had a new topic. */
export function needsLookUp(
  state: ConsumerGroupState,
  hasNewRegex: boolean,
  {
    wallMs,
    newTopicsVersion,
    maxIntervalMs,
  }: { readonly wallMs: number; readonly newTopicsVersion: number; readonly maxIntervalMs: number },
): boolean {
  const counts = regexCounts(state.members.values());
  if (counts.size === 0) return false;
  const [resolved] = state.regexes.values();
  if (resolved !== undefined && wallMs <= resolved.timestamp + REFRESH_MIN_INTERVAL_MS) return false;
  if (hasNewRegex || counts.size !== state.regexes.size || resolved === undefined) return true;
  return resolved.version < newTopicsVersion || wallMs > resolved.timestamp + maxIntervalMs;
}

/** Which topics the expressions of a group stand for, of those that the member who made it necessary may see. */
export function lookUp(
  regexes: Iterable<string>,
  topics: TopicsView,
  maySee: (topic: string) => boolean,
  wallMs: number,
): ReadonlyMap<string, ResolvedRegex> {
  const names = [...topics.names()].filter(maySee);
  const found = (regex: string): ResolvedRegex => {
    const matches = compileRe2(regex);
    return { topics: names.filter(matches).sort(), version: topics.version, timestamp: wallMs };
  };
  return new Map([...regexes].map((regex) => [regex, found(regex)]));
}

/** What was found is written down; the group's epoch is raised if it is other than what was known. */
export function decideResolved(state: ConsumerGroupState, found: ReadonlyMap<string, ResolvedRegex>, topics: TopicsView): Draft {
  const draft = new Draft(state);
  const counts = regexCounts(state.members.values());
  let hasChanged = false;
  for (const [regex, value] of found) {
    if (!counts.has(regex)) continue;
    const before = state.regexes.get(regex)?.topics ?? [];
    if (before.length !== value.topics.length || value.topics.some((topic) => !before.includes(topic))) hasChanged = true;
    draft.add({ kind: 'regex', regex, value });
  }
  const hash = metadataHash(subscribedByAny(draft.state.members.values(), draft.state.regexes), topics);
  if (hasChanged || hash !== state.metadataHash) draft.raiseEpoch(hash);
  return draft;
}
