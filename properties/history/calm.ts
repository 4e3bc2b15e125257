/**
 * Q1: without faults nothing fails, is answered by an error, or times out. Three kinds of failure are no faults: a commit that
 * a rebalance overtook (members of a group come and go), a record larger than the topic allows, and an operator who asks for
 * what can't be.
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

export const calm: PropertyDefinition = {
  properties: [{ id: 'Q1', title: 'without faults no client operation fails, is answered by an error, or times out' }],
  create: (context) => {
    new CalmChecker(context);
    return {};
  },
};

/** Where a trip can take longer, the network itself is as bad as a fault: time-outs are to be expected. */
const CALM_TRIP_MS = 1_000;

function longestTripMs({ plan }: CheckContext): number {
  return Math.floor((plan.world.latencyUs + LONGEST_TAIL * plan.world.jitterUs) / 1_000);
}

class CalmChecker {
  readonly #context: CheckContext;

  constructor(context: CheckContext) {
    this.#context = context;
    if (context.plan.faults.length > 0 || context.plan.heal.restartAll || context.plan.heal.leaveMinorityDown)
      context.excuse('Q1', 'the plan has faults, or restarts nodes');
    else if (longestTripMs(context) >= CALM_TRIP_MS)
      context.excuse('Q1', `in this plan's world a single trip over the network may take ${longestTripMs(context)} ms`);
    else if (context.plan.world.buggify) context.excuse('Q1', 'rare legal paths are taken on purpose, failures among them');
    else context.onHistory((event) => this.#onEvent(event));
  }

  #onEvent(event: HistoryEvent): void {
    if (event.type === 'ok') this.#context.evaluated('Q1');
    if (event.type !== 'fail' && event.type !== 'info') return;
    const { call, error, session } = event;
    const acksNone = call.f === 'send' && String(session.properties['acks']) === '0';
    const overtaken = call.f === 'commit' && OVERTAKEN.has(error);
    const refused = call.f === 'admin' && error !== 'REQUEST_TIMED_OUT';
    const tooLarge = call.f === 'send' && TOO_LARGE.has(error);
    if (acksNone || overtaken || refused || tooLarge) return;
    this.#context.violated('Q1', `nothing was wrong, but ${call.f} of ${session.client} ended with ${error}`);
  }
}
