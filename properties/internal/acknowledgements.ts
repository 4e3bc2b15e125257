/**
 * What waits for the high watermark is answered when it has passed: R26 (KAFKA-13091, KAFKA-14334). Kafka looks at what waits wherever the high
 * watermark moves, before it does anything else (`DelayedOperations.checkAndCompleteAll` in `Partition`).
 */
import { ErrorCode } from '../../core/protocol/errors.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';

/** Moves of the high watermark of a leader in one epoch and one life of its process, the last ones, oldest first. */
interface Lead {
  readonly incarnation: number;
  readonly leaderEpoch: number;
  readonly moves: { readonly to: number; readonly timeUs: Micros }[];
}

/** What waits is looked at in the step in which the high watermark moves. */
const SLACK_US = micros(1);
/** What is acknowledged was mostly passed by the last few moves; of what was passed by older ones the oldest that is known counts. */
const REMEMBERED_MOVES = 32;

class Acknowledgements {
  readonly #context: CheckContext;
  /** By node and partition. */
  readonly #leads = new Map<string, Lead>();

  constructor(context: CheckContext) {
    this.#context = context;
    context.on('became-leader', ({ partition, leaderEpoch }, { nodeId, incarnation }) => {
      this.#leads.set(`${nodeId}/${partition}`, { incarnation, leaderEpoch, moves: [] });
    });
    context.on('high-watermark-advanced', ({ partition, role, leaderEpoch, to }, at) => {
      const moves = role === 'leader' ? this.#lead(partition, leaderEpoch, at)?.moves : undefined;
      if (moves === undefined) return;
      moves.push({ to, timeUs: at.timeUs });
      if (moves.length > REMEMBERED_MOVES) moves.shift();
    });
    context.on('produce-acked', ({ partition, acks, appendEpoch, leaderEpoch, lastOffset }, at) => {
      // A duplicate may have been passed long before it was asked for again.
      if (acks !== -1 || appendEpoch !== leaderEpoch) return;
      context.evaluated('R26');
      this.#judge(partition, leaderEpoch, lastOffset, at, 'acknowledged');
    });
    context.on('produce-failed', ({ partition, error, lastOffset }, at) => {
      const lead = this.#leads.get(`${at.nodeId}/${partition}`);
      if (error !== ErrorCode.REQUEST_TIMED_OUT || lastOffset < 0 || lead === undefined) return;
      this.#judge(partition, lead.leaderEpoch, lastOffset, at, 'let time out');
    });
  }

  #lead(partition: string, leaderEpoch: number, { nodeId, incarnation }: Occurrence): Lead | null {
    const lead = this.#leads.get(`${nodeId}/${partition}`);
    return lead?.incarnation === incarnation && lead.leaderEpoch === leaderEpoch ? lead : null;
  }

  #judge(partition: string, leaderEpoch: number, lastOffset: number, at: Occurrence, what: string): void {
    const passed = this.#lead(partition, leaderEpoch, at)?.moves.find(({ to }) => to > lastOffset);
    if (passed === undefined) return;
    const lateUs = at.timeUs - passed.timeUs;
    if (lateUs <= SLACK_US) return;
    const message = `${at.node} ${what} offset ${lastOffset} of ${partition} ${millis(lateUs)} ms after its high watermark had moved to ${passed.to}`;
    this.#context.violated('R26', message, { nodeId: at.nodeId, partition, leaderEpoch, offset: lastOffset });
  }
}

export const acknowledgements = {
  properties: [{ id: 'R26', title: 'what waits for the high watermark is answered as soon as it has passed' }],
  create: (context): Checker => {
    new Acknowledgements(context);
    return {};
  },
} as const satisfies PropertyDefinition;
