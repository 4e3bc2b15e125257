/** Writes the history: gives operations their numbers and events their place in the run's total order. */
import type { Micros } from '../../ports/time.ts';
import type {
  Completion,
  HistoryEvent,
  HistoryListener,
  Invocation,
  PartitionOffset,
  ReadRecord,
  Session,
  StoredChange,
} from '../history.ts';

export interface RecorderClock {
  step(): number;
  timeUs(): Micros;
}

export class Recorder {
  readonly #clock: RecorderClock;
  readonly #listeners: HistoryListener[] = [];
  #nextSession = 1;
  #nextOp = 1;
  acknowledged = 0;
  delivered = 0;
  transactions = 0;
  /** Transactional ids that somebody has asked for. */
  readonly transactionalIds = new Set<string>();

  constructor(clock: RecorderClock) {
    this.#clock = clock;
  }

  listen(listener: HistoryListener): void {
    this.#listeners.push(listener);
  }

  open(client: string, incarnation: number, kind: Session['kind'], properties: Session['properties']): Session {
    return this.#opened({ id: this.#nextSession++, client, incarnation, kind, properties });
  }

  /** As `open`, of what is read off a program's frames. */
  openOfFrames(client: string, incarnation: number, kind: Session['kind'], properties: Session['properties']): Session {
    return this.#opened({ id: this.#nextSession++, client, incarnation, kind, properties, isOfFrames: true });
  }

  #opened(session: Session): Session {
    this.#emit({ ...this.#at(session), type: 'opened' });
    return session;
  }

  end(session: Session, how: 'closed' | 'crashed'): void {
    this.#emit({ ...this.#at(session), type: how });
  }

  invoke(session: Session, call: Invocation): number {
    const op = this.#nextOp++;
    if (call.f === 'transaction') this.transactions++;
    if (call.f === 'init-transactions') this.transactionalIds.add(call.transactionalId);
    this.#emit({ ...this.#at(session), type: 'invoke', op, call });
    return op;
  }

  ok(session: Session, op: number, call: Invocation, result: Completion): void {
    if (result.f === 'send') this.acknowledged++;
    if (result.f === 'poll') this.delivered += result.records.length;
    this.#emit({ ...this.#at(session), type: 'ok', op, call, result });
  }

  fail(session: Session, op: number, call: Invocation, definite: boolean, error: string): void {
    this.#emit({ ...this.#at(session), type: definite ? 'fail' : 'info', op, call, error });
  }

  membership(
    session: Session,
    type: 'assigned' | 'revoked' | 'lost',
    partitions: readonly { topic: string; partition: number }[],
    generation: number,
  ): void {
    this.#emit({ ...this.#at(session), type, partitions, generation });
  }

  processed(session: Session, records: readonly ReadRecord[]): void {
    this.#emit({ ...this.#at(session), type: 'processed', records });
  }

  offsetsCommitted(session: Session, group: string, offsets: readonly PartitionOffset[]): void {
    this.#emit({ ...this.#at(session), type: 'offsets-committed', group, offsets });
  }

  stored(session: Session, service: string, changes: readonly StoredChange[]): void {
    this.#emit({ ...this.#at(session), type: 'stored', service, changes });
  }

  #at(session: Session) {
    return { step: this.#clock.step(), timeUs: this.#clock.timeUs(), session };
  }

  #emit(event: HistoryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
