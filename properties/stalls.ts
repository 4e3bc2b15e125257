/**
 * For how long processes stood still, or were short of processor time: what is to be done within a time is done later by so much. What
 * a slow process has to do waits in a line, and nobody tells how long that is: all of the time counts.
 */
import type { Micros } from '../ports/time.ts';
import type { CheckContext } from './judge.ts';

const US_PER_MS = 1_000;

interface Stall {
  readonly fromUs: Micros;
  /** Infinite while it lasts. */
  toUs: Micros;
}

export class Stalls {
  readonly #pauses = new Map<string, Stall[]>();
  readonly #slow = new Map<string, Stall[]>();

  constructor(context: CheckContext) {
    context.onWorld((change) => {
      const { type, node, timeUs } = change;
      if (type === 'paused') begin(this.#pauses, node, timeUs);
      else if (type === 'resumed' || type === 'crashed' || type === 'stopped') end(this.#pauses, node, timeUs);
      else if (type !== 'slowed') return;
      else if (change.factor > 1) begin(this.#slow, node, timeUs);
      // What it began to do while it was slow takes its time.
      else end(this.#slow, node, Math.max(timeUs, change.busyUntilUs));
    });
  }

  /** Milliseconds of the time from `sinceUs` to `nowUs` in which the process stood still or was slow. */
  between(node: string, sinceUs: Micros, nowUs: Micros): number {
    const stalls = [...(this.#pauses.get(node) ?? []), ...(this.#slow.get(node) ?? [])].toSorted((a, b) => a.fromUs - b.fromUs);
    let totalUs = 0;
    let countedUs = sinceUs;
    for (const { fromUs, toUs } of stalls) {
      const endUs = Math.min(toUs, nowUs);
      if (endUs <= countedUs) continue;
      totalUs += endUs - Math.max(fromUs, countedUs);
      countedUs = endUs;
    }
    return totalUs / US_PER_MS;
  }
}

function begin(stalls: Map<string, Stall[]>, node: string, timeUs: Micros): void {
  const ofNode = stalls.get(node) ?? [];
  const last = ofNode.at(-1);
  if (last !== undefined && last.toUs > timeUs) last.toUs = Number.POSITIVE_INFINITY;
  else ofNode.push({ fromUs: timeUs, toUs: Number.POSITIVE_INFINITY });
  stalls.set(node, ofNode);
}

function end(stalls: Map<string, Stall[]>, node: string, timeUs: Micros): void {
  const last = stalls.get(node)?.at(-1);
  if (last !== undefined && last.toUs > timeUs) last.toUs = timeUs;
}
