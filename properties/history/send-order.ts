/**
 * J14 and J16: what one producer session sends to a partition is in the log in that order, where Kafka promises it (see
 * `ProducerPromises.ordered`). Only records acknowledged with acks=all: the offsets of others can be given away again.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { HistoryEvent, Session } from '../../sim/history.ts';
import type { CheckContext, Checker, PropertyDefinition } from '../../sim/observe.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';

interface Send {
  readonly value: string;
  /** Place among the session's sends. */
  readonly nth: number;
  readonly invokedAt: number;
  readonly endedAt: number;
  readonly offset: number;
}

interface Producing {
  readonly session: Session;
  sends: number;
  /** Sends under way: place and step of the invocation, by operation. */
  readonly pending: Map<number, { readonly nth: number; readonly step: number }>;
  readonly acknowledged: Map<string, Send[]>;
}

export const sendOrder: PropertyDefinition = {
  properties: [
    { id: 'J14', title: 'records that a producer sends without waiting are in the log in that order' },
    { id: 'J16', title: 'a record sent after an earlier one was acknowledged is behind it in the log' },
  ],
  create: (context) => new SendOrderChecker(context),
};

class SendOrderChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #producers = new Map<number, Producing>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.onHistory((event) => this.#onEvent(event));
  }

  atEnd(): void {
    for (const { session, acknowledged } of this.#producers.values())
      for (const [partition, sends] of acknowledged) this.#judge(session, partition, sends);
  }

  #onEvent(event: HistoryEvent): void {
    const { session } = event;
    if (session.kind !== 'producer') return;
    if (event.type === 'opened') {
      const promises = this.#guarantees.promisesOf(session);
      if (promises.ordered && promises.acks === 'all')
        this.#producers.set(session.id, { session, sends: 0, pending: new Map(), acknowledged: new Map() });
      else {
        const why = promises.ordered
          ? `does not wait for all replicas`
          : 'may have several batches in flight without idempotence';
        this.#context.excuse('J14', `${session.client} ${why}`);
        this.#context.excuse('J16', `${session.client} ${why}`);
      }
      return;
    }
    const producing = this.#producers.get(session.id);
    if (producing === undefined) return;
    if (event.type === 'invoke' && event.call.f === 'send')
      producing.pending.set(event.op, { nth: producing.sends++, step: event.step });
    else if (event.type === 'ok' && event.call.f === 'send' && event.result.f === 'send') {
      const invoked = producing.pending.get(event.op);
      producing.pending.delete(event.op);
      if (invoked === undefined || event.result.offset < 0) return;
      const key = topicPartitionKey(event.call.topic, event.result.partition);
      const { value } = event.call;
      const send = { value, nth: invoked.nth, invokedAt: invoked.step, endedAt: event.step, offset: event.result.offset };
      const list = producing.acknowledged.get(key);
      if (list === undefined) producing.acknowledged.set(key, [send]);
      else list.push(send);
    } else if (event.type === 'fail' || event.type === 'info') producing.pending.delete(event.op);
  }

  #judge(session: Session, partition: string, sends: Send[]): void {
    sends.sort((a, b) => a.nth - b.nth);
    for (let i = 1; i < sends.length; i++) {
      const before = sends[i - 1] as Send;
      const after = sends[i] as Send;
      const property = before.endedAt < after.invokedAt ? 'J16' : 'J14';
      this.#context.evaluated(property);
      if (after.offset > before.offset || this.#guarantees.excused(property, partition)) continue;
      this.#context.violated(
        property,
        `${session.client} sent ${brief(before.value)} before ${brief(after.value)}, but ${partition} has them at ${before.offset} and ${after.offset}`,
      );
    }
  }
}
