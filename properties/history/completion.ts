/**
 * N8 and L8: every operation ends, once, within its own time-out. Time in which the client's process stood still does not
 * count, and the slack covers clocks that run slow and the work of the moment.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Micros } from '../../ports/time.ts';
import type { HistoryEvent, Invocation, Session } from '../../sim/history.ts';
import { ADMIN_CONFIG, CONSUMER_CONFIG, numberGiven } from '../../core/config/index.ts';
import type { Checker, ClusterView, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext, Unmet } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';

interface Pending {
  readonly op: number;
  readonly session: Session;
  readonly call: Invocation;
  readonly sinceUs: Micros;
  /** How long the client's process had stood still when it was invoked. */
  readonly pausedBeforeUs: Micros;
}

/** An operation that should have ended. */
type Overdue = Omit<Required<Unmet>, 'property' | 'progress'>;

interface ClientPauses {
  totalUs: Micros;
  sinceUs: Micros | null;
}

const SLACK_MS = 5_000;
const US_PER_MS = 1_000;

export const completion = {
  properties: [
    { id: 'N8', title: 'every send ends exactly once, within max.block.ms and delivery.timeout.ms' },
    { id: 'L8', title: 'every client operation ends, at the latest by its own time-out' },
  ],
  create: (context): Checker => new CompletionChecker(context),
} as const satisfies PropertyDefinition;

class CompletionChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  /** In the order of invocation. */
  readonly #pending = new Map<number, Pending>();
  readonly #endedSends = new Set<number>();
  readonly #pauses = new Map<string, ClientPauses>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.onHistory((event) => this.#onEvent(event));
    context.onWorld(({ type, node, timeUs }) => {
      if (type === 'paused') this.#pausesOf(node).sinceUs ??= timeUs;
      else if (type === 'resumed' || type === 'crashed' || type === 'stopped') {
        const pauses = this.#pausesOf(node);
        if (pauses.sinceUs !== null) pauses.totalUs += timeUs - pauses.sinceUs;
        pauses.sinceUs = null;
      }
    });
  }

  unsettled({ timeUs }: ClusterView): Unmet | null {
    const overdue = this.#overdue(timeUs);
    return overdue === null ? null : { property: 'L8', ...overdue };
  }

  atEnd({ timeUs, lastRefused }: ClusterView): void {
    this.#context.evaluated('L8');
    const overdue = this.#overdue(timeUs);
    if (overdue !== null) this.#context.violated('L8', `${overdue.message}${lastRefused(overdue.concerns)}`, overdue.facts);
  }

  #onEvent(event: HistoryEvent): void {
    const { session } = event;
    switch (event.type) {
      case 'invoke': {
        // It lasts as long as its application lets it.
        if (event.call.f === 'transaction') break;
        const pausedBeforeUs = this.#pausedUs(session.client, event.timeUs);
        this.#pending.set(event.op, { op: event.op, session, call: event.call, sinceUs: event.timeUs, pausedBeforeUs });
        break;
      }
      case 'ok':
      case 'fail':
      case 'info':
        this.#ended(event.op, event.call, session, event.timeUs);
        break;
      case 'closed':
      case 'crashed':
        // What it had under way will not be heard of any more.
        for (const [op, pending] of this.#pending) if (pending.session.id === session.id) this.#pending.delete(op);
        break;
      default:
        break;
    }
  }

  #ended(op: number, call: Invocation, session: Session, timeUs: Micros): void {
    const pending = this.#pending.get(op);
    this.#pending.delete(op);
    if (call.f !== 'send') return;
    this.#context.evaluated('N8');
    if (this.#endedSends.has(op))
      this.#context.violated('N8', `a send of ${session.client} ended twice: ${call.value.slice(0, 40)}`, sentBy(session, call));
    this.#endedSends.add(op);
    if (pending === undefined) return;
    const tookMs = this.#activeMs(pending, timeUs);
    const limitMs = this.#limitMs(pending);
    if (tookMs > limitMs)
      this.#context.violated(
        'N8',
        `a send of ${session.client} took ${Math.floor(tookMs)} ms of its process's time; max.block.ms and delivery.timeout.ms allow ${limitMs - SLACK_MS}`,
        sentBy(session, call),
      );
  }

  /** The oldest operation that should have ended. */
  #overdue(timeUs: Micros): Overdue | null {
    for (const pending of this.#pending.values()) {
      const limitMs = this.#limitMs(pending);
      const waitedMs = this.#activeMs(pending, timeUs);
      if (waitedMs > limitMs) {
        const { call, session } = pending;
        const message = `${call.f} of ${session.client} has not ended after ${Math.floor(waitedMs)} ms, with a time-out of ${limitMs - SLACK_MS}`;
        if (call.f === 'send') return { message, facts: sentBy(session, call), concerns: ['Produce'] };
        const { client, properties } = session;
        const group = properties['group.id'];
        const facts = { client, ...(group === undefined ? {} : { group: String(group) }) };
        return { message, facts, concerns: [String(group ?? properties['transactional.id'] ?? '')] };
      }
      // The admin's and the consumer's calls have 60 s by default, sends more: nobody younger than this is overdue.
      if (waitedMs < SLACK_MS) return null;
    }
    return null;
  }

  #limitMs({ call, session }: Pending): number {
    const { properties } = session;
    if (call.f === 'send') return this.#guarantees.promisesOf(session).completionMs + SLACK_MS;
    const calls: readonly string[] = ['init-transactions', 'send-offsets', 'end-transaction'];
    // Whoever commits waits for what was sent before.
    if (calls.includes(call.f)) return this.#guarantees.promisesOf(session).completionMs + SLACK_MS;
    const timeoutMs = (name: 'default.api.timeout.ms' | 'request.timeout.ms'): number =>
      session.kind === 'admin' ? numberGiven(ADMIN_CONFIG, properties, name) : numberGiven(CONSUMER_CONFIG, properties, name);
    return timeoutMs('default.api.timeout.ms') + timeoutMs('request.timeout.ms') + SLACK_MS;
  }

  #activeMs({ session, sinceUs, pausedBeforeUs }: Pending, timeUs: Micros): number {
    return (timeUs - sinceUs - (this.#pausedUs(session.client, timeUs) - pausedBeforeUs)) / US_PER_MS;
  }

  #pausedUs(client: string, timeUs: Micros): Micros {
    const pauses = this.#pauses.get(client);
    if (pauses === undefined) return 0;
    return pauses.totalUs + (pauses.sinceUs === null ? 0 : timeUs - pauses.sinceUs);
  }

  #pausesOf(node: string): ClientPauses {
    let pauses = this.#pauses.get(node);
    if (pauses === undefined) {
      pauses = { totalUs: 0, sinceUs: null };
      this.#pauses.set(node, pauses);
    }
    return pauses;
  }
}

/** A send, as a violation names it. */
function sentBy({ client }: Session, { topic, partition }: Extract<Invocation, { readonly f: 'send' }>): ViolationFacts {
  return { client, ...(partition === null ? {} : { partition: topicPartitionKey(topic, partition) }) };
}
