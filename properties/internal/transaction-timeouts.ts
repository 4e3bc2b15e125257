/** How long a transaction stays open that nobody ends: T15 (KIP-98). */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';

type Transition = TraceEventOf<'transaction-transition' | 'transaction-transition-begun' | 'transaction-transition-failed'>;

/** A transaction, at the coordinator that saw it begin. */
interface Open {
  readonly node: string;
  readonly incarnation: number;
  readonly leaderEpoch: number;
  readonly sinceUs: Micros;
  /** When a step of it last began or ended. */
  touchedUs: Micros;
  /** A step was begun: nobody knows how long it takes, and until it has ended the coordinator begins no other. */
  isUnderWay: boolean;
  /** The coordinator has noticed. */
  isTimedOut: boolean;
}

/** A timer that fires has its events in a queue; and wall clocks do not go alike. */
const SLACK_MS = 1_000;
const CLOCK_FAULTS: readonly string[] = ['clock-jump', 'clock-drift'];

class TransactionTimeouts {
  readonly #context: CheckContext;
  readonly #sweepMs: number;
  readonly #open = new Map<string, Open>();
  /** Nodes that were held up, or whose clocks were, at some time. */
  readonly #unreliable = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    const sweep = 'transaction.abort.timed.out.transaction.cleanup.interval.ms';
    this.#sweepMs = numberGiven(BROKER_CONFIG, context.plan.cluster.properties, sweep);
    context.on('transaction-transition-begun', (event, at) => this.#touch(event, at, true));
    context.on('transaction-transition-failed', (event, at) => this.#touch(event, at, false));
    context.on('transaction-transition', (event, at) => this.#onTransition(event, at));
    context.on('transaction-timed-out', ({ transactionalId }) => {
      const open = this.#open.get(transactionalId);
      if (open !== undefined) open.isTimedOut = true;
    });
    context.onWorld(({ type, node }) => {
      if (type === 'paused' || type === 'slowed') this.#unreliable.add(node);
    });
    context.onFault(({ kind, targets, change }) => {
      if (change === 'begins' && CLOCK_FAULTS.includes(kind)) for (const node of targets) this.#unreliable.add(node);
    });
  }

  /** A step of the transaction begins here, or does not come to be. */
  #touch(event: Transition, at: Occurrence, isUnderWay: boolean): void {
    const open = this.#known(event, at);
    if (open === undefined) return;
    if (isUnderWay && event.to !== 'Ongoing') this.#judge(event, open, at);
    open.touchedUs = at.timeUs;
    open.isUnderWay = isUnderWay;
  }

  #onTransition(event: TraceEventOf<'transaction-transition'>, at: Occurrence): void {
    const { transactionalId, leaderEpoch, from, to } = event;
    if (to !== 'Ongoing') {
      this.#open.delete(transactionalId);
    } else if (from === 'Ongoing') {
      this.#touch(event, at, false);
    } else {
      const { node, incarnation, timeUs } = at;
      const since = { sinceUs: timeUs, touchedUs: timeUs, isUnderWay: false, isTimedOut: false };
      this.#open.set(transactionalId, { node, incarnation, leaderEpoch, ...since });
    }
  }

  /** Undefined: another coordinator saw it begin, by another clock. */
  #known({ transactionalId, leaderEpoch }: Transition, { node, incarnation }: Occurrence): Open | undefined {
    const open = this.#open.get(transactionalId);
    return open?.node === node && open.incarnation === incarnation && open.leaderEpoch === leaderEpoch ? open : undefined;
  }

  /** Somebody ends it, at last. */
  #judge({ transactionalId, timeoutMs, to }: Transition, open: Open, { node, nodeId, timeUs }: Occurrence): void {
    const openUs = timeUs - open.sinceUs;
    if (openUs > micros(timeoutMs)) this.#context.evaluated('T15');
    const isSwept = timeUs - open.touchedUs <= micros(this.#sweepMs + SLACK_MS);
    if (open.isTimedOut || open.isUnderWay || isSwept || this.#unreliable.has(node)) return;
    if (openUs <= micros(timeoutMs + this.#sweepMs + SLACK_MS)) return;
    const message = `${node} let the transaction of ${transactionalId} be open for ${millis(openUs)} ms, until it went to ${to}; its time-out is ${timeoutMs} ms, and the coordinator looks every ${this.#sweepMs} ms`;
    this.#context.violated('T15', message, { nodeId });
  }
}

export const transactionTimeouts = {
  properties: [{ id: 'T15', title: 'a coordinator aborts a transaction that is open for longer than its time-out' }],
  create: (context): Checker => {
    new TransactionTimeouts(context);
    return {};
  },
} as const satisfies PropertyDefinition;
