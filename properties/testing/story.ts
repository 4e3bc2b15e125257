/** Hand-made client histories, event by event, told to a FakeContext. Partition is 0 of topic `orders` unless said otherwise. */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Completion, HistoryEvent, Invocation, PartitionOffset, ReadRecord, Session } from '../../sim/history.ts';
import type { Checker, ClusterView, FinalRead, PropertyDefinition } from '../../sim/observe.ts';
import type { Plan } from '../../sim/plan.ts';
import { FakeContext, fakePlan } from './fake-context.ts';
import { metadataApplied, registered } from './registration.ts';

/** Without a topic id: nobody knows of which topic of the name. */
export type Reads = readonly (readonly [offset: number, value: string, topicId?: string])[];
type Properties = Session['properties'];

const EARLIEST: Properties = { 'auto.offset.reset': 'earliest' };

export class Story {
  readonly context: FakeContext;
  /** Everything told so far. */
  readonly events: HistoryEvent[] = [];
  readonly #checkers: readonly Checker[];
  #step = 0;
  #op = 0;
  #sessions = 0;

  constructor(definition: PropertyDefinition | readonly PropertyDefinition[], plan: Plan = fakePlan()) {
    this.context = new FakeContext(plan);
    const definitions = 'create' in definition ? [definition] : definition;
    this.#checkers = definitions.map((each) => this.context.check(each));
  }

  /** What was violated, each property once. */
  get violated(): string[] {
    return this.context.violatedProperties;
  }

  /** The partition has its three replicas in sync, under leader 1 and the given epoch. */
  partition(topic = 'orders', index = 0, leaderEpoch = 0, isr: readonly number[] = [1, 2, 3]): this {
    const state = { isr, leader: isr[0] ?? -1, leaderEpoch, partitionEpoch: leaderEpoch };
    this.context.durability.onPartition(registered(topic, index, state));
    return this;
  }

  /**
   * An application asks for the topic to be deleted, the controller does it and makes another of that name; ids are A and B. All brokers
   * have replicas of A.
   */
  madeAgain(): this {
    for (const node of [1, 2, 3]) {
      const log = { partition: 'orders-0', topicId: 'A', logStartOffset: 0, logEndOffset: 0, recoveryPoint: 0 } as const;
      this.context.emit(node, { ...log, type: 'log-loaded', clean: false, batches: [], epochs: [] });
    }
    const session = this.#open('admin', {});
    const call: Invocation = { f: 'admin', operation: 'deleteTopics', detail: 'orders' };
    this.#tell(session, { type: 'ok', op: this.invoke(session, call), call, result: { f: 'admin' } });
    this.context.emit(1001, metadataApplied(1, { partitions: [registered('orders', 0, { topicId: 'A' })] }));
    const removedPartitions = [{ partition: 'orders-0', topic: 'orders', topicId: 'A' }];
    const partitions = [registered('orders', 0, { topicId: 'B' })];
    this.context.emit(1001, metadataApplied(2, { partitions, removedPartitions }));
    // A step each.
    return this.wait(5);
  }

  /** These brokers have stopped their replicas of topic id A. */
  hearsOfDeletion(...brokers: readonly number[]): this {
    for (const broker of brokers)
      this.context.emit(broker, { type: 'replica-stopped', partition: 'orders-0', topicId: 'A', deleted: true });
    return this.wait(brokers.length);
  }

  /** Every replica of every partition lost power: acknowledged records may be gone. */
  powerLossEverywhere(): this {
    for (const broker of [1, 2, 3]) this.context.world(broker, { type: 'power-lost' });
    return this;
  }

  producer(properties: Properties = {}): Session {
    return this.#open('producer', properties);
  }

  /** Without a group: one that assigns partitions to itself. */
  consumer(properties: Properties = {}): Session {
    return this.#open('consumer', { ...EARLIEST, ...properties });
  }

  member(properties: Properties = {}): Session {
    const session = this.#open('consumer', { ...EARLIEST, 'group.id': 'readers', 'enable.auto.commit': false, ...properties });
    this.call(session, { f: 'subscribe', topics: ['orders'] }, 'subscribe');
    return session;
  }

  invoke(session: Session, call: Invocation): number {
    const op = ++this.#op;
    this.#tell(session, { type: 'invoke', op, call });
    return op;
  }

  /** A send and its acknowledgement. */
  sent(session: Session, value: string, offset: number, partition = 0): this {
    return this.acknowledge(session, this.invoke(session, sendOf(value)), value, offset, partition);
  }

  acknowledge(session: Session, op: number, value: string, offset: number, partition = 0): this {
    this.#tell(session, { type: 'ok', op, call: sendOf(value), result: { f: 'send', partition, offset } });
    return this;
  }

  /** A send that ends badly: 'fail' for certain, 'info' perhaps. */
  unsent(session: Session, value: string, type: 'fail' | 'info'): this {
    const op = this.invoke(session, sendOf(value));
    this.#tell(session, { type, op, call: sendOf(value), error: 'REQUEST_TIMED_OUT' });
    return this;
  }

  /** A producer of this transactional id, and of this process if it is given. */
  transactional(transactionalId: string, client?: string): Session {
    return this.#open('producer', { 'transactional.id': transactionalId }, client);
  }

  begin(session: Session): OpenTransaction {
    return new OpenTransaction(this, session);
  }

  /** A consumer that reads what is committed, in a group if one is named. */
  committedReader(group?: string, client?: string): Session {
    const properties: Properties = { ...EARLIEST, 'isolation.level': 'read_committed' };
    const ofGroup: Properties = group === undefined ? {} : { 'group.id': group, 'enable.auto.commit': false };
    return this.#open('consumer', { ...properties, ...ofGroup }, client);
  }

  /** An operation ends, well or badly. */
  finish(session: Session, type: 'ok' | 'fail' | 'info', op: number, call: Invocation, result: Completion): this {
    if (type === 'ok') this.#tell(session, { type, op, call, result });
    else this.#tell(session, { type, op, call, error: 'REQUEST_TIMED_OUT' });
    return this;
  }

  assign(session: Session, partition = 0): this {
    return this.call(session, { f: 'assign', partitions: [{ topic: 'orders', partition }] }, 'assign');
  }

  seek(session: Session, offset: number): this {
    return this.call(session, { f: 'seek', topic: 'orders', partition: 0, offset }, 'seek');
  }

  call(session: Session, call: Invocation, f: 'seek' | 'subscribe' | 'assign'): this {
    const op = this.invoke(session, call);
    this.#tell(session, { type: 'ok', op, call, result: { f } });
    return this;
  }

  /** A poll that returns these records; the position is behind the last of them unless given. */
  polled(session: Session, reads: Reads, position?: number, partition = 0): this {
    const op = this.invoke(session, { f: 'poll' });
    const last = reads.at(-1);
    const at = position ?? (last === undefined ? undefined : last[0] + 1);
    const positions: PartitionOffset[] = at === undefined ? [] : [{ topic: 'orders', partition, offset: at }];
    const records = readsOf(reads, partition);
    this.#tell(session, { type: 'ok', op, call: { f: 'poll' }, result: { f: 'poll', records, positions } });
    return this;
  }

  processed(session: Session, reads: Reads): this {
    this.#tell(session, { type: 'processed', records: readsOf(reads) });
    return this;
  }

  assigned(session: Session, generation: number): this {
    this.#tell(session, { type: 'assigned', partitions: [{ topic: 'orders', partition: 0 }], generation });
    return this;
  }

  revoked(session: Session, generation: number): this {
    this.#tell(session, { type: 'revoked', partitions: [{ topic: 'orders', partition: 0 }], generation });
    return this;
  }

  lost(session: Session): this {
    this.#tell(session, { type: 'lost', partitions: [{ topic: 'orders', partition: 0 }], generation: -1 });
    return this;
  }

  commit(session: Session, offset: number, end: 'ok' | 'info' | 'fail' = 'ok'): this {
    const offsets = [{ topic: 'orders', partition: 0, offset }];
    const call: Invocation = { f: 'commit', mode: 'sync', offsets };
    const op = this.invoke(session, call);
    if (end === 'ok') this.#tell(session, { type: 'ok', op, call, result: { f: 'commit', offsets } });
    else this.#tell(session, { type: end, op, call, error: 'NETWORK_EXCEPTION' });
    return this;
  }

  /** The application asks for the group's committed offset; null: there is none. */
  asksCommitted(session: Session, answer: number | null): this {
    const call: Invocation = { f: 'committed', partitions: [{ topic: 'orders', partition: 0 }] };
    const op = this.invoke(session, call);
    const offsets = answer === null ? [] : [{ topic: 'orders', partition: 0, offset: answer }];
    return this.answer(session, op, call, { f: 'committed', offsets });
  }

  answer(session: Session, op: number, call: Invocation, result: Completion): this {
    this.#tell(session, { type: 'ok', op, call, result });
    return this;
  }

  asksEnd(session: Session, offset: number, leaderEpoch: number): this {
    const call: Invocation = { f: 'list-offsets', topic: 'orders', partition: 0, at: 'latest' };
    const op = this.invoke(session, call);
    this.#tell(session, { type: 'ok', op, call, result: { f: 'list-offsets', offset, leaderEpoch } });
    return this;
  }

  failed(session: Session, call: Invocation, error: string): this {
    this.#tell(session, { type: 'fail', op: this.invoke(session, call), call, error });
    return this;
  }

  ended(session: Session, type: 'closed' | 'crashed' = 'crashed'): this {
    this.#tell(session, { type });
    return this;
  }

  /** Tells an event as it is, of another story perhaps. */
  retell(event: HistoryEvent): this {
    this.events.push(event);
    this.context.history(event);
    return this;
  }

  wait(ms: number): this {
    this.#step += ms;
    return this;
  }

  /** The client's process stands still for that long. */
  pause(session: Session, ms: number): this {
    this.context.worldOf(session.client, { type: 'paused' }, this.#step * 1_000);
    this.wait(ms);
    this.context.worldOf(session.client, { type: 'resumed' }, this.#step * 1_000);
    return this;
  }

  unsettled(view: Partial<ClusterView> = {}): string | null {
    for (const checker of this.#checkers) {
      const unmet = checker.unsettled?.(this.#view(view)) ?? null;
      if (unmet !== null) return unmet.property;
    }
    return null;
  }

  /** The end of the run: these records are in `orders-0`. */
  end(records: Reads, beginningOffset = 0, view: Partial<ClusterView> = {}): string[] {
    const finalReads = new Map([finalRead(records, 0, beginningOffset)]);
    for (const checker of this.#checkers) checker.atEnd?.(this.#view({ finalReads, finalCommittedReads: finalReads, ...view }));
    return this.violated;
  }

  /** The end of the run: these records are in the partitions of `orders`, one after the other, and these of them can be read as committed. */
  endCommitted(records: readonly Reads[], committed: readonly Reads[]): string[] {
    const all = (of: readonly Reads[]) => new Map(of.map((reads, partition) => finalRead(reads, partition)));
    return this.end([], 0, { finalReads: all(records), finalCommittedReads: all(committed) });
  }

  #view(view: Partial<ClusterView>): ClusterView {
    return {
      plan: this.context.plan,
      phase: 'settle',
      timeUs: this.#step * 1_000,
      nodes: new Map(),
      nodeIds: new Map(),
      consumers: [],
      idle: new Set(),
      finalReads: null,
      finalCommittedReads: null,
      lastRefused: () => '',
      excusedPartitions: new Map(),
      ...view,
    };
  }

  #open(kind: Session['kind'], properties: Properties, client?: string): Session {
    const id = ++this.#sessions;
    const session: Session = { id, client: client ?? `${kind}-${id}`, incarnation: 0, kind, properties };
    this.#tell(session, { type: 'opened' });
    return session;
  }

  /** One millisecond passes with each event. */
  #tell(
    session: Session,
    event: HistoryEvent extends infer E ? (E extends HistoryEvent ? Omit<E, 'step' | 'timeUs' | 'session'> : never) : never,
  ): void {
    const step = ++this.#step;
    this.retell({ ...event, step, timeUs: step * 1_000, session } as HistoryEvent);
  }
}

/** What was read of a partition of `orders`, by its name. */
export function finalRead(records: Reads, partition = 0, beginningOffset = 0): [string, FinalRead] {
  const read: FinalRead = {
    topic: 'orders',
    partition,
    beginningOffset,
    beginningOffsetAfter: beginningOffset,
    endOffset: (records.at(-1)?.[0] ?? beginningOffset - 1) + 1,
    records: records.map(([offset, value, topicId = null]) => ({ offset, topicId, value, key: null })),
  };
  return [topicPartitionKey('orders', partition), read];
}

export function sendOf(value: string): Invocation {
  return { f: 'send', topic: 'orders', partition: null, key: null, value };
}

/** A transaction under way, in short words. */
export class OpenTransaction {
  readonly op: number;
  readonly #story: Story;
  readonly #session: Session;
  readonly #call: Extract<Invocation, { readonly f: 'transaction' }>;

  constructor(story: Story, session: Session) {
    this.#story = story;
    this.#session = session;
    this.#call = {
      f: 'transaction',
      transactionalId: String(session.properties['transactional.id']),
      attempt: story.events.length,
    };
    this.op = story.invoke(session, this.#call);
  }

  /** A send and its acknowledgement; null for an offset: it failed. */
  send(value: string, offset: number | null, { partition = 0, input = '' } = {}): this {
    const made = input === '' ? {} : { input };
    const call: Invocation = { f: 'send', topic: 'orders', partition, key: null, value, transaction: this.op, ...made };
    const op = this.#story.invoke(this.#session, call);
    const result: Completion = { f: 'send', partition, offset: offset ?? -1 };
    this.#story.finish(this.#session, offset === null ? 'info' : 'ok', op, call, result);
    return this;
  }

  /** The group's offset in `orders-0`, or another partition. */
  offset(group: string, offset: number, partition = 0): this {
    const call: Invocation = {
      f: 'send-offsets',
      transactionalId: this.#call.transactionalId,
      transaction: this.op,
      group,
      offsets: [{ topic: 'orders', partition, offset }],
    };
    this.#story.finish(this.#session, 'ok', this.#story.invoke(this.#session, call), call, { f: 'send-offsets' });
    return this;
  }

  commit(): Story {
    this.asksToEnd(true);
    return this.#story.finish(this.#session, 'ok', this.op, this.#call, { f: 'transaction', outcome: 'committed' });
  }

  abort(): Story {
    this.asksToEnd(false);
    return this.#story.finish(this.#session, 'ok', this.op, this.#call, { f: 'transaction', outcome: 'aborted' });
  }

  /** A commit whose answer is lost. */
  commitInDoubt(): Story {
    return this.asksToEnd(true).#story;
  }

  asksToEnd(commit: boolean): this {
    const call: Invocation = {
      f: 'end-transaction',
      transactionalId: this.#call.transactionalId,
      transaction: this.op,
      commit,
    };
    this.#story.invoke(this.#session, call);
    return this;
  }
}

function readsOf(reads: Reads, partition = 0): ReadRecord[] {
  return reads.map(([offset, value, topicId = null]) => ({
    topic: 'orders',
    partition,
    offset,
    topicId,
    leaderEpoch: 0,
    value,
  }));
}
