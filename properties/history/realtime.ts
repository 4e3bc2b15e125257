/**
 * J17 and J18: real time. What was acknowledged before a send began lies before it, and whoever asks a leader for the end of
 * the log afterwards is told of it.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type EventOf, onOperations } from './operations.ts';
import { readsCommitted } from './transactions.ts';
import { type Upheavals, upheavalsOf } from './upheavals.ts';

interface Known {
  readonly value: number;
  /** From which on it was known. */
  readonly step: number;
}

const NOTHING: Known = { value: -1, step: 0 };

/** A running maximum over steps: what it was at any earlier step can be asked. */
class RunningMax {
  readonly #known: Known[] = [];

  raise(step: number, value: number): void {
    const last = this.#known.at(-1) ?? NOTHING;
    if (value > last.value) this.#known.push({ value, step });
  }

  /** The maximum of what came strictly before `step`; NOTHING if nothing did. */
  before(step: number): Known {
    let low = 0;
    let high = this.#known.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#known[middle] as Known).step < step) low = middle + 1;
      else high = middle;
    }
    return this.#known[low - 1] ?? NOTHING;
  }
}

export const realtime = {
  properties: [
    { id: 'J17', title: 'a record sent after another was acknowledged, by whomever, has a higher offset' },
    { id: 'J18', title: 'the end offset that the leader tells is not below what was acknowledged or told before' },
  ],
  create: (context): Checker => {
    new RealtimeChecker(context);
    return {};
  },
} as const satisfies PropertyDefinition;

class RealtimeChecker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #upheavals: Upheavals;
  readonly #acknowledged = new Map<string, RunningMax>();
  /** End offsets that list-offsets answered, less one. */
  readonly #told = new Map<string, RunningMax>();
  readonly #invoked = new Map<number, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#upheavals = upheavalsOf(context);
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
    if (call.f === 'send') return this.#guarantees.promisesOf(session).acks === 'all';
    // Who reads what is committed is told where the first open transaction begins.
    return call.at === 'latest' && !readsCommitted(session);
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
    if (before === NOTHING) return;
    if (this.#upheavals.lastMove(key) > before.step) this.#context.evaluated('J17');
    if (offset > before.value || this.#guarantees.excused('J17', key)) return;
    this.#context.violated(
      'J17',
      `${brief(value)} was sent after ${key}@${before.value} was acknowledged, and got offset ${offset}`,
      { partition: key, offset },
    );
  }

  #listed(
    key: string,
    { offset, leaderEpoch }: { offset: number; leaderEpoch: number },
    client: string,
    invokedAt: number,
    endedAt: number,
  ): void {
    const told = maxOf(this.#told, key);
    const before = higher(maxOf(this.#acknowledged, key).before(invokedAt), told.before(invokedAt));
    const lowest = before.value + 1;
    told.raise(endedAt, offset - 1);
    // A leader that is cut off does not know that it was deposed, and Kafka has no leases: it may answer what is old.
    if (leaderEpoch !== this.#guarantees.leaderEpoch(key)) {
      this.#context.mark('end offset told by a leader of an older epoch');
      return;
    }
    if (before === NOTHING) return;
    if (this.#upheavals.lastMove(key) > before.step) this.#context.evaluated('J18');
    if (offset >= lowest || this.#guarantees.excused('J18', key)) return;
    this.#context.violated(
      'J18',
      `${client} was told by the leader of epoch ${leaderEpoch} that ${key} ends at ${offset}, though ${lowest} was known before`,
      { partition: key, offset, leaderEpoch, client },
    );
  }
}

function higher(one: Known, other: Known): Known {
  return other.value > one.value ? other : one;
}

function maxOf(maxima: Map<string, RunningMax>, key: string): RunningMax {
  let max = maxima.get(key);
  if (max === undefined) {
    max = new RunningMax();
    maxima.set(key, max);
  }
  return max;
}
