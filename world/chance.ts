/**
 * All chance of a run. Model:
 * - Streams are derived from the seed by name (`seed/name`, seedrandom's Alea): one stream's draws never shift another's.
 * - Draws are integers; every draw names its label. A draw's place in its stream is its ordinal.
 * - A run can record its decisions. A recording drives a run: where ordinal and label agree, the recorded value is the
 *   decision and no entropy is consumed; where they do not, the mismatch is kept and the stream goes on from its own entropy.
 * - A decision log leaves most streams no choice: they decide in the simplest way (the lowest number, the first item, no for a chance),
 *   but for the decisions that it forces. What is left is what matters of a run's chance.
 * - `divert` gives all streams other entropy from then on: the same past, another future.
 * - `sometimes(site)` is true only if switched on, for a site that is active in this seed (one in four, or those named), in one of four visits or
 *   as rarely as the site asks. Each visit is counted, and each that took the rare path.
 */
import seedrandom from 'seedrandom';
import type { Random, RandomStream } from '../ports/random.ts';

/** The decisions of one stream: a table of labels, and label index and value of each draw in turn. */
export interface StreamRecording {
  readonly labels: readonly string[];
  /** Flat pairs: label index, value. */
  readonly draws: readonly number[];
}

/** The decisions of a run, by stream. Plain JSON; leaving a stream out leaves it to its entropy. */
export interface Recording {
  readonly seed: string;
  readonly streams: Readonly<Record<string, StreamRecording>>;
}

/** One decision of a run. */
export interface Decision {
  readonly stream: string;
  /** Its place in the stream, from 0. */
  readonly ordinal: number;
  readonly label: string;
  readonly value: number;
}

/** Which decisions matter in a run. Plain JSON. */
export interface DecisionLog {
  /** Streams, or beginnings of their names that end with `*`, that decide in the simplest way; all others draw. */
  readonly plain: readonly string[];
  /** What is decided otherwise; in plain streams and others. */
  readonly forced: readonly Decision[];
}

/** Where a recording stopped fitting the code. `null`: there was no such draw on that side. */
export interface Divergence {
  readonly stream: string;
  readonly ordinal: number;
  readonly expected: string | null;
  readonly got: string | null;
}

/** How well a recording fitted the run that it drove. */
export interface ReplayReport {
  readonly outcome: 'exact' | 'diverged';
  readonly divergence: Divergence | null;
  /** Recorded decisions that no draw asked for. */
  readonly unused: number;
}

/** How often a rare path could be taken, and how often it was. */
export interface SiteCount {
  readonly reached: number;
  readonly taken: number;
}

/** What is done with decisions beside drawing them. */
export interface ChanceOptions {
  /** Whether `sometimes` (FoundationDB's BUGGIFY) may say yes. Default true. */
  readonly buggify?: boolean;
  /** Keep every decision. Default false. */
  readonly record?: boolean;
  /** Decisions to take instead of drawing. */
  readonly replay?: Recording;
  /** What is decided without drawing; beside `replay` it has the last word. */
  readonly decisions?: DecisionLog;
  /** The sites at which `sometimes` may say yes; by default one of four, as drawn. */
  readonly sites?: readonly string[];
}

/** A place at which a rare path may be taken. */
interface Site {
  readonly isActive: boolean;
  reached: number;
  taken: number;
}

/** The visits of one process to a site. */
interface Visits {
  readonly site: Site;
  /** Null: the site is not active. */
  readonly stream: Stream | null;
}

/** What a stream is not free to draw. */
interface Bonds {
  readonly record: boolean;
  readonly replay: StreamRecording | null;
  readonly isPlain: boolean;
  /** By ordinal. */
  readonly forced: ReadonlyMap<number, Decision> | null;
}

interface Recorder {
  readonly labels: Map<string, number>;
  readonly draws: number[];
}

/** One stream of draws. */
export class Stream implements RandomStream {
  readonly name: string;
  #next: () => number;
  readonly #recorder: Recorder | null;
  readonly #onDivergence: (divergence: Divergence) => void;
  #replay: StreamRecording | null;
  #isPlain: boolean;
  #forced: ReadonlyMap<number, Decision> | null;
  #ordinal = 0;
  readonly #hooked: boolean;

  constructor(
    name: string,
    seed: string,
    { record, replay, isPlain, forced }: Bonds,
    onDivergence: (divergence: Divergence) => void,
  ) {
    this.name = name;
    this.#next = seedrandom.alea(`${seed}/${name}`);
    this.#recorder = record ? { labels: new Map(), draws: [] } : null;
    this.#replay = replay;
    this.#isPlain = isPlain;
    this.#forced = forced;
    this.#onDivergence = onDivergence;
    this.#hooked = record || replay !== null || isPlain || forced !== null;
  }

  below(bound: number, label: string): number {
    if (!(bound >= 1)) throw new RangeError(`${this.name}: ${label}: a draw below ${bound}`);
    if (this.#hooked) return this.#decide(bound, label, 0);
    return this.#draw(bound);
  }

  between(min: number, max: number, label: string): number {
    return min + this.below(max - min + 1, label);
  }

  chance(numerator: number, denominator: number, label: string): boolean {
    const draw = this.#hooked ? this.#decide(denominator, label, denominator - 1) : this.below(denominator, label);
    return draw < numerator;
  }

  pick<T>(items: readonly T[], label: string): T {
    return items[this.below(items.length, label)] as T;
  }

  /** What was decided so far, if this stream records. */
  recording(): StreamRecording | null {
    if (this.#recorder === null) return null;
    return { labels: [...this.#recorder.labels.keys()], draws: this.#recorder.draws };
  }

  /** Recorded decisions not yet taken. */
  get unused(): number {
    return this.#replay === null ? 0 : Math.max(0, this.#replay.draws.length / 2 - this.#ordinal);
  }

  get ordinal(): number {
    return this.#ordinal;
  }

  /** Draws from other entropy from now on, and nothing is decided for it any more. */
  divert(seed: string): void {
    this.#next = seedrandom.alea(`${seed}/${this.name}`);
    this.#replay = null;
    this.#isPlain = false;
    this.#forced = null;
  }

  #draw(bound: number): number {
    const unit = this.#next();
    if (bound <= 0x40000000) return (unit * bound) | 0;
    // One draw has 32 bits: two make 52, enough for every safe bound a simulation uses.
    return Math.floor(
      ((Math.floor(unit * 0x4000000) * 0x4000000 + Math.floor(this.#next() * 0x4000000)) / 0x10000000000000) * bound,
    );
  }

  #decide(bound: number, label: string, simplest: number): number {
    const ordinal = this.#ordinal++;
    const value =
      this.#force(ordinal, bound, label) ??
      this.#replayed(ordinal, bound, label) ??
      (this.#isPlain ? simplest : this.#draw(bound));
    const recorder = this.#recorder;
    if (recorder !== null) {
      let index = recorder.labels.get(label);
      if (index === undefined) {
        index = recorder.labels.size;
        recorder.labels.set(label, index);
      }
      recorder.draws.push(index, value);
    }
    return value;
  }

  #force(ordinal: number, bound: number, label: string): number | null {
    const decision = this.#forced?.get(ordinal);
    if (decision === undefined) return null;
    if (decision.label === label && decision.value < bound) return decision.value;
    this.#onDivergence({ stream: this.name, ordinal, expected: decision.label, got: label });
    return null;
  }

  #replayed(ordinal: number, bound: number, label: string): number | null {
    const forced = this.#replay;
    if (forced === null) return null;
    const at = ordinal * 2;
    const expected = at < forced.draws.length ? (forced.labels[forced.draws[at] as number] ?? null) : null;
    const value = forced.draws[at + 1];
    if (expected === label && value !== undefined && value < bound) return value;
    this.#onDivergence({ stream: this.name, ordinal, expected, got: label });
    this.#replay = null;
    return null;
  }
}

/** All streams of a seed. */
export class Chance implements Random {
  readonly seed: string;
  readonly #record: boolean;
  readonly #replay: Recording | null;
  readonly #plain: (stream: string) => boolean;
  /** By stream, and ordinal. */
  readonly #forced = new Map<string, Map<number, Decision>>();
  readonly #sometimes: boolean;
  readonly #inPlay: ReadonlySet<string> | null;
  /** What streams are derived from, beside their names. */
  #entropy: string;
  readonly #streams = new Map<string, Stream>();
  readonly #sites = new Map<string, Site>();
  readonly #visits = new Map<string, Visits>();
  #divergence: Divergence | null = null;

  constructor(seed: number | string, options: ChanceOptions = {}) {
    this.seed = String(seed);
    this.#sometimes = options.buggify ?? true;
    this.#inPlay = options.sites === undefined ? null : new Set(options.sites);
    this.#record = options.record ?? false;
    this.#replay = options.replay ?? null;
    this.#entropy = this.seed;
    this.#plain = matcher(options.decisions?.plain ?? []);
    for (const decision of options.decisions?.forced ?? []) {
      const ofStream = this.#forced.get(decision.stream);
      if (ofStream === undefined) this.#forced.set(decision.stream, new Map([[decision.ordinal, decision]]));
      else ofStream.set(decision.ordinal, decision);
    }
  }

  /** The stream of this name; it is made when it is first asked for. */
  stream(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const isDiverted = this.#entropy !== this.seed;
      const bonds: Bonds = {
        record: this.#record,
        replay: isDiverted ? null : (this.#replay?.streams[name] ?? null),
        isPlain: !isDiverted && this.#plain(name),
        forced: isDiverted ? null : (this.#forced.get(name) ?? null),
      };
      stream = new Stream(name, this.#entropy, bonds, (divergence) => {
        this.#divergence ??= divergence;
      });
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** From now on every stream draws from entropy of this name, whatever was to be replayed or forced: another future of the same run. */
  divert(name: string): void {
    this.#entropy = `${this.seed}/${name}`;
    for (const stream of this.#streams.values()) stream.divert(this.#entropy);
  }

  /** Is a rare path taken at this visit of the site? */
  sometimes(site: string, oneIn = 4): boolean {
    return this.#sometimes && this.#visit('', site, this.#visits, oneIn);
  }

  /** A view whose streams and sites are this process's own: `process/<name>/...`. Whether a site is active is still the seed's. */
  scoped(prefix: string): Random {
    const visits = new Map<string, Visits>();
    return {
      stream: (name) => this.stream(`${prefix}/${name}`),
      sometimes: (site, oneIn = 4) => this.#sometimes && this.#visit(`${prefix}/`, site, visits, oneIn),
    };
  }

  /** The sites that were visited; none where rare paths are switched off. */
  siteCounts(): Record<string, SiteCount> {
    return Object.fromEntries([...this.#sites].map(([name, { reached, taken }]) => [name, { reached, taken }]));
  }

  #visit(prefix: string, name: string, known: Map<string, Visits>, oneIn: number): boolean {
    let visits = known.get(name);
    if (visits === undefined) {
      const site = this.#site(name);
      visits = { site, stream: site.isActive ? this.stream(`${prefix}sometimes/${name}`) : null };
      known.set(name, visits);
    }
    const { site, stream } = visits;
    site.reached++;
    const isTaken = stream?.chance(1, oneIn, 'visit') ?? false;
    if (isTaken) site.taken++;
    return isTaken;
  }

  #site(name: string): Site {
    let site = this.#sites.get(name);
    if (site === undefined) {
      const isActive = this.#inPlay?.has(name) ?? this.stream(`site/${name}`).chance(1, 4, 'active');
      site = { isActive, reached: 0, taken: 0 };
      this.#sites.set(name, site);
    }
    return site;
  }

  /** The decisions of this run; empty unless `record` is on. */
  recording(): Recording {
    const streams: Record<string, StreamRecording> = {};
    for (const [name, stream] of this.#streams) {
      const recording = stream.recording();
      if (recording !== null && recording.draws.length > 0) streams[name] = recording;
    }
    return { seed: this.seed, streams };
  }

  /** How well the recording fitted. Whether a run that diverged found the same violation is for its caller to say. */
  replayReport(): ReplayReport {
    let unused = 0;
    let first: Divergence | null = null;
    for (const [name, recorded] of Object.entries(this.#replay?.streams ?? {})) {
      const stream = this.#streams.get(name);
      const left = stream === undefined ? recorded.draws.length / 2 : stream.unused;
      if (left === 0) continue;
      unused += left;
      const ordinal = stream?.ordinal ?? 0;
      first ??= { stream: name, ordinal, expected: recorded.labels[recorded.draws[ordinal * 2] as number] ?? null, got: null };
    }
    for (const [name, decisions] of this.#forced) {
      const asked = this.#streams.get(name)?.ordinal ?? 0;
      for (const { stream, ordinal, label } of decisions.values()) {
        if (ordinal < asked) continue;
        unused++;
        first ??= { stream, ordinal, expected: label, got: null };
      }
    }
    const divergence = this.#divergence ?? first;
    return { outcome: divergence === null ? 'exact' : 'diverged', divergence, unused };
  }
}

/** Whether a stream is named, or begins as one of the names that end with `*`. */
function matcher(names: readonly string[]): (stream: string) => boolean {
  const exact = new Set(names.filter((name) => !name.endsWith('*')));
  const beginnings = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  return (stream) => exact.has(stream) || beginnings.some((beginning) => stream.startsWith(beginning));
}

/**
 * A long-tailed quantity: mostly the lower entries of a table, now and then the last. The weights halve from entry to
 * entry; within an entry the value is uniform. `scale` multiplies the table's numbers.
 */
export function longTail(stream: RandomStream, scale: number, label: string): number {
  const draw = stream.below(TAIL_SPAN, label);
  let low = 0;
  let rest = draw;
  let weight = TAIL_SPAN >> 1;
  let index = 0;
  while (rest >= weight && index < TAIL.length - 1) {
    rest -= weight;
    low = TAIL[index] as number;
    weight = Math.max(1, weight >> 1);
    index++;
  }
  const high = TAIL[index] as number;
  return Math.floor((scale * (low * weight + (high - low) * Math.min(rest, weight))) / weight);
}

const TAIL_SPAN = 1 << 16;
/** Upper ends, in units of `scale`: half of all draws are below 1, one in 256 is above 25, one in 4,096 above 200. */
const TAIL: readonly number[] = [1, 2, 3, 5, 8, 12, 18, 25, 50, 80, 120, 200, 400];
/** No long-tailed draw is above this many times its scale. */
export const LONGEST_TAIL = 400;
