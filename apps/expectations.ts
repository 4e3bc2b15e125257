/**
 * What an application promises of its inputs, judged by what is in the topics at the end. Inputs are the records that the trial writes, effects
 * the records that the application writes of them; both are JSON, and a field (or a function) says which effect is of which input.
 */
import type { CheckContext, Checker, ClusterView, FinalRead, PropertyDefinition } from '../sim/observe.ts';
import type { HistoryEvent } from '../sim/history.ts';
import { Progress } from './progress.ts';

/** A record as it is in a topic at the end; of a service, what it keeps under a key, its `offset` counting all changes. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string;
}

/** A field of the JSON value, or a function of the record. */
export type Per = string | ((record: TopicRecord) => unknown);

/** What is in the topics and services that a trial names, in the order of partitions and offsets. What transactions aborted is not. */
export type TopicsAtEnd = Readonly<Record<string, readonly TopicRecord[]>>;

/** As `in`: the effect of an input is that the application says it has processed it (`kafka-trial/app`). */
export const PROCESSED = 'processed';

export interface RecordExpectation {
  /** Each input has at least one effect. */
  readonly atLeastOncePer?: Per;
  /** Each input has exactly one. */
  readonly exactlyOncePer?: Per;
  /** Effects of inputs that are equal in this are in the order of the inputs. */
  readonly inOrderPer?: Per;
  /** No offset is committed before every input below it has its effect. */
  readonly committedAfterEffect?: boolean;
  /** The topic, or service, of the effects; or `processed`, if no topic is called so. */
  readonly in: string;
}

/** The function throws if what it sees is not as it must be. */
export type Expectation = RecordExpectation | ((topics: TopicsAtEnd) => void);

const PROPERTIES = {
  'APP-ONCE': 'every input has an effect',
  'APP-TWICE': 'no input has two effects',
  'APP-ORDER': 'effects are in the order of their inputs',
  'APP-COMMIT': 'no offset is committed before the inputs below it have their effects',
  'APP-END': 'what is in the topics at the end is as expected',
} as const;

type Id = keyof typeof PROPERTIES;

/** The properties that an expectation comes to. */
export function expectations(
  expect: Expectation,
  inputs: readonly string[],
  topics: readonly string[],
  services: ReadonlyMap<string, string> = new Map(),
): PropertyDefinition {
  const ids = idsOf(expect);
  return {
    properties: ids.map((id) => ({ id, title: PROPERTIES[id] })),
    create: (context) => new ExpectationChecker(context, expect, inputs, topics, services),
  };
}

function idsOf(expect: Expectation): readonly Id[] {
  if (typeof expect === 'function') return ['APP-END'];
  const { atLeastOncePer, exactlyOncePer, inOrderPer, committedAfterEffect } = expect;
  return [
    ...(atLeastOncePer === undefined && exactlyOncePer === undefined ? [] : (['APP-ONCE'] as const)),
    ...(exactlyOncePer === undefined ? [] : (['APP-TWICE'] as const)),
    ...(inOrderPer === undefined ? [] : (['APP-ORDER'] as const)),
    ...(committedAfterEffect === true ? (['APP-COMMIT'] as const) : []),
  ];
}

class ExpectationChecker implements Checker {
  readonly #context: CheckContext;
  readonly #expect: Expectation;
  readonly #inputs: readonly string[];
  readonly #topics: readonly string[];
  readonly #progress: Progress;
  /** By what an input and its effects have in common: who sent effects, and when. */
  readonly #senders = new Map<string, string[]>();
  /** What identifies an input, by its place. */
  readonly #inputIds = new Map<string, string>();
  /** What services keep, by name and key. */
  readonly #kept: ReadonlyMap<string, Map<string, TopicRecord>>;
  /** Places of what the application says it has processed, in its order. */
  readonly #processedPlaces: string[] = [];
  readonly #isOfProcessed: boolean;
  /** By service in the history, its name here. */
  readonly #services: ReadonlyMap<string, string>;
  #changes = 0;
  /** Up to where commits were judged, by partition. */
  readonly #judgedUpTo = new Map<string, number>();

  constructor(
    context: CheckContext,
    expect: Expectation,
    inputs: readonly string[],
    topics: readonly string[],
    services: ReadonlyMap<string, string>,
  ) {
    this.#context = context;
    this.#expect = expect;
    this.#inputs = inputs;
    this.#topics = topics;
    this.#services = services;
    this.#isOfProcessed = typeof expect !== 'function' && expect.in === PROCESSED && !topics.includes(PROCESSED);
    this.#kept = new Map([...services.values()].map((name) => [name, new Map<string, TopicRecord>()]));
    this.#progress = new Progress(context, inputs);
    context.onHistory((event) => this.#onHistory(event));
  }

  /** As long as the application has work and does it, nothing is judged. */
  unsettled({ timeUs }: ClusterView) {
    const message = this.#progress.unfinished(timeUs);
    return message === null ? null : { property: idsOf(this.#expect)[0] ?? 'APP-END', message };
  }

  atEnd({ finalCommittedReads }: ClusterView): void {
    if (finalCommittedReads === null) return;
    const topics: Record<string, TopicRecord[]> = Object.fromEntries(this.#topics.map((topic) => [topic, []]));
    for (const read of finalCommittedReads.values()) topics[read.topic]?.push(...recordsOf(read));
    if (this.#isOfProcessed) topics[PROCESSED] = this.#effectsOfProcessed(topics);
    for (const [name, kept] of this.#kept) topics[name] = [...kept.values()].sort((one, other) => one.offset - other.offset);
    if (typeof this.#expect === 'function') this.#judgeByHand(this.#expect, topics);
    else this.#judge(this.#expect, topics);
  }

  #onHistory(event: HistoryEvent): void {
    if (event.type === 'stored') this.#stored(event);
    if (event.type === 'processed' && this.#isOfProcessed) this.#processed(event);
    const expect = this.#expect;
    if (typeof expect === 'function') return;
    const { client } = event.session;
    if (event.type === 'ok' && event.call.f === 'send' && event.result.f === 'send') {
      const { topic, value, key } = event.call;
      this.#sent(expect, { topic, value, key, ...event.result }, `by ${client} at ${(event.timeUs / 1e6).toFixed(3)} s`);
    }
    if (event.type === 'offsets-committed' && expect.committedAfterEffect === true) {
      for (const { topic, partition, offset } of event.offsets) this.#judgeCommit(client, topic, partition, offset);
    }
  }

  #processed({ records, session: { client }, timeUs }: Extract<HistoryEvent, { readonly type: 'processed' }>): void {
    for (const { topic, partition, offset } of records) {
      const place = placeOf({ topic, partition, offset });
      this.#processedPlaces.push(place);
      const id = this.#inputIds.get(place);
      const how = `${place} by ${client} at ${(timeUs / 1e6).toFixed(3)} s`;
      if (id !== undefined) this.#senders.set(id, [...(this.#senders.get(id) ?? []), how]);
    }
  }

  /** An effect of it has what the input has. */
  #effectsOfProcessed(topics: TopicsAtEnd): TopicRecord[] {
    const inputs = new Map(this.#inputs.flatMap((topic) => topics[topic] ?? []).map((input) => [placeOf(input), input]));
    return this.#processedPlaces.flatMap((place, index) => {
      const input = inputs.get(place);
      return input === undefined ? [] : [{ ...input, topic: PROCESSED, partition: 0, offset: index }];
    });
  }

  #stored({ service, changes, timeUs }: Extract<HistoryEvent, { readonly type: 'stored' }>): void {
    const topic = this.#services.get(service);
    const kept = topic === undefined ? undefined : this.#kept.get(topic);
    if (topic === undefined || kept === undefined) return;
    for (const { key, value } of changes) {
      const offset = this.#changes++;
      kept.delete(key);
      if (value === null) continue;
      const record = { topic, partition: 0, offset, key, value };
      kept.set(key, record);
      if (typeof this.#expect !== 'function') this.#sent(this.#expect, record, `under ${key} at ${(timeUs / 1e6).toFixed(3)} s`);
    }
  }

  #sent(expect: RecordExpectation, record: TopicRecord, how: string): void {
    const per = perOf(expect);
    if (per === null) return;
    if (this.#inputs.includes(record.topic)) this.#inputIds.set(placeOf(record), identity(per, record));
    if (record.topic !== expect.in) return;
    const id = identity(per, record);
    this.#senders.set(id, [...(this.#senders.get(id) ?? []), `${placeOf(record)} ${how}`]);
  }

  #judgeCommit(client: string, topic: string, partition: number, committed: number): void {
    const key = `${topic}-${partition}`;
    for (let offset = this.#judgedUpTo.get(key) ?? 0; offset < committed; offset++) {
      const id = this.#inputIds.get(`${key}@${offset}`);
      if (id === undefined) continue;
      this.#context.evaluated('APP-COMMIT');
      if (this.#senders.has(id)) continue;
      const message = `${client} had offset ${committed} of ${key} committed, but ${id} (${key}@${offset}) had no effect yet`;
      this.#context.violated('APP-COMMIT', message, { client, partition: key, offset });
    }
    this.#judgedUpTo.set(key, Math.max(committed, this.#judgedUpTo.get(key) ?? 0));
  }

  #judgeByHand(expect: (topics: TopicsAtEnd) => void, topics: TopicsAtEnd): void {
    this.#context.evaluated('APP-END');
    try {
      expect(topics);
    } catch (error) {
      this.#context.violated('APP-END', error instanceof Error ? error.message : String(error));
    }
  }

  #judge(expect: RecordExpectation, topics: TopicsAtEnd): void {
    const per = perOf(expect);
    if (per === null) return;
    const effects = new Map<string, TopicRecord[]>();
    for (const record of topics[expect.in] ?? []) {
      const id = identity(per, record);
      effects.set(id, [...(effects.get(id) ?? []), record]);
    }
    const inputs = this.#inputs.flatMap((topic) => topics[topic] ?? []);
    const written = new Map<string, TopicRecord[]>();
    for (const input of inputs) {
      const id = identity(per, input);
      written.set(id, [...(written.get(id) ?? []), input]);
    }
    for (const [id, ofId] of written) this.#judgeInput(expect, id, ofId, effects.get(id) ?? []);
    if (expect.inOrderPer !== undefined) this.#judgeOrder(expect.inOrderPer, per, inputs, topics[expect.in] ?? []);
  }

  /** Who writes the inputs and is crashed begins anew: what is written twice may have two effects, or one. */
  #judgeInput(expect: RecordExpectation, id: string, written: readonly TopicRecord[], effects: readonly TopicRecord[]): void {
    const [input] = written;
    if (input === undefined) return;
    const facts = { partition: `${input.topic}-${input.partition}`, offset: input.offset };
    const story = (): string => this.#progress.story(input.topic, input.partition, input.offset);
    if (expect.atLeastOncePer !== undefined || expect.exactlyOncePer !== undefined) {
      this.#context.evaluated('APP-ONCE');
      if (effects.length === 0) {
        this.#context.violated('APP-ONCE', `${id} (${placeOf(input)}) has no effect in ${expect.in}${story()}`, facts);
      }
    }
    if (expect.exactlyOncePer === undefined) return;
    this.#context.evaluated('APP-TWICE');
    if (effects.length <= written.length) return;
    const places = this.#senders.get(id) ?? effects.map(placeOf);
    const message = `${id} (${placeOf(input)}) has ${effects.length} effects: ${places.join(', ')}${story()}`;
    this.#context.violated('APP-TWICE', message, facts);
  }

  /** Of the effects in one partition, each at its first place. */
  #judgeOrder(group: Per, per: Per, inputs: readonly TopicRecord[], effects: readonly TopicRecord[]): void {
    // The first of those that were written more than once.
    const inputOf = new Map(inputs.toReversed().map((input) => [identity(per, input), input]));
    const last = new Map<string, TopicRecord>();
    const seen = new Set<string>();
    for (const effect of effects) {
      const id = identity(per, effect);
      const input = inputOf.get(id);
      if (input === undefined || seen.has(id)) continue;
      seen.add(id);
      const lane = `${identity(group, input)} in ${placeOf(input).split('@')[0]} to ${effect.topic}-${effect.partition}`;
      const before = last.get(lane);
      this.#context.evaluated('APP-ORDER');
      if (before !== undefined && before.offset > input.offset) {
        const message = `${id} (${placeOf(input)}) has its effect at ${placeOf(effect)}, behind that of the later ${identity(per, before)} (${placeOf(before)})`;
        this.#context.violated('APP-ORDER', message, { partition: `${effect.topic}-${effect.partition}`, offset: effect.offset });
      }
      last.set(lane, input);
    }
  }
}

/** By what effects are known to be of an input. */
function perOf({ exactlyOncePer, atLeastOncePer, inOrderPer }: RecordExpectation): Per | null {
  return exactlyOncePer ?? atLeastOncePer ?? (inOrderPer === undefined ? null : 'id');
}

function placeOf({ topic, partition, offset }: Pick<TopicRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}-${partition}@${offset}`;
}

function recordsOf({ topic, partition, records }: FinalRead): TopicRecord[] {
  return records.map(({ offset, key, value }) => ({ topic, partition, offset, key, value }));
}

/** As text, so that it can be compared and told; of what is no JSON, the whole value. */
function identity(per: Per, record: TopicRecord): string {
  if (typeof per === 'function') return String(per(record));
  try {
    const value = JSON.parse(record.value) as Readonly<Record<string, unknown>> | null;
    return `${per} ${String(value?.[per])}`;
  } catch {
    return record.value;
  }
}
