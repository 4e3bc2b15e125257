/**
 * What became of every record sent: J1 to J5 and N9. One entry per value, because every value is sent once in a run; reads of
 * the applications and the final reads are held against it.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ForgottenBatches, forgottenBatchesOf } from '../forgotten-batches.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { type OvertakenBatches, overtakenBatchesOf } from '../overtaken-batches.ts';
import { RenumberedBatches } from '../renumbered-batches.ts';
import { type ExpiredProducers, expiredProducersOf } from '../expired-producers.ts';
import { brief, type Guarantees, guaranteesOf, type ProducerPromises } from '../guarantees.ts';
import { type EventOf, onOperations } from './operations.ts';
import { committedTransactions, type Transaction, transactionsOf, type Transactions } from './transactions.ts';
import { type Upheavals, upheavalsOf } from './upheavals.ts';
import { seeksOf } from './seeks.ts';

/** What a place showed first, and when the partition had moved last before. */
interface Shown {
  readonly value: string;
  readonly lastMove: number;
}

interface Sent {
  readonly value: string;
  readonly topic: string;
  readonly promises: ProducerPromises;
  readonly client: string;
  readonly invokedAt: number;
  /** -1 while unknown. */
  partition: number;
  offset: number;
  outcome: 'unknown' | 'ok' | 'fail';
  inSync: readonly number[] | null;
  /** Of its acknowledgement. */
  endedAt: number;
  /** Its batch may have been sent more than once before it was acknowledged. */
  wasResent: boolean;
  /** Where it was read first, of the topic that it was read of last; -1: nowhere yet. */
  readAt: number;
  readOf: string | null;
  polled: boolean;
  inFinalLog: boolean;
  /** Somebody sent the same value once more: which of the two it is that is read nobody can tell. */
  isRepeated: boolean;
}

export const records = {
  properties: [
    { id: 'J1', title: 'an offset of a partition never shows two different values' },
    { id: 'J2', title: 'an idempotent producer session never has one value twice in a partition' },
    { id: 'J3', title: 'no acknowledged record is skipped by all readers while later ones are read' },
    { id: 'J4', title: 'every record acknowledged with acks=all is there at the end' },
    { id: 'J5', title: 'a send that failed for certain is never read, nor what was aborted by a read_committed reader' },
    { id: 'N9', title: 'a value read is one that was sent, to that topic and partition' },
  ],
  create: (context): Checker => new RecordsChecker(context),
} as const satisfies PropertyDefinition;

class RecordsChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #forgottenBatches: ForgottenBatches;
  readonly #overtakenBatches: OvertakenBatches;
  readonly #renumberedBatches: RenumberedBatches;
  readonly #expired: ExpiredProducers;
  readonly #lateEnds: LateEnds;
  readonly #upheavals: Upheavals;
  readonly #transactions: Transactions;
  readonly #sent = new Map<string, Sent>();
  /** Values by partition and offset; of what was read of a known topic also by its id before the partition. */
  readonly #values = new Map<string, Map<number, Shown>>();
  /** Highest offset that an application read, by partition. */
  readonly #readUpTo = new Map<string, number>();
  /** Why J3 can't be judged: somebody reads from elsewhere than the beginning. */
  #readsNotFromStart: string | null = null;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#expired = expiredProducersOf(context);
    this.#forgottenBatches = forgottenBatchesOf(context);
    this.#overtakenBatches = overtakenBatchesOf(context);
    this.#renumberedBatches = new RenumberedBatches(context);
    this.#lateEnds = lateEndsOf(context);
    this.#upheavals = upheavalsOf(context);
    this.#transactions = transactionsOf(context);
    onOperations(context, ['opened'], ({ session }) => {
      if (session.kind === 'consumer' && session.properties['auto.offset.reset'] !== 'earliest')
        this.#readsNotFromStart ??= `${session.client} may begin at the end of a partition`;
    });
    const seeks = seeksOf(context);
    onOperations(context, ['invoke seek'], (event) => {
      if (seeks.mayPassBy(event)) this.#readsNotFromStart ??= `${event.session.client} seeks`;
    });
    onOperations(context, ['invoke send'], (event) => this.#invoked(event));
    onOperations(context, ['ok send'], (event) => this.#acknowledged(event));
    onOperations(context, ['fail send'], ({ call, error }) => this.#failed(call.value, error));
    onOperations(context, ['ok poll'], ({ result }) => this.#polled(result));
  }

  atEnd({ finalReads, finalCommittedReads }: ClusterView): void {
    if (finalReads === null) return;
    const committed = committedTransactions(this.#transactions, finalCommittedReads ?? new Map());
    for (const [key, read] of finalReads) {
      const { topic, partition } = read;
      for (const { offset, topicId, value } of read.records) {
        const sent = this.#read(key, topic, partition, offset, topicId, value);
        if (sent !== undefined) sent.inFinalLog = true;
      }
    }
    for (const sent of this.#sent.values()) {
      if (sent.outcome !== 'ok' || sent.promises.acks !== 'all') continue;
      const key = topicPartitionKey(sent.topic, sent.partition);
      const start = finalReads.get(key)?.beginningOffset;
      if (start === undefined) {
        this.#context.excuse('J4', `${key} could not be read at the end`);
        continue;
      }
      const taker = this.#guarantees.takerOf(key, sent.invokedAt);
      const removedBelow = Math.max(start, this.#guarantees.removedBelow(key, taker));
      const mayBeRemoved = sent.offset >= 0 ? sent.offset < removedBelow : removedBelow > 0;
      if (mayBeRemoved) continue;
      this.#judgeUnseen(sent, key, taker);
      this.#judgeLost(sent, key, committed);
    }
  }

  #invoked({ call, session, step }: EventOf<'invoke send'>): void {
    const before = this.#sent.get(call.value);
    if (before !== undefined) {
      before.isRepeated = true;
      return;
    }
    this.#sent.set(call.value, {
      value: call.value,
      topic: call.topic,
      promises: this.#guarantees.promisesOf(session),
      client: session.client,
      invokedAt: step,
      partition: call.partition ?? -1,
      offset: -1,
      outcome: 'unknown',
      inSync: null,
      endedAt: -1,
      wasResent: false,
      readAt: -1,
      readOf: null,
      polled: false,
      inFinalLog: false,
      isRepeated: false,
    });
  }

  #polled({ records }: EventOf<'ok poll'>['result']): void {
    for (const { topic, partition, offset, topicId, value } of records) {
      const key = topicPartitionKey(topic, partition);
      const sent = this.#read(key, topic, partition, offset, topicId, value);
      if (sent !== undefined) sent.polled = true;
      if (offset > (this.#readUpTo.get(key) ?? -1)) this.#readUpTo.set(key, offset);
    }
  }

  #acknowledged({ call: { value }, result: { partition, offset }, step }: EventOf<'ok send'>): void {
    const sent = this.#sent.get(value);
    if (sent === undefined) return;
    const key = topicPartitionKey(sent.topic, partition);
    if (!sent.isRepeated && sent.partition !== -1 && sent.partition !== partition)
      this.#context.violated('N9', `${brief(value)} for ${sent.topic}-${sent.partition} was acknowledged in ${key}`, {
        partition: key,
        offset,
        client: sent.client,
      });
    sent.partition = partition;
    sent.offset = offset;
    sent.outcome = 'ok';
    sent.endedAt = step;
    sent.wasResent = this.#isResent(sent, key);
    // The offset that acks=1 was answered with can be given away again after a leader change.
    if (sent.promises.acks !== 'all' || offset < 0) return;
    sent.inSync = this.#guarantees.inSyncSet(key);
    this.#note(key, offset, null, value);
  }

  #failed(value: string, error: string): void {
    const sent = this.#sent.get(value);
    if (sent === undefined || sent.isRepeated) return;
    sent.outcome = 'fail';
    this.#context.evaluated('J5');
    if (sent.readAt >= 0)
      this.#context.violated('J5', `${brief(value)} failed for certain (${error}), but had been read at offset ${sent.readAt}`, {
        partition: topicPartitionKey(sent.topic, sent.partition),
        offset: sent.readAt,
        client: sent.client,
      });
  }

  #read(key: string, topic: string, partition: number, offset: number, topicId: string | null, value: string): Sent | undefined {
    const sent = this.#sent.get(value);
    this.#context.evaluated('N9');
    if (sent === undefined) {
      this.#context.violated('N9', `${key}@${offset} holds ${brief(value)}, which nobody sent`, { partition: key, offset });
      return undefined;
    }
    if (sent.isRepeated) {
      this.#note(key, offset, topicId, value);
      return sent;
    }
    if (sent.topic !== topic || (sent.partition !== -1 && sent.partition !== partition))
      this.#context.violated(
        'N9',
        `${brief(value)} was sent to ${sent.topic}-${sent.partition}, but is read at ${key}@${offset}`,
        { partition: key, offset, client: sent.client },
      );
    sent.partition = partition;
    if (sent.outcome === 'fail')
      this.#context.violated('J5', `${key}@${offset} holds ${brief(value)}, whose send failed for certain`, {
        partition: key,
        offset,
        client: sent.client,
      });
    this.#note(key, offset, topicId, value);
    // What is in two topics of one name is in neither twice: a producer that got no answer from the first sends it to the second.
    const isOfAnother = topicId !== null && sent.readOf !== null && topicId !== sent.readOf;
    if (sent.readAt === -1 || isOfAnother) {
      sent.readAt = offset;
      sent.readOf = topicId;
      const wasResent = sent.outcome === 'ok' ? sent.wasResent : this.#isResent(sent, key);
      if (sent.promises.idempotent && wasResent) this.#context.evaluated('J2');
    } else if (sent.readAt !== offset) this.#twice(sent, key, offset, topicId === sent.readOf ? topicId : null);
    return sent;
  }

  #note(key: string, offset: number, topicId: string | null, value: string): void {
    if (this.#isAlone(key, key, offset, null, value) && topicId !== null)
      this.#isAlone(`${topicId}/${key}`, key, offset, topicId, value);
  }

  /** False if J1 is violated. */
  #isAlone(place: string, key: string, offset: number, topicId: string | null, value: string): boolean {
    let values = this.#values.get(place);
    if (values === undefined) {
      values = new Map();
      this.#values.set(place, values);
    }
    const lastMove = this.#upheavals.lastMove(key);
    const before = values.get(offset);
    if (before === undefined) {
      values.set(offset, { value, lastMove });
      return true;
    }
    if (lastMove > before.lastMove) this.#context.evaluated('J1');
    if (before.value === value || this.#guarantees.excused('J1', key, topicId)) return true;
    this.#context.violated('J1', `${key}@${offset} was ${brief(before.value)} and then ${brief(value)}`, {
      partition: key,
      offset,
    });
    return false;
  }

  #isResent({ client, invokedAt }: Sent, key: string): boolean {
    return this.#upheavals.lastResend(client, key) > invokedAt;
  }

  #twice(sent: Sent, key: string, offset: number, topicId: string | null): void {
    if (!sent.promises.idempotent) {
      this.#context.mark('record twice in the log, without idempotence');
      return;
    }
    const first = Math.min(sent.readAt, offset);
    // What the log does not hold any more, no broker can know to be there already.
    if (first < this.#guarantees.removedBelow(key, topicId)) {
      this.#context.excuse('J2', `the first of two copies in ${key} was removed on purpose`);
      return;
    }
    if (this.#forgottenBatches.has(key, first, topicId)) {
      this.#context.excuse(
        'J2',
        `a broker of ${key} could not know the batch: it had begun with a snapshot of the producers, or behind the batch, or in mid-sequence`,
      );
      return;
    }
    if (this.#overtakenBatches.has(key, first, topicId)) {
      this.#context.excuse(
        'J2',
        `a batch of ${key} was overtaken at a new leader, which knows a producer's last five alone, while its answer was waited for`,
      );
      return;
    }
    if (this.#renumberedBatches.has(key, first, topicId)) {
      this.#context.excuse(
        'J2',
        `a batch of ${key} whose fate was unknown got another sequence when another one was refused for good`,
      );
      return;
    }
    if (this.#guarantees.excused('J2', key, topicId) || this.#expired.excuses('J2', key, sent.client, topicId)) return;
    this.#context.violated(
      'J2',
      `${brief(sent.value)} of idempotent ${sent.client} is in ${key} at ${sent.readAt} and at ${offset}`,
      { partition: key, offset, client: sent.client },
    );
  }

  #judgeUnseen(sent: Sent, key: string, taker: string | null): void {
    if (this.#upheavals.lastMove(key) > sent.endedAt) this.#context.evaluated('J4');
    if (sent.inFinalLog || this.#guarantees.excused('J4', key, taker)) return;
    const { offset, value, inSync } = sent;
    this.#context.violated('J4', this.#guarantees.verdictOnLoss({ partition: key, offset, value, inSync }, taker), {
      partition: key,
      offset,
    });
  }

  #judgeLost(sent: Sent, key: string, committed: ReadonlySet<Transaction>): void {
    if (sent.isRepeated) return;
    const transaction = this.#transactions.ofValue(sent.value)?.transaction;
    // What was aborted is passed by those who read what is committed.
    if (transaction !== undefined && (!committed.has(transaction) || this.#lateEnds.excuses('J3', transaction))) return;
    if (this.#readsNotFromStart !== null) {
      this.#context.excuse('J3', this.#readsNotFromStart);
      return;
    }
    const readUpTo = this.#readUpTo.get(key) ?? -1;
    if (sent.offset < 0 || sent.offset > readUpTo) return;
    if (this.#upheavals.lastMove(key) > sent.endedAt) this.#context.evaluated('J3');
    if (sent.polled || this.#guarantees.excused('J3', key)) return;
    this.#context.violated(
      'J3',
      `no application read the acknowledged ${key}@${sent.offset} (${brief(sent.value)}), though ${key}@${readUpTo} was read`,
      { partition: key, offset: sent.offset, client: sent.client },
    );
  }
}
