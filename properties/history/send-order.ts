/**
 * J14 and J16: what one producer session sends to a partition is in the log in that order, where Kafka promises it (see
 * `ProducerPromises.ordered`). Only records acknowledged with acks=all: the offsets of others can be given away again.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Session } from '../../sim/history.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ExpiredProducers, expiredProducersOf } from '../expired-producers.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type MidSequenceStarts, midSequenceStartsOf } from '../mid-sequence.ts';
import { type OvertakenBatches, overtakenBatchesOf } from '../overtaken-batches.ts';
import { type EventOf, onOperations } from './operations.ts';
import { type Upheavals, upheavalsOf } from './upheavals.ts';

interface Send {
  readonly value: string;
  /** Place among the session's sends. */
  readonly nth: number;
  readonly invokedAt: number;
  readonly endedAt: number;
  /** When, before its end, the partition last moved or the client last sent a batch again. */
  readonly lastUpheaval: number;
  readonly offset: number;
}

interface Producing {
  readonly session: Session;
  sends: number;
  /** Sends under way: place and step of the invocation, by operation. */
  readonly pending: Map<number, { readonly nth: number; readonly step: number }>;
  readonly acknowledged: Map<string, Send[]>;
}

export const sendOrder = {
  properties: [
    { id: 'J14', title: 'records that a producer sends without waiting are in the log in that order' },
    { id: 'J16', title: 'a record sent after an earlier one was acknowledged is behind it in the log' },
  ],
  create: (context): Checker => new SendOrderChecker(context),
} as const satisfies PropertyDefinition;

class SendOrderChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #expired: ExpiredProducers;
  readonly #midSequenceStarts: MidSequenceStarts;
  readonly #overtakenBatches: OvertakenBatches;
  readonly #upheavals: Upheavals;
  readonly #producers = new Map<number, Producing>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#expired = expiredProducersOf(context);
    this.#midSequenceStarts = midSequenceStartsOf(context);
    this.#overtakenBatches = overtakenBatchesOf(context);
    this.#upheavals = upheavalsOf(context);
    onOperations(context, ['opened'], ({ session }) => this.#opened(session));
    onOperations(context, ['invoke send'], ({ session, op, step }) => {
      const producing = this.#producers.get(session.id);
      if (producing !== undefined) producing.pending.set(op, { nth: producing.sends++, step });
    });
    onOperations(context, ['ok send'], (event) => this.#acknowledged(event));
    onOperations(context, ['fail send', 'info send'], ({ session, op }) => {
      this.#producers.get(session.id)?.pending.delete(op);
    });
  }

  atEnd(): void {
    for (const { session, acknowledged } of this.#producers.values())
      for (const [partition, sends] of acknowledged) this.#judge(session, partition, sends);
  }

  #opened(session: Session): void {
    if (session.kind !== 'producer') return;
    const promises = this.#guarantees.promisesOf(session);
    if (promises.ordered && promises.acks === 'all') {
      this.#producers.set(session.id, { session, sends: 0, pending: new Map(), acknowledged: new Map() });
      return;
    }
    const why = promises.ordered ? `does not wait for all replicas` : 'may have several batches in flight without idempotence';
    this.#context.excuse('J14', `${session.client} ${why}`);
    this.#context.excuse('J16', `${session.client} ${why}`);
  }

  #acknowledged({ session, op, step, call, result }: EventOf<'ok send'>): void {
    const producing = this.#producers.get(session.id);
    const invoked = producing?.pending.get(op);
    producing?.pending.delete(op);
    if (producing === undefined || invoked === undefined || result.offset < 0) return;
    const key = topicPartitionKey(call.topic, result.partition);
    const lastUpheaval = Math.max(this.#upheavals.lastMove(key), this.#upheavals.lastResend(session.client, key));
    const { nth, step: invokedAt } = invoked;
    const send = { value: call.value, nth, invokedAt, endedAt: step, lastUpheaval, offset: result.offset };
    const list = producing.acknowledged.get(key);
    if (list === undefined) producing.acknowledged.set(key, [send]);
    else list.push(send);
  }

  #judge(session: Session, partition: string, sends: Send[]): void {
    sends.sort((a, b) => a.nth - b.nth);
    for (let i = 1; i < sends.length; i++) {
      const before = sends[i - 1] as Send;
      const after = sends[i] as Send;
      const property = before.endedAt < after.invokedAt ? 'J16' : 'J14';
      if (Math.max(before.lastUpheaval, after.lastUpheaval) > before.invokedAt) this.#context.evaluated(property);
      const taker = this.#guarantees.takerOf(partition, before.invokedAt);
      if (after.offset > before.offset || this.#guarantees.excused(property, partition, taker)) continue;
      if (this.#expired.excuses(property, partition, session.client, taker)) continue;
      if (property === 'J14' && this.#midSequenceStarts.has(session.client, partition, taker)) {
        this.#context.excuse('J14', `${session.client} begins in mid-sequence in ${partition} (KAFKA-14359)`);
        continue;
      }
      if (property === 'J14' && this.#overtakenBatches.hasCopy(partition, before.offset, taker)) {
        this.#context.excuse(
          'J14',
          `${session.client} sent a batch of ${partition} again that later ones had overtaken at a new leader`,
        );
        continue;
      }
      this.#context.violated(
        property,
        `${session.client} sent ${brief(before.value)} before ${brief(after.value)}, but ${partition} has them at ${before.offset} and ${after.offset}`,
        { partition, offset: after.offset, client: session.client },
      );
    }
  }
}
