/** For how long processes stood still: what is to be done within a time is done later by so much. */
import type { Micros } from '../ports/time.ts';
import type { CheckContext } from './judge.ts';

const US_PER_MS = 1_000;

interface Stall {
  readonly fromUs: Micros;
  toUs: Micros;
}

export class Stalls {
  readonly #stalls = new Map<string, Stall[]>();

  constructor(context: CheckContext) {
    context.onWorld(({ type, node, timeUs }) => {
      const stalls = this.#stalls.get(node);
      if (type === 'paused') {
        if (stalls === undefined) this.#stalls.set(node, [{ fromUs: timeUs, toUs: Number.POSITIVE_INFINITY }]);
        else stalls.push({ fromUs: timeUs, toUs: Number.POSITIVE_INFINITY });
      } else if (type === 'resumed' || type === 'crashed' || type === 'stopped') {
        const last = stalls?.at(-1);
        if (last !== undefined && last.toUs > timeUs) last.toUs = timeUs;
      }
    });
  }

  /** Milliseconds, of stalls that are over: how long the process stood still in those that ended at or after `sinceUs`. */
  since(node: string, sinceUs: Micros): number {
    let totalUs = 0;
    for (const { fromUs, toUs } of this.#stalls.get(node) ?? [])
      if (toUs >= sinceUs && toUs !== Number.POSITIVE_INFINITY) totalUs += toUs - Math.max(fromUs, sinceUs);
    return totalUs / US_PER_MS;
  }
}
