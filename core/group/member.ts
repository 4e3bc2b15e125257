/** A member of a classic group. */
import type { Timer, Timers } from '../../ports/time.ts';

export interface Protocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export interface JoinResult {
  readonly errorCode: number;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly metadata: Uint8Array;
  }[];
}

export interface SyncResult {
  readonly errorCode: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Uint8Array;
}

export type JoinCallback = (result: JoinResult) => void;
export type SyncCallback = (result: SyncResult) => void;

export const NO_BYTES = new Uint8Array(0);

export interface MemberOptions {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly Protocol[];
}

export class Member {
  memberId: string;
  readonly groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  protocols: readonly Protocol[];
  assignment: Uint8Array = NO_BYTES;
  /** Set while a JoinGroup (or SyncGroup) of this member waits for its answer: it is alive however long that takes. */
  awaitingJoin: JoinCallback | null = null;
  awaitingSync: SyncCallback | null = null;
  /** It has not seen a generation yet: its session is the long one of a first join. */
  isNew = false;
  /** Monotonic milliseconds. */
  lastHeartbeatMs = 0;
  deadlineMs = 0;
  sessionTimer: Timer | null = null;
  /** When the timer fires, monotonic milliseconds: it may be earlier than the deadline, and is then armed again. */
  #timerAtMs = 0;

  constructor(options: MemberOptions) {
    this.memberId = options.memberId;
    this.groupInstanceId = options.groupInstanceId;
    this.clientId = options.clientId;
    this.clientHost = options.clientHost;
    this.rebalanceTimeoutMs = options.rebalanceTimeoutMs;
    this.sessionTimeoutMs = options.sessionTimeoutMs;
    this.protocols = options.protocols;
  }

  armSession(timers: Timers, delayMs: number, nowMs: number, fired: () => void): void {
    this.#timerAtMs = nowMs + delayMs;
    this.sessionTimer = timers.after(delayMs, fired);
  }

  /** The armed timer fires after now and not later than the deadline. */
  timerServes(nowMs: number): boolean {
    return this.sessionTimer !== null && this.#timerAtMs > nowMs && this.#timerAtMs <= this.deadlineMs;
  }

  metadataFor(protocol: string | null): Uint8Array {
    return this.protocols.find((p) => p.name === protocol)?.metadata ?? NO_BYTES;
  }

  /** The same protocols with the same metadata, in the same order. */
  matches(protocols: readonly Protocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false;
    return protocols.every((protocol, index) => {
      const own = this.protocols[index] as Protocol;
      return own.name === protocol.name && sameBytes(own.metadata, protocol.metadata);
    });
  }

  /** The first of its protocols that every member supports: what it votes for. */
  vote(candidates: ReadonlySet<string>): string | null {
    return this.protocols.find((protocol) => candidates.has(protocol.name))?.name ?? null;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
