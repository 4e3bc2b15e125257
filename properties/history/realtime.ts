/**
 * J17 and J18: real time. What was acknowledged before a send began lies before it, and whoever asks a leader for the end of
 * the log afterwards is told of it.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { CheckContext, PropertyDefinition } from '../../sim/observe.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type EventOf, onOperations } from './operations.ts';

/** A running maximum over steps: what it was at any earlier step can be asked. */
class RunningMax {
  readonly #steps: number[] = [];
  readonly #values: number[] = [];

  raise(step: number, value: number): void {
    const last = this.#values.at(-1);
    if (last !== undefined && value <= last) return;
    this.#steps.push(step);
    this.#values.push(value);
  }

  /** The maximum of what came strictly before `step`; -1 if nothing did. */
  before(step: number): number {
    let low = 0;
    let high = this.#steps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#steps[middle] as number) < step) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : (this.#values[low - 1] as number);
  }
}

export const realtime = {
  properties: [
    { id: 'J17', title: 'a record sent after another was acknowledged, by whomever, has a higher offset' },
    { id: 'J18', title: 'the end offset that the leader tells is not below what was acknowledged or told before' },
  ],
  create: (context) => {
    new RealtimeChecker(context);
    return {};
  },
} as const satisfies PropertyDefinition;

class RealtimeChecker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #acknowledged = new Map<string, RunningMax>();
  /** End offsets that list-offsets answered, less one. */
  readonly #told = new Map<string, RunningMax>();
  readonly #invoked = new Map<number, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    onOperations(context, ['invoke send', 'invoke list-offsets'], (event) => {
      if (this.#matters(event)) this.#invoked.set(event.op, event.step);
    });
    onOperations(context, ['fail send', 'info send', 'fail list-offsets', 'info list-offsets'], ({ op }) => {
      this.#invoked.delete(op);
    });
    onOperations(context, ['ok send'], ({ op, step, call, result }) => {
      const invokedAt = this.#ended(op);
      if (invokedAt === undefined || result.offset < 0) return;
      this.#appended(topicPartitionKey(call.topic, result.partition), result.offset, call.value, invokedAt, step);
    });
    onOperations(context, ['ok list-offsets'], ({ op, step, call, result, session }) => {
      const invokedAt = this.#ended(op);
      if (invokedAt === undefined) return;
      this.#listed(topicPartitionKey(call.topic, call.partition), result, session.client, invokedAt, step);
    });
  }

  #matters({ call, session }: EventOf<'invoke send' | 'invoke list-offsets'>): boolean {
    return call.f === 'send' ? this.#guarantees.promisesOf(session).acks === 'all' : call.at === 'latest';
  }

  /** Step of an operation's invocation, if it matters. */
  #ended(op: number): number | undefined {
    const invokedAt = this.#invoked.get(op);
    if (invokedAt !== undefined) this.#invoked.delete(op);
    return invokedAt;
  }

  #appended(key: string, offset: number, value: string, invokedAt: number, endedAt: number): void {
    const acknowledged = maxOf(this.#acknowledged, key);
    const before = acknowledged.before(invokedAt);
    acknowledged.raise(endedAt, offset);
    if (before < 0) return;
    this.#context.evaluated('J17');
    if (offset > before || this.#guarantees.excused('J17', key)) return;
    this.#context.violated('J17', `${brief(value)} was sent after ${key}@${before} was acknowledged, and got offset ${offset}`);
  }

  #listed(
    key: string,
    { offset, leaderEpoch }: { offset: number; leaderEpoch: number },
    client: string,
    invokedAt: number,
    endedAt: number,
  ): void {
    const told = maxOf(this.#told, key);
    const lowest = Math.max(maxOf(this.#acknowledged, key).before(invokedAt), told.before(invokedAt)) + 1;
    told.raise(endedAt, offset - 1);
    // A leader that is cut off does not know that it was deposed, and Kafka has no leases: it may answer what is old.
    if (leaderEpoch !== this.#guarantees.leaderEpoch(key)) {
      this.#context.mark('end offset told by a leader of an older epoch');
      return;
    }
    if (lowest === 0) return;
    this.#context.evaluated('J18');
    if (offset >= lowest || this.#guarantees.excused('J18', key)) return;
    this.#context.violated(
      'J18',
      `${client} was told by the leader of epoch ${leaderEpoch} that ${key} ends at ${offset}, though ${lowest} was known before`,
    );
  }
}

function maxOf(maxima: Map<string, RunningMax>, key: string): RunningMax {
  let max = maxima.get(key);
  if (max === undefined) {
    max = new RunningMax();
    maxima.set(key, max);
  }
  return max;
}
