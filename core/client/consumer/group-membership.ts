/**
 * Membership in a classic group: join, sync, heartbeat, leave. A member joins, and takes what it is assigned, only while the application
 * polls; heartbeats go on by a timer. What it gives up for a rebalance, and when, is the business of its hooks: by the eager protocol everything before
 * it joins, by the cooperative protocol (KIP-429) what it is not assigned any more when it has. Every answer is judged by the
 * generation the request was sent in: one of an older generation changes nothing.
 */
import type { ClientEnvironment } from '../../environment.ts';
import type { Timer } from '../../../ports/time.ts';
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import type { JoinGroupResponse } from '../../protocol/messages/join-group-response.ts';
import { KafkaError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { CoordinatorLink } from './coordinator-link.ts';
import { isCoordinatorMoved } from './coordinator-link.ts';
import { type Generation, type Membership, NO_GENERATION } from './membership.ts';

type MembershipState =
  | { readonly kind: 'unjoined' | 'preparing' | 'joining' | 'syncing' | 'completing' | 'stable' }
  /** It has its assignment, and takes it with the next step of a poll. */
  | { readonly kind: 'synced'; readonly assignment: Uint8Array };

export interface MembershipOptions {
  readonly groupId: string;
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/** What a rebalance asks of the application, while that takes its time. */
export interface Turn {
  /** The application has given up everything itself meanwhile. */
  isAbandoned(): boolean;
}

/** What is given up before joining. */
export interface Preparation extends Turn {
  /** The membership is over: what is held is lost. It may end while the application commits. */
  isLost(): boolean;
}

/** What the consumer does at the turns of a rebalance. No turn begins before the one under way is `done`, or abandoned. */
export interface MembershipHooks {
  /** Before joining, once for all attempts: commit and revoke, or give up as lost; `done` when the application is through. */
  prepare(preparation: Preparation, done: () => void): void;
  protocols(): { name: string; metadata: Uint8Array }[];
  /** The member leads the group: bytes for every member. Null: the metadata needed are not there yet. */
  assign(response: JoinGroupResponse): { memberId: string; assignment: Uint8Array }[] | null;
  /** The member leads the group again as a static one; the assignment of its earlier life stays (KIP-814). */
  assignmentKept(response: JoinGroupResponse): void;
  assigned(assignment: Uint8Array, generation: Generation, turn: Turn, done: () => void): void;
  changed(): void;
}

export class GroupMembership implements Membership {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #link: CoordinatorLink;
  readonly #options: MembershipOptions;
  readonly #hooks: MembershipHooks;
  #state: MembershipState = { kind: 'unjoined' };
  /** What must be given up before it joins is (ConsumerCoordinator.needsJoinPrepare). */
  #isPrepared = false;
  /** The turn of the rebalance that the application takes now, whatever becomes of the membership meanwhile. */
  #turn: object | null = null;
  #generation: Generation = NO_GENERATION;
  #rejoin = true;
  /** The partitions held belong to a membership that is over. */
  #lost = false;
  #failures = 0;
  #retryAtMs = 0;
  #heartbeatTimer: Timer | null = null;
  #heartbeatOut = false;
  #lastHeartbeatMs = 0;
  #pollDeadlineMs = Number.POSITIVE_INFINITY;
  #error: KafkaError | null = null;
  #closed = false;

  constructor(session: Session, link: CoordinatorLink, options: MembershipOptions, hooks: MembershipHooks) {
    this.#env = session.env;
    this.#session = session;
    this.#link = link;
    this.#options = options;
    this.#hooks = hooks;
  }

  get generation(): Generation {
    return this.#generation;
  }

  get isStable(): boolean {
    return this.#state.kind === 'stable' && !this.#rejoin;
  }

  get isRebalancing(): boolean {
    const { kind } = this.#state;
    return kind === 'joining' || kind === 'syncing' || (kind === 'unjoined' && this.#isPrepared);
  }

  covers(sender: Generation): boolean {
    return sender === this.#generation;
  }

  takeError(): KafkaError | null {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  requestRejoin(): void {
    this.#rejoin = true;
  }

  polled(): void {
    this.#pollDeadlineMs = this.#env.clock.monotonicMs() + this.#options.rebalanceTimeoutMs;
  }

  advance(): number {
    if (this.#closed || this.#turn !== null) return 0;
    if (this.#state.kind === 'synced') {
      this.#complete(this.#state.assignment);
      return 0;
    }
    if (!this.#rejoin && this.#state.kind === 'stable') return 0;
    if (!this.#link.isKnown) {
      this.#link.find();
      return 0;
    }
    if (this.#state.kind !== 'unjoined' && this.#state.kind !== 'stable') return 0;
    const now = this.#env.clock.monotonicMs();
    if (now < this.#retryAtMs) return this.#retryAtMs - now;
    this.#rejoin = false;
    if (this.#isPrepared) this.#join();
    else this.#prepare();
    return 0;
  }

  #prepare(): void {
    this.#state = { kind: 'preparing' };
    const turn = this.#beginTurn();
    const preparation = { isLost: () => this.#lost, isAbandoned: () => this.#turn !== turn };
    this.#hooks.prepare(preparation, () => {
      if (!this.#endTurn(turn)) return;
      this.#lost = false;
      if (this.#state.kind === 'preparing') {
        this.#isPrepared = true;
        this.#join();
      } else this.#hooks.changed();
    });
  }

  #complete(assignment: Uint8Array): void {
    this.#state = { kind: 'completing' };
    this.#isPrepared = false;
    const turn = this.#beginTurn();
    this.#hooks.assigned(assignment, this.#generation, { isAbandoned: () => this.#turn !== turn }, () => {
      if (!this.#endTurn(turn)) return;
      if (this.#state.kind === 'completing') this.#state = { kind: 'stable' };
      this.#hooks.changed();
    });
  }

  abandonTurn(): void {
    this.#turn = null;
  }

  #beginTurn(): object {
    const turn = {};
    this.#turn = turn;
    return turn;
  }

  /** False: it was abandoned. */
  #endTurn(turn: object): boolean {
    if (this.#closed || this.#turn !== turn) return false;
    this.#turn = null;
    return true;
  }

  fenced(sent: Generation, error: number): boolean {
    if (sent !== this.#generation) return false;
    if (error === ErrorCode.FENCED_INSTANCE_ID)
      this.#error = new KafkaError(error, 'another member has this group.instance.id', { definite: true });
    this.#reset(error);
    return true;
  }

  /** A static member stays. */
  leave(reason: string, done: () => void): void {
    const { memberId } = this.#generation;
    this.abandonTurn();
    const mustTell = memberId !== '' && this.#options.instanceId === null && this.#link.isKnown;
    this.#reset(ErrorCode.NONE);
    if (!mustTell) {
      this.#env.timers.after(0, done);
      return;
    }
    const request = { groupId: this.#options.groupId, memberId, members: [{ memberId, groupInstanceId: null, reason }] };
    this.#link.send('LeaveGroup', request, {}, () => done());
  }

  close(): void {
    this.#closed = true;
    this.#heartbeatTimer?.cancel();
  }

  #join(): void {
    this.#state = { kind: 'joining' };
    const sent = this.#generation;
    const request = {
      groupId: this.#options.groupId,
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs,
      memberId: sent.memberId,
      groupInstanceId: this.#options.instanceId,
      protocolType: 'consumer',
      protocols: this.#hooks.protocols(),
      reason: '',
    };
    // The coordinator answers when all members joined, at the latest after the rebalance time-out.
    this.#link.send('JoinGroup', request, { timeoutMs: this.#options.rebalanceTimeoutMs + 5_000 }, (response) => {
      const stillWaiting = this.#state.kind === 'joining' && sent === this.#generation;
      if (!stillWaiting) return;
      if (response === null) this.#retry(ErrorCode.NETWORK_EXCEPTION);
      else this.#joined(response);
      this.#hooks.changed();
    });
  }

  #joined(response: JoinGroupResponse): void {
    const error = response.errorCode;
    if (error === ErrorCode.NONE) {
      this.#generation = { generationId: response.generationId, memberId: response.memberId, protocol: response.protocolName };
      this.#state = { kind: 'syncing' };
      this.#startHeartbeats();
      this.#sync(response);
    } else if (error === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#generation = { ...NO_GENERATION, memberId: response.memberId };
      this.#join();
    } else if (error === ErrorCode.UNKNOWN_MEMBER_ID || error === ErrorCode.ILLEGAL_GENERATION) this.#reset(error);
    else this.#retry(error);
  }

  #sync(joined: JoinGroupResponse): void {
    const sent = this.#generation;
    const isLeader = joined.leader === joined.memberId;
    if (isLeader && joined.skipAssignment) this.#hooks.assignmentKept(joined);
    const assignments = isLeader && !joined.skipAssignment ? this.#hooks.assign(joined) : [];
    if (assignments === null) {
      this.#session.env.timers.after(this.#session.backoff.delayMs(1), () => {
        if (!this.#closed && this.#state.kind === 'syncing' && sent === this.#generation) this.#sync(joined);
      });
      return;
    }
    const request = {
      groupId: this.#options.groupId,
      generationId: sent.generationId,
      memberId: sent.memberId,
      groupInstanceId: this.#options.instanceId,
      protocolType: 'consumer',
      protocolName: sent.protocol,
      assignments,
    };
    this.#link.send('SyncGroup', request, { timeoutMs: this.#options.rebalanceTimeoutMs + 5_000 }, (response) => {
      const stillWaiting = this.#state.kind === 'syncing' && sent === this.#generation;
      if (!stillWaiting) return;
      const error = response?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
      if (response !== null && error === ErrorCode.NONE) {
        this.#state = { kind: 'synced', assignment: response.assignment };
        this.#failures = 0;
      } else if (error === ErrorCode.UNKNOWN_MEMBER_ID || error === ErrorCode.ILLEGAL_GENERATION) this.#reset(error);
      else this.#retry(error);
      this.#hooks.changed();
    });
  }

  /** Joins again after the back-off, or gives the error to the application if that cannot help. */
  #retry(error: number): void {
    this.#state = { kind: 'unjoined' };
    this.#rejoin = true;
    if (isCoordinatorMoved(error) || error === ErrorCode.REQUEST_TIMED_OUT) this.#link.lost();
    if (error === ErrorCode.REBALANCE_IN_PROGRESS) return;
    if (error === ErrorCode.FENCED_INSTANCE_ID) this.#reset(error);
    if (!isRetriable(error))
      this.#error = new KafkaError(error, `cannot join group ${this.#options.groupId}: ${errorName(error)}`);
    this.#retryAtMs = this.#env.clock.monotonicMs() + this.#session.backoff.delayMs(++this.#failures);
  }

  /** Back to no membership. With ILLEGAL_GENERATION the member id is still good. */
  #reset(error: number): void {
    const memberId = error === ErrorCode.ILLEGAL_GENERATION ? this.#generation.memberId : '';
    if (error !== ErrorCode.NONE) this.#lost = true;
    this.#generation = { ...NO_GENERATION, memberId };
    this.#state = { kind: 'unjoined' };
    this.#isPrepared = false;
    this.#rejoin = true;
    this.#heartbeatTimer?.cancel();
    this.#heartbeatTimer = null;
  }

  #startHeartbeats(): void {
    this.#heartbeatTimer?.cancel();
    this.#lastHeartbeatMs = this.#env.clock.monotonicMs();
    this.#scheduleHeartbeat();
  }

  #scheduleHeartbeat(): void {
    const { heartbeatIntervalMs } = this.#options;
    const isEarly = this.#env.random.sometimes('client/consumer/early-heartbeat');
    const delayMs = isEarly ? Math.ceil(heartbeatIntervalMs / 10) : heartbeatIntervalMs;
    this.#heartbeatTimer = this.#env.timers.after(delayMs, () => this.#beat());
  }

  #beat(): void {
    if (this.#closed) return;
    this.#scheduleHeartbeat();
    // Rare enough that a session seldom ends by it.
    if (this.#env.random.sometimes('client/consumer/skipped-heartbeat', 16)) return;
    if (this.#env.random.sometimes('client/consumer/coordinator-looked-up', 16)) this.#link.lost();
    const now = this.#env.clock.monotonicMs();
    if (now > this.#pollDeadlineMs && (this.#state.kind === 'stable' || this.#state.kind === 'synced')) {
      this.#env.tracer.emit({ type: 'mark', name: 'consumer left its group: max.poll.interval.ms exceeded' });
      this.leave('max.poll.interval.ms exceeded', () => undefined);
      this.#lost = true;
      return;
    }
    if (now - this.#lastHeartbeatMs > this.#options.sessionTimeoutMs) {
      this.#link.lost();
      this.#lastHeartbeatMs = now;
    }
    if (!this.#link.isKnown) {
      this.#link.find();
      return;
    }
    // A parked JoinGroup holds the connection: a heartbeat behind it would only time out and take it along.
    if (this.#heartbeatOut || this.#state.kind === 'joining') return;
    this.#heartbeatOut = true;
    const sent = this.#generation;
    const { generationId, memberId } = sent;
    const request = { groupId: this.#options.groupId, generationId, memberId, groupInstanceId: this.#options.instanceId };
    this.#link.send('Heartbeat', request, {}, (response) => {
      this.#heartbeatOut = false;
      if (response !== null) this.#heartbeatAnswered(sent, response.errorCode);
      this.#hooks.changed();
    });
  }

  #heartbeatAnswered(sent: Generation, error: number): void {
    const sameGeneration = sent === this.#generation;
    if (isCoordinatorMoved(error)) this.#link.lost();
    else if (!sameGeneration)
      this.#env.tracer.emit({ type: 'mark', name: 'consumer ignored a heartbeat answer of an older generation' });
    else if (error === ErrorCode.NONE) this.#lastHeartbeatMs = this.#env.clock.monotonicMs();
    else if (error === ErrorCode.REBALANCE_IN_PROGRESS) {
      this.#lastHeartbeatMs = this.#env.clock.monotonicMs();
      if (this.#state.kind === 'stable' || this.#state.kind === 'synced') this.#rejoin = true;
    } else if (
      error === ErrorCode.ILLEGAL_GENERATION ||
      error === ErrorCode.UNKNOWN_MEMBER_ID ||
      error === ErrorCode.FENCED_INSTANCE_ID
    )
      this.fenced(sent, error);
    else if (!isRetriable(error))
      this.#error = new KafkaError(error, `heartbeat of group ${this.#options.groupId} failed: ${errorName(error)}`);
  }
}
