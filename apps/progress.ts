/** How far an application has come with its inputs, seen from outside: which offsets its groups have committed, and when it last did anything. */
import type { Micros } from '../ports/time.ts';
import type { HistoryEvent } from '../sim/history.ts';
import type { CheckContext } from '../sim/observe.ts';

interface Commit {
  readonly client: string;
  readonly offset: number;
  readonly timeUs: Micros;
}

/** Nothing happens for so long after everything is committed: then nothing more will come. */
const REST_US = 3_000_000;
/** And without that: longer than a group takes to give away what a dead member had (kafkajs waits 60 s for a rebalance). */
const GIVEN_UP_US = 100_000_000;

export class Progress {
  readonly #inputs: readonly string[];
  /** By partition: one above the highest offset that was acknowledged to whom writes the inputs. */
  readonly #ends = new Map<string, number>();
  readonly #commits = new Map<string, Commit[]>();
  /** When processes ended otherwise than in order. */
  readonly #deaths: { readonly node: string; readonly timeUs: Micros }[] = [];
  #lastActUs: Micros = 0;

  constructor(context: CheckContext, inputs: readonly string[]) {
    this.#inputs = inputs;
    const clients = new Set(context.plan.clients.map(({ name }) => name));
    context.onHistory((event) => this.#onHistory(event));
    context.onWorld(({ type, node, timeUs }) => {
      if (type === 'crashed' && clients.has(node)) this.#deaths.push({ node, timeUs });
    });
  }

  /** What there is still to do, as a sentence; null if nothing is, or nobody does it. */
  unfinished(nowUs: Micros): string | null {
    const quietUs = nowUs - this.#lastActUs;
    const [behind] = [...this.#ends].filter(([partition, end]) => (this.#commits.get(partition)?.at(-1)?.offset ?? 0) < end);
    if (quietUs > (behind === undefined ? REST_US : GIVEN_UP_US)) return null;
    if (behind === undefined) return 'the application was at work until a moment ago';
    const [partition, end] = behind;
    return `the application has not committed ${partition} to its end, ${end}`;
  }

  /** Who had this input committed, when, and whose death came near; to be put behind a sentence. */
  story(topic: string, partition: number, offset: number): string {
    const commits = this.#commits.get(`${topic}-${partition}`) ?? [];
    const passed = commits.find((commit) => commit.offset > offset);
    if (passed === undefined) return '; no group has committed it';
    const parts = [
      `${passed.client} had offset ${passed.offset} of ${topic}-${partition} committed at ${seconds(passed.timeUs)}`,
    ];
    const death = this.#deaths.find(({ timeUs }) => timeUs >= passed.timeUs - 5_000_000);
    if (death !== undefined) parts.push(`${death.node} died at ${seconds(death.timeUs)}`);
    return `; ${parts.join(', ')}`;
  }

  #onHistory(event: HistoryEvent): void {
    if (event.type === 'offsets-committed') {
      for (const { topic, partition, offset } of event.offsets) {
        const key = `${topic}-${partition}`;
        const commits = this.#commits.get(key) ?? [];
        const isNews = commits.at(-1)?.offset !== offset;
        if (isNews) commits.push({ client: event.session.client, offset, timeUs: event.timeUs });
        this.#commits.set(key, commits);
        if (isNews && this.#inputs.includes(topic)) this.#lastActUs = event.timeUs;
      }
    }
    if (event.type === 'stored') this.#lastActUs = event.timeUs;
    if (event.type !== 'ok' || event.result.f !== 'send' || event.call.f !== 'send') return;
    this.#lastActUs = event.timeUs;
    if (!this.#inputs.includes(event.call.topic)) return;
    const key = `${event.call.topic}-${event.result.partition}`;
    this.#ends.set(key, Math.max(this.#ends.get(key) ?? 0, event.result.offset + 1));
  }
}

function seconds(timeUs: Micros): string {
  return `${(timeUs / 1e6).toFixed(3)} s`;
}
