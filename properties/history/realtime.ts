/**
 * J17 and J18: real time. What was acknowledged before a send began lies before it, and whoever asks a leader for the end of
 * the log afterwards is told of it.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { HistoryEvent } from '../../sim/history.ts';
import type { CheckContext, PropertyDefinition } from '../../sim/observe.ts';
import { brief, type Guarantees, guaranteesOf } from '../guarantees.ts';

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

export const realtime: PropertyDefinition = {
  properties: [
    { id: 'J17', title: 'a record sent after another was acknowledged, by whomever, has a higher offset' },
    { id: 'J18', title: 'the end offset that the leader tells is not below what was acknowledged or told before' },
  ],
  create: (context) => {
    new RealtimeChecker(context);
    return {};
  },
};

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
    context.onHistory((event) => this.#onEvent(event));
  }

  #onEvent(event: HistoryEvent): void {
    if (event.type !== 'invoke' && event.type !== 'ok' && event.type !== 'fail' && event.type !== 'info') return;
    const { call } = event;
    const matters =
      call.f === 'list-offsets'
        ? call.at === 'latest'
        : call.f === 'send' && this.#guarantees.promisesOf(event.session).acks === 'all';
    if (!matters) return;
    if (event.type === 'invoke') {
      this.#invoked.set(event.op, event.step);
      return;
    }
    const invokedAt = this.#invoked.get(event.op);
    this.#invoked.delete(event.op);
    if (event.type !== 'ok' || invokedAt === undefined) return;
    if (call.f === 'send' && event.result.f === 'send') {
      if (event.result.offset < 0) return;
      const key = topicPartitionKey(call.topic, event.result.partition);
      this.#appended(key, event.result.offset, call.value, invokedAt, event.step);
    } else if (call.f === 'list-offsets' && event.result.f === 'list-offsets')
      this.#listed(topicPartitionKey(call.topic, call.partition), event.result, event.session.client, invokedAt, event.step);
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
