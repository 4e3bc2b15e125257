/**
 * From all that chance decided in a failing run to the decisions that matter: streams that may as well decide in the simplest way, then
 * single decisions of those that are left, each as simple as it can be, as long as the same failure comes of it.
 */
import type { Decision, DecisionLog, Recording } from '../world/chance.ts';
import { bisect, ddmin } from './ddmin.ts';

export interface ShrinkDecisionsOptions {
  /** Runs it with these decisions: does the failure come of it? */
  readonly fails: (log: DecisionLog) => Promise<boolean>;
  /** All that chance decides in such a run; null if the failure does not come of it. */
  readonly record: (log: DecisionLog) => Promise<Recording | null>;
  /** No time is left: it ends with what has been found so far. */
  readonly isOver: () => boolean;
}

export interface MatteringDecisions {
  readonly log: DecisionLog;
  /** Streams that still draw, by their names; not those of ids. */
  readonly drawing: readonly string[];
}

/** Draws that make ids, which must differ from all others: nobody chooses them, and some are drawn until they are new. */
const IDENTITIES: ReadonlySet<string> = new Set(['uuid', 'directory suffix', 'fetch-session-id']);
/** A list longer than this explains nothing: the streams are left to draw then. */
const FORCED_MAX = 60;

/** Without streams that a run with these decisions does not have. */
export function withoutAbsent({ plain, forced }: DecisionLog, recording: Recording | null | undefined): DecisionLog {
  if (recording === null || recording === undefined) return { plain, forced };
  const names = Object.keys(recording.streams);
  const isThere = (name: string): boolean =>
    name.endsWith('*') ? names.some((each) => each.startsWith(name.slice(0, -1))) : names.includes(name);
  return { plain: plain.filter(isThere), forced: forced.filter(({ stream }) => isThere(stream)) };
}

/** A log that has decisions, for a smaller plan than the one for which they were found: fewer of them, and earlier. */
export async function simplerForced({ plain, forced }: DecisionLog, options: ShrinkDecisionsOptions): Promise<DecisionLog> {
  const { fails, record, isOver } = options;
  const withForced = async (kept: readonly Decision[]): Promise<boolean> => !isOver() && (await fails({ plain, forced: kept }));
  return { plain, forced: await earlier(await ddmin(forced, withForced), { names: plain, withForced, record }) };
}

/** Null: nothing that is decided can be simpler. */
export async function shrinkDecisions(
  recording: Recording,
  { fails, record, isOver }: ShrinkDecisionsOptions,
): Promise<MatteringDecisions | null> {
  const names = choosing(recording);
  const test = async (log: DecisionLog): Promise<boolean> => !isOver() && (await fails(log));
  const plainBut = (drawing: readonly string[]): readonly string[] => names.filter((name) => !drawing.includes(name));
  const tried = new Set<string>();
  const leaves = async (drawing: readonly string[]): Promise<boolean> => {
    const key = drawing.toSorted().join(' ');
    if (tried.has(key)) return false;
    tried.add(key);
    return await test({ plain: plainBut(drawing), forced: [] });
  };

  const families = await ddmin(familiesOf(names), (kept) => leaves(kept.flat()));
  const drawing = await ddmin(families.flat(), leaves);
  if (drawing.length === names.length) return null;
  const forced =
    drawing.length === 0
      ? null
      : await forcedDecisions(drawing, names, { log: { plain: plainBut(drawing), forced: [] }, test, record });
  const found: MatteringDecisions =
    forced === null ? { log: { plain: plainBut(drawing), forced: [] }, drawing } : { log: { plain: names, forced }, drawing: [] };
  const short = { ...found.log, plain: inShort(found.log.plain, Object.keys(recording.streams)) };
  return (await test(short)) ? { ...found, log: short } : found;
}

interface Forcing {
  /** With which the failure comes. */
  readonly log: DecisionLog;
  readonly test: (log: DecisionLog) => Promise<boolean>;
  readonly record: ShrinkDecisionsOptions['record'];
}

/** What streams drew, decision by decision, as little of it as it takes; null if that is too much. */
async function forcedDecisions(
  drawing: readonly string[],
  names: readonly string[],
  { log, test, record }: Forcing,
): Promise<readonly Decision[] | null> {
  const recording = await record(log);
  if (recording === null) return null;
  const all = drawing.flatMap((name) => decisionsOf(name, recording));
  const withForced = (forced: readonly Decision[]): Promise<boolean> => test({ plain: names, forced });
  if (!(await withForced(all))) return null;
  let forced = await ddmin(all, withForced);
  if (forced.length > FORCED_MAX) return null;
  forced = await earlier(forced, { names, withForced, record });
  for (const [at, decision] of forced.entries()) {
    const withValue = (value: number): readonly Decision[] => forced.with(at, { ...decision, value });
    const value = await bisect(decision.value, 0, (smaller) => withForced(withValue(smaller)));
    forced = withValue(value);
  }
  return forced;
}

/** The first draws of a kind are tried in place of the one that mattered. */
const PLACES_TRIED = 4;

interface Moving {
  readonly names: readonly string[];
  readonly withForced: (forced: readonly Decision[]) => Promise<boolean>;
  readonly record: ShrinkDecisionsOptions['record'];
}

/**
 * What happens at the eighth transaction may as well happen at the first: each decision at the earliest place at which the same is decided,
 * without those before it, which may have served for nothing but to come so far.
 */
async function earlier(start: readonly Decision[], { names, withForced, record }: Moving): Promise<readonly Decision[]> {
  let forced = start;
  for (const decision of start.toReversed()) {
    if (!forced.includes(decision)) continue;
    const recording = await record({ plain: names, forced });
    if (recording === null) return forced;
    for (const ordinal of placesOf(decision, recording).slice(0, PLACES_TRIED)) {
      const moved = { ...decision, ordinal };
      const rest = forced.filter((each) => each !== decision && (each.stream !== moved.stream || each.ordinal !== ordinal));
      const alone = rest.filter(({ stream }) => stream !== moved.stream);
      const kept = (await withForced([...alone, moved])) ? alone : (await withForced([...rest, moved])) ? rest : null;
      if (kept === null) continue;
      const others = await ddmin(kept, (few) => withForced([...few, moved]));
      forced = [...others, moved];
      break;
    }
  }
  return forced;
}

/** Places before a decision at which its stream decides the same. */
function placesOf({ stream, ordinal, label }: Decision, { streams }: Recording): number[] {
  const { labels, draws } = streams[stream] ?? { labels: [], draws: [] };
  const places = Array.from({ length: Math.min(ordinal, draws.length / 2) }, (_, at) => at);
  return places.filter((at) => labels[draws[at * 2] as number] === label);
}

/** Those of a stream that were not decided in the simplest way. */
function decisionsOf(stream: string, { streams }: Recording): readonly Decision[] {
  const { labels, simplest, draws } = streams[stream] ?? { labels: [], simplest: [], draws: [] };
  const decisions: Decision[] = [];
  for (let ordinal = 0; ordinal < draws.length / 2; ordinal++) {
    const index = draws[ordinal * 2] as number;
    const value = draws[ordinal * 2 + 1] as number;
    if (value !== simplest[index]) decisions.push({ stream, ordinal, label: labels[index] as string, value });
  }
  return decisions;
}

/** Streams in which something is chosen. */
function choosing({ streams }: Recording): readonly string[] {
  return Object.entries(streams)
    .filter(([, { labels }]) => !labels.some((label) => IDENTITIES.has(label)))
    .map(([name]) => name);
}

/** What serves the same purpose: links, disks, retries of all clients, ... */
function familiesOf(names: readonly string[]): readonly (readonly string[])[] {
  const families = new Map<string, string[]>();
  for (const name of names) {
    const [first = '', , ...rest] = name.split('/');
    const purpose = first === 'process' ? rest.slice(0, 2).join('/') : first;
    const family = families.get(purpose);
    if (family === undefined) families.set(purpose, [name]);
    else family.push(name);
  }
  return [...families.values()];
}

/** The same streams, by the beginnings of their names where nothing else begins so. */
function inShort(plain: readonly string[], all: readonly string[]): readonly string[] {
  const others = all.filter((name) => !plain.includes(name));
  const short = plain.map((name) => {
    for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1)) {
      const beginning = name.slice(0, end + 1);
      if (!others.some((other) => other.startsWith(beginning))) return `${beginning}*`;
    }
    return name;
  });
  return [...new Set(short)];
}
