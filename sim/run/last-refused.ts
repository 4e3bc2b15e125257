/** What was asked and refused last, by what it was about: without it, "not settled" says what is missing, but not why. */
import { errorName } from '../../core/protocol/errors.ts';
import type { Micros } from '../../ports/time.ts';
import type { CheckContext, Occurrence } from '../observe.ts';

interface Refusal {
  readonly text: string;
  readonly times: number;
  readonly timeUs: Micros;
}

export class LastRefused {
  /** By partition, group, or API. */
  readonly #refusals = new Map<string, Refusal>();

  constructor(context: Pick<CheckContext, 'on'>) {
    context.on('fetch-rejected', (event, at) => {
      this.#put([event.partition], at, `${fetchOf(event)} with ${named(event.error)}`, event.times);
    });
    context.on('fetch-diverged', (event, at) => {
      const { epoch, endOffset } = event.epochEnd;
      const text = `${fetchOf(event)} with word that the logs part: epoch ${epoch} ends at ${endOffset}, the fetch has epoch ${event.lastFetchedEpoch} there`;
      this.#put([event.partition], at, text, event.times);
    });
    context.on('produce-failed', (event, at) => {
      const text = `a write to ${event.partition} (acks=${event.acks === -1 ? 'all' : event.acks}) with ${named(event.error)}`;
      this.#put([event.partition, 'Produce'], at, text, event.times);
    });
    context.on('offset-commit-rejected', (event, at) => {
      const { group, member, generation } = event;
      const text = `a commit of group ${group} (member '${member}', generation ${generation}) with ${named(event.error)}`;
      this.#put([group, ...event.partitions], at, text, event.times);
    });
    context.on('group-request-rejected', (event, at) => {
      const { api, group, member, generation } = event;
      const text = `${api} of group ${group} (member '${member}', generation ${generation}) with ${named(event.error)}`;
      this.#put([group], at, text, event.times);
    });
    context.on('request-rejected', (event, at) => {
      this.#put([event.api], at, `${event.api} with ${named(event.error)} (${event.detail})`, event.times);
    });
  }

  /** `; last refused: ...`, the newest refusal that concerns any of these; '' if there was none. */
  about(concerns: readonly string[]): string {
    let newest: Refusal | null = null;
    for (const concern of concerns) {
      const refusal = this.#refusals.get(concern);
      if (refusal !== undefined && (newest === null || refusal.timeUs > newest.timeUs)) newest = refusal;
    }
    if (newest === null) return '';
    const { text, times, timeUs } = newest;
    return `; last refused: ${text}, at ${(timeUs / 1_000_000).toFixed(6)} s${times > 1 ? `, the ${times}th time in a row` : ''}`;
  }

  #put(concerns: readonly string[], at: Occurrence, what: string, times: number): void {
    const refusal = { text: `${at.node} answered ${what}`, times, timeUs: at.timeUs };
    for (const concern of concerns) this.#refusals.set(concern, refusal);
  }
}

function fetchOf(event: { partition: string; replica: number; fetchOffset: number; requestEpoch: number }): string {
  const who = event.replica < 0 ? 'a consumer' : `replica ${event.replica}`;
  return `the fetch of ${event.partition} by ${who} from ${event.fetchOffset} in leader epoch ${event.requestEpoch}`;
}

function named(error: number): string {
  return `${errorName(error)} (${error})`;
}
