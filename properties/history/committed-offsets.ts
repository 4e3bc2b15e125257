/**
 * GR5 at the client: an acknowledged commit is what later questions are answered with, until a later commit takes its place.
 * Questions are the application's own (`committed`) and those that a consumer asks when it is given a partition: the position
 * it begins at is the answer.
 *
 * Allowed answers: acknowledged commits that no other acknowledged commit surely came after; those that overlap the question;
 * and every commit whose fate is not known, because it may be applied at any later time (PROPERTIES section 0).
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Completion, HistoryEvent, PartitionOffset, Session } from '../../sim/history.ts';
import type { CheckContext, PropertyDefinition } from '../../sim/observe.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';

interface Commit {
  readonly offset: number;
  readonly invokedAt: number;
  readonly endedAt: number;
}

interface CommittedPartition {
  /** In the order in which they were acknowledged. */
  readonly acknowledged: Commit[];
  /** Offsets of commits under way or of unknown fate, with how many there are of each. */
  readonly ambiguous: Map<number, number>;
}

interface Reader {
  readonly session: Session;
  readonly group: string;
  /** Positions after the last poll: what a commit without offsets commits. */
  positions: readonly PartitionOffset[];
  /** When the partitions were assigned whose first position is not known yet. */
  readonly beginning: Map<string, number>;
  readonly commits: Map<number, { readonly step: number; readonly offsets: readonly PartitionOffset[] }>;
  readonly questions: Map<number, number>;
}

export const committedOffsets: PropertyDefinition = {
  properties: [{ id: 'GR5', title: 'an acknowledged commit is found by those who ask later' }],
  create: (context) => {
    new CommittedOffsetsChecker(context);
    return {};
  },
};

class CommittedOffsetsChecker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #readers = new Map<number, Reader>();
  readonly #groups = new Map<string, Map<string, CommittedPartition>>();
  /** Groups with members that commit automatically: their commits are not in the history. */
  readonly #automatic = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.onHistory((event) => this.#onEvent(event));
    // A reset takes the place of a committed offset; whether it may is N4.
    context.on('consumer-position-reset', ({ partition }, { node }) => {
      for (const reader of this.#readers.values()) if (reader.session.client === node) reader.beginning.delete(partition);
    });
  }

  #onEvent(event: HistoryEvent): void {
    const { session } = event;
    if (session.kind !== 'consumer' || session.properties['group.id'] === undefined) return;
    if (event.type === 'opened') {
      const group = String(session.properties['group.id']);
      if (String(session.properties['enable.auto.commit'] ?? true) === 'true') this.#automatic.add(group);
      this.#readers.set(session.id, {
        session,
        group,
        positions: [],
        beginning: new Map(),
        commits: new Map(),
        questions: new Map(),
      });
      return;
    }
    const reader = this.#readers.get(session.id);
    if (reader === undefined) return;
    switch (event.type) {
      case 'closed':
      case 'crashed':
        // Its commits under way keep their unknown fate.
        this.#readers.delete(session.id);
        break;
      case 'assigned':
        reader.positions = [];
        for (const { topic, partition } of event.partitions)
          reader.beginning.set(topicPartitionKey(topic, partition), event.step);
        break;
      case 'revoked':
      case 'lost':
        reader.positions = [];
        for (const { topic, partition } of event.partitions) reader.beginning.delete(topicPartitionKey(topic, partition));
        break;
      case 'invoke':
        if (event.call.f === 'commit') {
          const offsets = event.call.offsets ?? reader.positions;
          reader.commits.set(event.op, { step: event.step, offsets });
          for (const each of offsets) this.#ambiguous(reader.group, each, 1);
        } else if (event.call.f === 'committed') reader.questions.set(event.op, event.step);
        else if (event.call.f === 'seek') reader.beginning.delete(topicPartitionKey(event.call.topic, event.call.partition));
        break;
      case 'ok':
        this.#ok(reader, event.op, event.step, event.result, event.call.f === 'committed' ? event.call.partitions : []);
        break;
      case 'fail':
        this.#settled(reader, event.op);
        break;
      default:
        break;
    }
  }

  #ok(
    reader: Reader,
    op: number,
    step: number,
    result: Completion,
    asked: readonly { readonly topic: string; readonly partition: number }[],
  ): void {
    if (result.f === 'commit') {
      const invokedAt = reader.commits.get(op)?.step;
      this.#settled(reader, op);
      if (invokedAt === undefined) return;
      for (const { topic, partition, offset } of result.offsets)
        this.#of(reader.group, topicPartitionKey(topic, partition)).acknowledged.push({ offset, invokedAt, endedAt: step });
    } else if (result.f === 'committed') {
      const invokedAt = reader.questions.get(op);
      if (invokedAt === undefined) return;
      const answers = new Map(result.offsets.map((each) => [topicPartitionKey(each.topic, each.partition), each.offset]));
      for (const { topic, partition } of asked) {
        const key = topicPartitionKey(topic, partition);
        this.#judge(reader, key, answers.get(key) ?? null, invokedAt);
      }
    } else if (result.f === 'poll') this.#polled(reader, result);
  }

  #polled(reader: Reader, { records, positions }: Extract<Completion, { f: 'poll' }>): void {
    reader.positions = positions;
    if (reader.beginning.size === 0) return;
    for (const { topic, partition, offset } of [...records, ...positions]) {
      const key = topicPartitionKey(topic, partition);
      const since = reader.beginning.get(key);
      if (since === undefined) continue;
      reader.beginning.delete(key);
      this.#judge(reader, key, offset, since);
    }
  }

  /** A commit's fate is known: it is no longer one that may come at any time. */
  #settled(reader: Reader, op: number): void {
    const commit = reader.commits.get(op);
    reader.commits.delete(op);
    if (commit !== undefined) for (const each of commit.offsets) this.#ambiguous(reader.group, each, -1);
  }

  #ambiguous(group: string, { topic, partition, offset }: PartitionOffset, by: number): void {
    const { ambiguous } = this.#of(group, topicPartitionKey(topic, partition));
    const count = (ambiguous.get(offset) ?? 0) + by;
    if (count > 0) ambiguous.set(offset, count);
    else ambiguous.delete(offset);
  }

  #judge({ session, group }: Reader, key: string, answer: number | null, askedAt: number): void {
    if (this.#automatic.has(group)) {
      this.#context.excuse('GR5', `group ${group} has members that commit automatically, which the history does not show`);
      return;
    }
    const { acknowledged, ambiguous } = this.#of(group, key);
    // From the latest on: allowed until one is met that surely came before another acknowledged one.
    let latestInvoked = -1;
    let mustBeSome = false;
    for (let i = acknowledged.length - 1; i >= 0; i--) {
      const commit = acknowledged[i] as Commit;
      if (commit.endedAt < latestInvoked) break;
      if (commit.offset === answer) {
        this.#context.evaluated('GR5');
        return;
      }
      if (commit.endedAt < askedAt) {
        mustBeSome = true;
        latestInvoked = Math.max(latestInvoked, commit.invokedAt);
      }
    }
    if (!mustBeSome) return;
    this.#context.evaluated('GR5');
    if (answer !== null && ambiguous.has(answer)) {
      this.#context.mark('committed offset came from a commit of unknown fate');
      return;
    }
    if (this.#guarantees.offsetsExcused('GR5', group)) return;
    const last = acknowledged.at(-1)?.offset;
    this.#context.violated(
      'GR5',
      `group ${group} had ${key}@${last} committed last, but ${session.client} was told ${answer === null ? 'of no offset' : `@${answer}`}`,
    );
  }

  #of(group: string, key: string): CommittedPartition {
    let partitions = this.#groups.get(group);
    if (partitions === undefined) {
      partitions = new Map();
      this.#groups.set(group, partitions);
    }
    let found = partitions.get(key);
    if (found === undefined) {
      found = { acknowledged: [], ambiguous: new Map() };
      partitions.set(key, found);
    }
    return found;
  }
}
