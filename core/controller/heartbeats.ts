/**
 * What the active controller knows of brokers beyond the log: when each was last heard of, how far its metadata is, and how
 * far a controlled shutdown has come. Kept in memory alone; a new active controller starts it afresh.
 */
import { lesser } from '../../ports/brand.ts';
import { invariant } from '../../ports/invariant.ts';
import { type BrokerId, NONE, Offset } from '../protocol/numbers.ts';

interface Session {
  lastContactMs: number;
  /** The broker's own word for the last metadata offset it applied; -1: unknown. */
  metadataOffset: Offset;
  fenced: boolean;
  /** Set in controlled shutdown: brokers must have applied up to here before the broker may go. */
  shutdownOffset: Offset | null;
}

export type BrokerState = 'fenced' | 'unfenced' | 'controlled-shutdown' | 'shutdown-now';

export interface BrokerWish {
  readonly wantFence: boolean;
  readonly wantShutDown: boolean;
  readonly currentMetadataOffset: Offset;
}

export class BrokerHeartbeats {
  readonly #sessions = new Map<number, Session>();
  readonly #sessionTimeoutMs: number;

  constructor(sessionTimeoutMs: number) {
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  /** The controller learned of this broker, now. */
  register(brokerId: BrokerId, fenced: boolean, nowMs: number): void {
    const session = this.#sessions.get(brokerId);
    if (session === undefined) {
      this.#sessions.set(brokerId, { lastContactMs: nowMs, metadataOffset: NONE, fenced, shutdownOffset: null });
    } else {
      this.touch(brokerId, fenced, session.fenced === fenced ? NONE : session.metadataOffset, nowMs);
    }
  }

  touch(brokerId: BrokerId, fenced: boolean, metadataOffset: Offset, nowMs: number): void {
    const session = this.#session(brokerId);
    session.lastContactMs = nowMs;
    session.metadataOffset = metadataOffset;
    session.fenced = fenced;
    if (fenced) session.shutdownOffset = null;
  }

  fence(brokerId: BrokerId): void {
    const session = this.#sessions.get(brokerId);
    if (session !== undefined) session.fenced = true;
  }

  remove(brokerId: BrokerId): void {
    this.#sessions.delete(brokerId);
  }

  /** An unfenced broker that was heard of within the session time-out. */
  hasValidSession(brokerId: BrokerId, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId);
    return session !== undefined && !session.fenced && session.lastContactMs + this.#sessionTimeoutMs >= nowMs;
  }

  /** The unfenced broker that has been silent longest, if longer than the session time-out. */
  findStaleBroker(nowMs: number): number | null {
    const oldest = this.#oldest();
    return oldest !== null && oldest.session.lastContactMs + this.#sessionTimeoutMs < nowMs ? oldest.brokerId : null;
  }

  /** When the next session may expire; null: no broker is unfenced. */
  nextExpiryMs(): number | null {
    const oldest = this.#oldest();
    return oldest === null ? null : oldest.session.lastContactMs + this.#sessionTimeoutMs + 1;
  }

  /** The changes that move leaderships off the broker end at `offset`; later heartbeats leave the first value. */
  setShutdownOffset(brokerId: BrokerId, offset: Offset): void {
    const session = this.#session(brokerId);
    invariant(!session.fenced, () => `fenced broker ${brokerId} cannot enter controlled shutdown`);
    session.shutdownOffset ??= offset;
  }

  state(brokerId: BrokerId): BrokerState {
    const session = this.#session(brokerId);
    if (session.shutdownOffset !== null) return 'controlled-shutdown';
    return session.fenced ? 'fenced' : 'unfenced';
  }

  /** The state that a heartbeat leads to. `leadsAny` is asked only where it matters. */
  nextState(brokerId: BrokerId, wish: BrokerWish, registrationOffset: Offset, leadsAny: () => boolean): BrokerState {
    const state = this.state(brokerId);
    switch (state) {
      case 'fenced': {
        if (wish.wantShutDown) return 'shutdown-now';
        if (wish.wantFence) return 'fenced';
        // Not before it has applied its own registration, else it could lead without knowing.
        return wish.currentMetadataOffset >= registrationOffset ? 'unfenced' : 'fenced';
      }
      case 'unfenced': {
        if (wish.wantFence) return wish.wantShutDown ? 'shutdown-now' : 'fenced';
        if (!wish.wantShutDown) return 'unfenced';
        return leadsAny() ? 'controlled-shutdown' : 'shutdown-now';
      }
      case 'controlled-shutdown': {
        if (leadsAny()) return 'controlled-shutdown';
        const { shutdownOffset } = this.#session(brokerId);
        return (shutdownOffset ?? 0) <= this.#lowestActiveOffset() ? 'shutdown-now' : 'controlled-shutdown';
      }
      case 'shutdown-now':
        return 'shutdown-now';
    }
  }

  /** The lowest metadata offset of brokers that stay. */
  #lowestActiveOffset(): Offset {
    let lowest = Offset(Number.MAX_SAFE_INTEGER);
    for (const session of this.#sessions.values()) {
      if (!session.fenced && session.shutdownOffset === null) lowest = lesser(lowest, session.metadataOffset);
    }
    return lowest;
  }

  #oldest(): { brokerId: BrokerId; session: Session } | null {
    let oldest: { brokerId: BrokerId; session: Session } | null = null;
    for (const [brokerId, session] of this.#sessions) {
      if (session.fenced) continue;
      if (oldest === null || session.lastContactMs < oldest.session.lastContactMs) oldest = { brokerId, session };
    }
    return oldest;
  }

  #session(brokerId: BrokerId): Session {
    const session = this.#sessions.get(brokerId);
    invariant(session !== undefined, () => `no session of broker ${brokerId}`);
    return session;
  }
}
