/**
 * N1, N2 and N4: where a consumer is in its partitions. Within one assignment of a partition the position only grows, over
 * offsets that were returned or that no record has, unless the application seeks or a reset is legal.
 */
import { ZERO_UUID } from '../../core/protocol/uuid.ts';
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Completion, Session } from '../../sim/history.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type DeposedCoordinators, deposedCoordinatorsOf } from '../deposed-coordinators.ts';
import { type DeposedLeaders, deposedLeadersOf, excuseOf } from '../deposed-leaders.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { offsetRemovalsOf } from '../offset-removals.ts';
import { GapLedger } from './gap-ledger.ts';
import { type EventOf, Sessions } from './operations.ts';
import { type Upheavals, upheavalsOf } from './upheavals.ts';

interface Reader {
  readonly session: Session;
  readonly group: string;
  /** The next offset expected of each partition held; null: not known yet. */
  readonly next: Map<string, number | null>;
  /** When each partition had moved last before its position was known; none: the position is where a reset or seek set it. */
  readonly lastMoves: Map<string, number>;
  /** When each partition was assigned. */
  readonly assignedAt: Map<string, number>;
}

interface Reset {
  readonly partition: string;
  readonly client: string;
  readonly from: number;
  readonly to: number;
  readonly reason: TraceEventOf<'consumer-position-reset'>['reason'];
  readonly strategy: string;
  /** A leader of an older epoch was asked, because the consumer knew no epoch of the position or could not remember it. */
  readonly isOfDeposed: boolean;
}

export const positions = {
  properties: [
    { id: 'N1', title: 'within an assignment the position in a partition never goes back' },
    { id: 'N2', title: 'the position passes no record that was not returned' },
    { id: 'N4', title: 'auto.offset.reset strikes only where there is no committed offset, or a position outside the log' },
  ],
  create: (context): Checker => new PositionsChecker(context),
} as const satisfies PropertyDefinition;

class PositionsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #deposed: DeposedCoordinators;
  readonly #deposedLeaders: DeposedLeaders;
  readonly #gaps: GapLedger;
  readonly #upheavals: Upheavals;
  readonly #readers: Sessions<Reader>;
  /** Step from which a committed offset is known to exist, by group, partition and topic id. */
  readonly #committedSince = new Map<string, Map<string, Map<string, number>>>();
  /** By group and partition, the id of the topic (ZERO_UUID: by name) of which the coordinator last told that nothing is committed. */
  readonly #toldOfNone = new Map<string, string>();
  readonly #resets: Reset[] = [];

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#deposed = deposedCoordinatorsOf(context);
    this.#deposedLeaders = deposedLeadersOf(context);
    this.#gaps = new GapLedger(context, this.#guarantees);
    this.#upheavals = upheavalsOf(context);
    this.#readers = new Sessions(context, 'consumer', (session) => {
      const group = String(session.properties['group.id'] ?? '');
      return { session, group, next: new Map(), lastMoves: new Map(), assignedAt: new Map() };
    });
    this.#readers.on(['assigned'], (reader, { partitions, step }) => take(reader, partitions, step));
    this.#readers.on(['revoked', 'lost'], ({ next }, { partitions }) => {
      for (const { topic, partition } of partitions) next.delete(topicPartitionKey(topic, partition));
    });
    this.#readers.on(['invoke assign'], (reader, { call, step }) => {
      reader.next.clear();
      take(reader, call.partitions, step);
    });
    this.#readers.on(['invoke seek'], ({ next, lastMoves }, { call: { topic, partition, offset } }) => {
      const key = topicPartitionKey(topic, partition);
      next.set(key, typeof offset === 'number' ? offset : null);
      lastMoves.delete(key);
    });
    this.#readers.on(['ok poll'], (reader, { result }) => this.#polled(reader, result));
    context.on('consumer-position-reset', (event, { node }) => this.#reset(event, node));
    const removals = offsetRemovalsOf(context);
    context.on('offset-committed', (event, at) => {
      if (removals.isDoomed(at, event)) return;
      const { group, partition, topicId } = event;
      let ofGroup = this.#committedSince.get(group);
      if (ofGroup === undefined) {
        ofGroup = new Map();
        this.#committedSince.set(group, ofGroup);
      }
      let ofTopics = ofGroup.get(partition);
      if (ofTopics === undefined) {
        ofTopics = new Map();
        ofGroup.set(partition, ofTopics);
      }
      if (!ofTopics.has(topicId)) ofTopics.set(topicId, at.step);
    });
    context.on('offset-fetched', ({ group, partition, topicId, offset, error }) => {
      if (error === 0 && offset < 0) this.#toldOfNone.set(`${group}/${partition}`, topicId);
    });
    removals.onDoubt((group, partition) => this.#committedSince.get(group)?.delete(partition));
    context.on('offset-removed', ({ group, partition }) => this.#committedSince.get(group)?.delete(partition));
  }

  atEnd(view: ClusterView): void {
    this.#gaps.judge(view);
    const { finalReads } = view;
    if (finalReads === null) return;
    for (const reset of this.#resets) {
      const final = finalReads.get(reset.partition);
      if (final !== undefined)
        this.#judgeReset(reset, Math.max(final.beginningOffset, this.#guarantees.removedBelow(reset.partition)));
    }
  }

  #polled(reader: Reader, { records, positions }: Extract<Completion, { f: 'poll' }>): void {
    for (const { topic, partition, offset } of records) {
      const key = topicPartitionKey(topic, partition);
      this.#moved(reader, key, offset);
      reader.next.set(key, offset + 1);
    }
    for (const { topic, partition, offset } of positions) {
      const key = topicPartitionKey(topic, partition);
      if (!reader.next.has(key)) continue;
      this.#moved(reader, key, offset);
      reader.next.set(key, offset);
    }
  }

  /** The consumer is at `offset` now, without having returned anything since it was where it was known to be. */
  #moved({ session, next, lastMoves }: Reader, key: string, offset: number): void {
    const expected = next.get(key);
    const lastMove = this.#upheavals.lastMove(key);
    const isAtRisk = lastMoves.get(key) !== lastMove;
    lastMoves.set(key, lastMove);
    if (expected === undefined || expected === null) return;
    if (isAtRisk) {
      this.#context.evaluated('N1');
      this.#context.evaluated('N2');
    }
    if (offset < expected) {
      if (!this.#guarantees.excused('N1', key))
        this.#context.violated(
          'N1',
          `${session.client} went back in ${key} from ${expected} to ${offset} without seek or reset`,
          { partition: key, offset, client: session.client },
        );
    } else if (offset > expected)
      this.#gaps.skipped('N2', session, key, expected, offset, `${session.client} went from ${key}@${expected} to ${offset}`);
  }

  #reset(event: TraceEventOf<'consumer-position-reset'>, client: string): void {
    const { partition, from, to, reason } = event;
    const isOfDeposed = this.#deposedLeaders.hasReset(event);
    for (const reader of this.#readers.values()) {
      if (reader.session.client !== client || !reader.next.has(partition)) continue;
      reader.next.set(partition, to);
      reader.lastMoves.delete(partition);
      const strategy = String(reader.session.properties['auto.offset.reset'] ?? 'latest');
      this.#resets.push({ partition, client, from, to, reason, strategy, isOfDeposed });
      if (reason === 'no-committed-offset') this.#judgeMissingCommit(reader, partition);
    }
  }

  /**
   * A commit that was answered before the partition was assigned must have been found, unless it was for another topic of the name
   * than the one that was asked for by its id (`OffsetMetadataManager.fetchOffsets`, 4.3.1).
   */
  #judgeMissingCommit({ session, group, assignedAt }: Reader, partition: string): void {
    if (group === '') return;
    this.#context.evaluated('N4');
    const ofTopics = this.#committedSince.get(group)?.get(partition) ?? new Map<string, number>();
    const since = firstCommit(ofTopics, this.#toldOfNone.get(`${group}/${partition}`) ?? ZERO_UUID);
    const assigned = assignedAt.get(partition);
    if (since === undefined || assigned === undefined || since >= assigned) return;
    if (this.#deposed.excuses('N4', group, partition, null, assigned)) return;
    if (this.#guarantees.offsetsExcused('N4', group)) return;
    this.#context.violated('N4', `${session.client} found no committed offset of ${partition}, though group ${group} had one`, {
      partition,
      group,
      client: session.client,
    });
  }

  #judgeReset({ partition, client, from, to, reason, strategy, isOfDeposed }: Reset, logStart: number): void {
    this.#context.evaluated('N4');
    if (this.#guarantees.excused('N4', partition)) return;
    if (isOfDeposed) {
      this.#context.excuse('N4', excuseOf(client, partition));
      return;
    }
    // Whatever no replica's start ever passed was inside the log all the time.
    if (reason !== 'no-committed-offset' && from >= logStart)
      this.#context.violated(
        'N4',
        `${client} was reset from ${partition}@${from} to ${to} (${reason}), though the log begins at ${logStart}`,
        { partition, offset: to, client },
      );
    if (reason !== 'truncation' && strategy === 'earliest' && to > logStart)
      this.#context.violated(
        'N4',
        `${client} was reset to ${partition}@${to} as the earliest offset, though the log begins at ${logStart}`,
        { partition, offset: to, client },
      );
  }
}

/** The step of the first commit for the topic with this id, or for no id; undefined: there was none. */
function firstCommit(ofTopics: ReadonlyMap<string, number>, asked: string): number | undefined {
  let first: number | undefined;
  for (const [topicId, step] of ofTopics) {
    const isOfAnother = asked !== ZERO_UUID && topicId !== ZERO_UUID && topicId !== asked;
    if (!isOfAnother && (first === undefined || step < first)) first = step;
  }
  return first;
}

/** Partitions that came: where the consumer begins is not known before its next poll. */
function take({ next, assignedAt }: Reader, partitions: EventOf<'assigned'>['partitions'], step: number): void {
  for (const { topic, partition } of partitions) {
    const key = topicPartitionKey(topic, partition);
    next.set(key, null);
    assignedAt.set(key, step);
  }
}
