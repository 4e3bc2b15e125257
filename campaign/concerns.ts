/**
 * What a violation is about, and which lines of the trace concern the same: partitions, groups, processes. Names are looked for
 * among those that the run has shown, so that nothing of a sentence's form matters.
 */
import { METADATA_PARTITION } from '../core/protocol/partition.ts';
import type { TraceLine } from '../sim/run.ts';

type What = TraceLine['what'];

/** Names of partitions (`orders-0`), groups, processes, transactional ids, or producers (`producer 1000`). */
export type Subjects = ReadonlySet<string>;

/** The known names that a text mentions. */
export function mentioned(text: string, known: Subjects): Subjects {
  const words = text.split(/[\s,;:()[\]"'@]+/).map((word) => word.replace(/[.?!]+$/, ''));
  return new Set(words.filter((word) => known.has(word)));
}

/** The known names that an event carries, as its own or in its lists. */
export function carried(what: What, known: Subjects): Subjects {
  const found = new Set<string>();
  walk(what, (name) => {
    if (known.has(name)) found.add(name);
    return false;
  });
  return found;
}

/** The event, if a field of its own is about the subjects, or else with its lists cut down to what is; null if nothing is. */
export function concerning(what: What, subjects: Subjects): What | null {
  const isOurs = (name: string): boolean => subjects.has(name);
  if (isWholly(what, isOurs)) return what;
  const kept: Record<string, unknown> = {};
  let concerns = false;
  for (const [key, value] of Object.entries(what)) {
    if (!Array.isArray(value)) {
      kept[key] = value;
      continue;
    }
    const ours = value.filter((item) => walk(item, isOurs));
    concerns ||= ours.length > 0;
    // Lists of numbers and the like say how the one thing is that the event tells of.
    kept[key] = value.every((item) => typeof item !== 'object' && typeof item !== 'string') ? value : ours;
  }
  return concerns ? (kept as unknown as What) : null;
}

function isWholly(what: What, isOurs: (name: string) => boolean): boolean {
  if (isOfQuorum(what) && isOurs(METADATA_PARTITION)) return true;
  if ('producerId' in what && isOurs(`producer ${what.producerId}`)) return true;
  return Object.entries(what).some(([key, value]) => key !== 'session' && !Array.isArray(value) && walk(value, isOurs));
}

/** The quorum is about its log, which its events do not name. */
function isOfQuorum({ type }: What): boolean {
  return type.startsWith('quorum-') || type === 'controller-activated' || type === 'controller-renounced';
}

/**
 * Visits every name in a value: texts, `topic-partition` where the two are fields of one object, and producers by their ids. True as soon
 * as one is wanted.
 */
function walk(value: unknown, wanted: (name: string) => boolean): boolean {
  if (typeof value === 'string') return wanted(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.some((item) => walk(item, wanted));
  if ('topic' in value && 'partition' in value && wanted(`${String(value.topic)}-${String(value.partition)}`)) return true;
  if ('producerId' in value && wanted(`producer ${String(value.producerId)}`)) return true;
  return Object.entries(value).some(([key, inner]) => key !== 'session' && walk(inner, wanted));
}
