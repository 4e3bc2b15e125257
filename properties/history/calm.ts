/**
 * Q1: until a fault takes effect nothing fails, is answered by an error, or times out. Four kinds of failure are no faults: a commit that
 * a rebalance overtook (members of a group come and go), a record larger than the topic allows, an operator who asks for
 * what can't be, and whatever concerns a topic that an application makes and deletes meanwhile.
 */
import { LONGEST_TAIL } from '../../sim/chance.ts';
import type { HistoryEvent } from '../../sim/history.ts';
import type { CheckContext, PropertyDefinition } from '../../sim/observe.ts';

/** What a commit is answered with when the group rebalances, or when the member had left it. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'COMMIT_FAILED',
  'CLIENT_CLOSED',
]);

/** A record that the topic's configuration does not allow is refused, faults or not. */
const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

export const calm = {
  properties: [{ id: 'Q1', title: 'without faults no client operation fails, is answered by an error, or times out' }],
  create: (context) => {
    new CalmChecker(context);
    return {};
  },
} as const satisfies PropertyDefinition;

/** Where a trip can take longer, the network itself is as bad as a fault: time-outs are to be expected. */
const CALM_TRIP_MS = 1_000;

function longestTripMs({ plan }: CheckContext): number {
  return Math.floor((plan.world.latencyUs + LONGEST_TAIL * plan.world.jitterUs) / 1_000);
}

class CalmChecker {
  readonly #context: CheckContext;
  #hasVisitors = false;
  #isCalm = true;

  constructor(context: CheckContext) {
    this.#context = context;
    if (longestTripMs(context) >= CALM_TRIP_MS)
      context.excuse('Q1', `in this plan's world a single trip over the network may take ${longestTripMs(context)} ms`);
    else if (context.plan.world.buggify) context.excuse('Q1', 'rare legal paths are taken on purpose, failures among them');
    else {
      context.onHistory((event) => this.#onEvent(event));
      context.onFault(({ kind, change }) => {
        if (change === 'begins') this.#disturbed(`the fault ${kind} took effect`);
      });
      // Also by a fault that is about to tell of itself, and by the heal phase.
      context.onWorld((change) => {
        if (change.type === 'crashed' && change.reason === 'killed') this.#disturbed('a process was killed');
      });
    }
  }

  #disturbed(reason: string): void {
    this.#isCalm = false;
    this.#context.excuse('Q1', reason);
  }

  /** Is it about a topic that is not the plan's: one that comes and goes? */
  #concernsVisitor({ call, error }: Extract<HistoryEvent, { readonly type: 'fail' | 'info' }>): boolean {
    const isVisitor = (topic: string): boolean => !this.#context.plan.topics.some(({ name }) => name === topic);
    if (call.f === 'send' || call.f === 'list-offsets') return isVisitor(call.topic);
    // One commit is for all that the consumer reads.
    return call.f === 'commit' && this.#hasVisitors && error === 'UNKNOWN_TOPIC_OR_PARTITION';
  }

  #onEvent(event: HistoryEvent): void {
    if (!this.#isCalm) return;
    if (event.type === 'invoke' && event.call.f === 'admin' && event.call.operation === 'deleteTopics') this.#hasVisitors = true;
    if (event.type === 'ok') this.#context.evaluated('Q1');
    if (event.type !== 'fail' && event.type !== 'info') return;
    const { call, error, session } = event;
    const acksNone = call.f === 'send' && String(session.properties['acks']) === '0';
    const overtaken = call.f === 'commit' && OVERTAKEN.has(error);
    const refused = call.f === 'admin' && error !== 'REQUEST_TIMED_OUT';
    const tooLarge = call.f === 'send' && TOO_LARGE.has(error);
    if (acksNone || overtaken || refused || tooLarge || this.#concernsVisitor(event)) return;
    this.#context.violated('Q1', `nothing was wrong, but ${call.f} of ${session.client} ended with ${error}`);
  }
}
