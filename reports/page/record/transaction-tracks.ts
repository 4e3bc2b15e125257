/** Transactions: the states of each transactional id as its coordinator has them, and what lies in the leaders' logs, record to marker. */
import type { TraceEvent } from '../../../core/trace.ts';
import type { TransactionTrack } from './run-record.ts';

type State = TransactionTrack['states'][number];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Bar = Mutable<TransactionTrack['bars'][number]>;

export class TransactionTracks {
  readonly #states = new Map<string, State[]>();
  readonly #ids = new Map<number, string>();
  readonly #bars: Bar[] = [];
  /** By producer and partition, what is open now. */
  readonly #open = new Map<string, Bar>();

  onEvent(us: number, process: number, event: TraceEvent): void {
    switch (event.type) {
      case 'transaction-transition': {
        const { transactionalId, to, producerId, producerEpoch, partitions, reason } = event;
        this.#ids.set(producerId, transactionalId);
        const states = this.#states.get(transactionalId) ?? [];
        states.push({ us, process, state: to, producerId, producerEpoch, partitions, reason });
        this.#states.set(transactionalId, states);
        break;
      }
      case 'producer-transaction':
        if (event.producerId !== -1) this.#ids.set(event.producerId, event.transactionalId);
        break;
      case 'transaction-opened': {
        const { partition, producerId, producerEpoch, firstOffset, byLeader } = event;
        if (!byLeader) break;
        const bar: Bar = {
          partition,
          producerId,
          producerEpoch,
          fromUs: us,
          toUs: Number.POSITIVE_INFINITY,
          outcome: 'open',
          firstOffset,
          markerOffset: -1,
        };
        this.#bars.push(bar);
        this.#open.set(`${producerId} ${partition}`, bar);
        break;
      }
      case 'transaction-marker-appended': {
        const key = `${event.producerId} ${event.partition}`;
        const bar = this.#open.get(key);
        if (!event.byLeader || bar === undefined) break;
        bar.toUs = us;
        bar.outcome = event.commit ? 'committed' : 'aborted';
        bar.markerOffset = event.offset;
        this.#open.delete(key);
        break;
      }
      default:
        break;
    }
  }

  /** Of a run that ended at this time. What producers write whose id nobody has told is left out. */
  tracks(endUs: number): readonly TransactionTrack[] {
    const tracks = new Map<string, { id: string; states: readonly State[]; bars: Bar[] }>();
    const trackOf = (id: string) => {
      const track = tracks.get(id) ?? { id, states: this.#states.get(id) ?? [], bars: [] };
      tracks.set(id, track);
      return track;
    };
    for (const id of this.#states.keys()) trackOf(id);
    for (const bar of this.#bars) {
      const id = this.#ids.get(bar.producerId);
      if (id !== undefined) trackOf(id).bars.push({ ...bar, toUs: Math.min(bar.toUs, endUs) });
    }
    return [...tracks.values()].toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  }
}
