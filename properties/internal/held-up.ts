/** Who could not do what was due in time, because its process stood still or was slow. */
import type { Micros } from '../../ports/time.ts';
import type { CheckContext } from '../judge.ts';

export class HeldUp {
  readonly #since = new Map<string, Micros>();
  readonly #still = new Set<string>();
  readonly #slow = new Set<string>();

  constructor(context: CheckContext) {
    context.onWorld((change) => {
      const { type, node, timeUs } = change;
      if (type === 'slowed') {
        if (change.factor > 1) this.#slow.add(node);
        else this.#slow.delete(node);
        this.#since.set(node, Math.max(timeUs, change.busyUntilUs));
      } else if (type === 'paused') {
        this.#still.add(node);
      } else if (type === 'resumed' || type === 'started') {
        this.#still.delete(node);
        this.#since.set(node, timeUs);
      }
    });
  }

  /** Since when a process has been at work without hindrance; Infinity: it is held up now. */
  freeSince(node: string): Micros {
    if (this.#still.has(node) || this.#slow.has(node)) return Number.POSITIVE_INFINITY;
    return this.#since.get(node) ?? Number.NEGATIVE_INFINITY;
  }
}
