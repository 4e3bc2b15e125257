/** Which nodes could not do what was due in time, because their processes stood still or were slow. */
import type { Micros } from '../../ports/time.ts';
import type { CheckContext } from '../judge.ts';

export class HeldUp {
  readonly #since = new Map<number, Micros>();
  readonly #still = new Set<number>();
  readonly #slow = new Set<number>();

  constructor(context: CheckContext) {
    context.onWorld((change) => {
      const { type, nodeId, timeUs } = change;
      if (type === 'slowed') {
        if (change.factor > 1) this.#slow.add(nodeId);
        else this.#slow.delete(nodeId);
        this.#since.set(nodeId, Math.max(timeUs, change.busyUntilUs));
      } else if (type === 'paused') {
        this.#still.add(nodeId);
      } else if (type === 'resumed' || type === 'started') {
        this.#still.delete(nodeId);
        this.#since.set(nodeId, timeUs);
      }
    });
  }

  /** Since when a node has been at work without hindrance; Infinity: it is held up now. */
  freeSince(nodeId: number): Micros {
    if (this.#still.has(nodeId) || this.#slow.has(nodeId)) return Number.POSITIVE_INFINITY;
    return this.#since.get(nodeId) ?? Number.NEGATIVE_INFINITY;
  }
}
