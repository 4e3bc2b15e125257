/**
 * Membership in a group by the consumer protocol (KIP-848). The member tells with heartbeats what it wants and what it has, and is told
 * in their answers what it is to have; partitions that do not move are read on all the while. It gives up and takes partitions only while
 * the application polls, and says so at once.
 */
import type { RandomStream } from '../../../ports/random.ts';
import type { Timer } from '../../../ports/time.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { randomUuid } from '../../protocol/uuid.ts';
import { KafkaError } from '../errors.ts';
import type { Session } from '../session.ts';
import { type CoordinatorLink, isCoordinatorMoved } from './coordinator-link.ts';
import { type Generation, type Membership, NO_GENERATION } from './membership.ts';

/** A partition by its topic's id: another topic of the same name is another partition. */
export interface IdPartition {
  readonly topicId: string;
  readonly partition: number;
}

export interface Subscribed {
  readonly topics: readonly string[];
  /** In RE2's syntax, for the coordinator to look up; '': none. */
  readonly regex: string;
}

/** What the consumer does at the turns of a rebalance. No turn begins before the one under way is `done`. */
export interface ReconciliationHooks {
  wanted(): Subscribed;
  /** Those of topics whose names are known; for the others metadata are asked for. */
  resolvable(partitions: readonly IdPartition[]): readonly IdPartition[];
  /** Commits, tells the application, and holds these partitions no more. */
  revoke(partitions: readonly IdPartition[], isAbandoned: () => boolean, done: () => void): void;
  /** The membership is over: tells the application, and holds nothing any more. */
  lose(isAbandoned: () => boolean, done: () => void): void;
  /** It holds these partitions, of which some are new. */
  hold(all: readonly IdPartition[], added: readonly IdPartition[], generation: Generation, done: () => void): void;
  changed(): void;
}

export interface ConsumerProtocolOptions {
  readonly groupId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly assignor: string | null;
  readonly rebalanceTimeoutMs: number;
}

type Heartbeat = RequestTypes['ConsumerGroupHeartbeat'];
type Answer = ResponseTypes['ConsumerGroupHeartbeat'];

/** Member epochs with a meaning of their own. */
const JOIN = 0;
const LEAVE = -1;
const STATIC_LEAVE = -2;
/** As the Java client 4.3.1 has it, a client of this protocol gives up where the coordinator does not speak it (ConsumerHeartbeatRequestManager). */
const UNSUPPORTED =
  'the coordinator does not speak the consumer protocol as this client does; group.protocol=classic is what it knows';
/** Before the coordinator has said how often. */
const FIRST_INTERVAL_MS = 5_000;
/** Heartbeats with expressions and ids of the member's own making, which our consumer relies on. */
const VERSIONS = { minVersion: 1 };

type State =
  /** No member: it joins with the next poll. */
  | 'out'
  | 'in'
  /** It was put out, and the application has not been told yet that it lost its partitions. */
  | 'lost'
  /** The coordinator will not have it, whatever it does. */
  | 'refused';

export class ConsumerProtocolMembership implements Membership {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #link: CoordinatorLink;
  readonly #options: ConsumerProtocolOptions;
  readonly #hooks: ReconciliationHooks;
  readonly #memberId: string;
  #state: State = 'out';
  #generation: Generation = NO_GENERATION;
  /** The generations of one stay in the group. */
  #stay: WeakSet<Generation> = new WeakSet();
  #epoch = JOIN;
  #held: readonly IdPartition[] = [];
  /** What it is to have; null: nothing new. */
  #target: readonly IdPartition[] | null = null;
  #turn: object | null = null;
  /** It has not been given anything yet in this stay. */
  #isNew = false;
  /** What the coordinator knows of it, as text; null: nothing for certain. */
  #told: { readonly subscription: string; readonly held: string } | null = null;
  #timer: Timer | null = null;
  #isOut = false;
  #failures = 0;
  #intervalMs = FIRST_INTERVAL_MS;
  #pollDeadlineMs = Number.POSITIVE_INFINITY;
  #error: KafkaError | null = null;
  #closed = false;

  constructor(session: Session, link: CoordinatorLink, options: ConsumerProtocolOptions, hooks: ReconciliationHooks) {
    this.#env = session.env;
    this.#session = session;
    this.#link = link;
    this.#options = options;
    this.#hooks = hooks;
    const ids: RandomStream = session.env.random.stream('client/member-ids');
    this.#memberId = randomUuid(ids);
  }

  get generation(): Generation {
    return this.#generation;
  }

  get isStable(): boolean {
    return this.#state === 'in' && this.#turn === null && this.#target === null;
  }

  /** Offsets may be committed at any time. */
  readonly isRebalancing = false;

  /** An older epoch of the same stay will do: the coordinator takes it for what this member has had since. */
  covers(sender: Generation): boolean {
    return this.#stay.has(sender);
  }

  takeError(): KafkaError | null {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  /** The subscription may be another: the coordinator is told at once. */
  requestRejoin(): void {
    if (this.#state === 'refused') this.#state = 'out';
    if (this.#state === 'in') this.#beatSoon();
  }

  polled(): void {
    this.#pollDeadlineMs = this.#env.clock.monotonicMs() + this.#options.rebalanceTimeoutMs;
  }

  advance(): number {
    if (this.#closed || this.#turn !== null) return 0;
    if (this.#state === 'lost') this.#lose();
    else if (this.#state === 'out') this.#enter();
    else if (this.#state === 'in') this.#reconcile();
    return 0;
  }

  abandonTurn(): void {
    this.#turn = null;
  }

  /** By an answer to a commit: the next heartbeat shows what it means. */
  fenced(sent: Generation, _error: number): boolean {
    if (sent === this.#generation && this.#state === 'in') this.#beatSoon();
    return false;
  }

  leave(_reason: string, done: () => void): void {
    const isMember = this.#state === 'in' && this.#generation !== NO_GENERATION;
    this.abandonTurn();
    this.#end('out');
    this.#held = [];
    if (!isMember || !this.#link.isKnown) {
      this.#env.timers.after(0, done);
      return;
    }
    const { instanceId } = this.#options;
    const request = this.#heartbeat(instanceId === null ? LEAVE : STATIC_LEAVE);
    this.#link.send('ConsumerGroupHeartbeat', request, VERSIONS, () => done());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  // --- turns ---

  #begin(): { readonly isAbandoned: () => boolean; readonly end: () => boolean } {
    const turn = {};
    this.#turn = turn;
    const isAbandoned = (): boolean => this.#closed || this.#turn !== turn;
    const end = (): boolean => {
      if (isAbandoned()) return false;
      this.#turn = null;
      return true;
    };
    return { isAbandoned, end };
  }

  #enter(): void {
    this.#state = 'in';
    this.#epoch = JOIN;
    this.#told = null;
    this.#stay = new WeakSet();
    this.#isNew = true;
    this.#beatSoon();
  }

  #lose(): void {
    const { isAbandoned, end } = this.#begin();
    this.#hooks.lose(isAbandoned, () => {
      if (!end()) return;
      this.#held = [];
      if (this.#state === 'lost') this.#enter();
      this.#hooks.changed();
    });
  }

  /** First what is to be given up is, and the coordinator hears of it; then comes what is new. */
  #reconcile(): void {
    if (this.#target === null) return;
    const target = this.#hooks.resolvable(this.#target);
    const isWhole = target.length === this.#target.length;
    const revoked = this.#held.filter((partition) => !has(target, partition) && !has(this.#target ?? [], partition));
    const added = target.filter((partition) => !has(this.#held, partition));
    if (revoked.length > 0) {
      const { isAbandoned, end } = this.#begin();
      this.#hooks.revoke(revoked, isAbandoned, () => {
        if (!end()) return;
        this.#held = this.#held.filter((partition) => !has(revoked, partition));
        if (this.#state === 'in') this.#beatSoon();
        this.#hooks.changed();
      });
      return;
    }
    if (isWhole) this.#target = null;
    // The first one it hears of also when it is none.
    if (added.length === 0 && !this.#isNew) return;
    this.#isNew = false;
    this.#held = [...this.#held, ...added];
    const { end } = this.#begin();
    this.#hooks.hold(this.#held, added, this.#generation, () => {
      if (!end()) return;
      if (this.#state === 'in') this.#beatSoon();
      this.#hooks.changed();
    });
  }

  // --- heartbeats ---

  #beatSoon(): void {
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#env.timers.after(delayMs, () => this.#beat());
  }

  #beat(): void {
    this.#timer = null;
    if (this.#closed || this.#state !== 'in') return;
    this.#schedule(this.#intervalMs);
    if (this.#env.clock.monotonicMs() > this.#pollDeadlineMs && this.#generation !== NO_GENERATION) {
      this.#env.tracer.emit({ type: 'mark', name: 'consumer left its group: max.poll.interval.ms exceeded' });
      const held = this.#held;
      this.leave('max.poll.interval.ms exceeded', () => undefined);
      this.#held = held;
      this.#state = 'lost';
      return;
    }
    if (!this.#link.isKnown) {
      this.#link.find();
      this.#schedule(this.#session.backoff.delayMs(1));
      return;
    }
    // What it would say is said with the next one.
    if (this.#isOut) return;
    this.#send();
  }

  #send(): void {
    const { topics, regex } = this.#hooks.wanted();
    const subscription = JSON.stringify([topics, regex]);
    const held = textOf(this.#held);
    const isFirst = this.#told === null;
    const { instanceId, rackId, assignor, rebalanceTimeoutMs } = this.#options;
    const first = isFirst ? { rackId, serverAssignor: assignor, rebalanceTimeoutMs } : {};
    const wanted =
      this.#told?.subscription === subscription ? {} : { subscribedTopicNames: [...topics], subscribedTopicRegex: regex };
    const has = this.#told?.held === held ? {} : { topicPartitions: byTopic(this.#held) };
    const request = { ...this.#heartbeat(this.#epoch), instanceId, ...first, ...wanted, ...has };
    const generation = this.#generation;
    this.#isOut = true;
    this.#link.send('ConsumerGroupHeartbeat', request, VERSIONS, (response, _sent, isUnsupported) => {
      this.#isOut = false;
      if (this.#closed) return;
      if (generation !== this.#generation || this.#state !== 'in') {
        if (this.#state === 'in') this.#beatSoon();
        return;
      }
      if (isUnsupported) this.#fail(ErrorCode.UNSUPPORTED_VERSION, UNSUPPORTED);
      else if (response === null) this.#failed();
      else if (response.errorCode === ErrorCode.NONE) {
        this.#told = { subscription, held };
        this.#answered(response);
        if (held !== textOf(this.#held)) this.#beatSoon();
      } else this.#refused(response);
      this.#hooks.changed();
    });
  }

  #heartbeat(memberEpoch: number): Draft<Heartbeat> {
    const { groupId, instanceId } = this.#options;
    return { groupId, memberId: this.#memberId, memberEpoch, instanceId };
  }

  #answered({ memberEpoch, heartbeatIntervalMs, assignment }: Answer): void {
    this.#failures = 0;
    if (heartbeatIntervalMs > 0 && heartbeatIntervalMs !== this.#intervalMs) {
      this.#intervalMs = heartbeatIntervalMs;
      this.#schedule(heartbeatIntervalMs);
    }
    this.#epoch = memberEpoch;
    if (this.#generation.generationId !== memberEpoch) {
      this.#generation = { generationId: memberEpoch, memberId: this.#memberId, protocol: null };
      this.#stay.add(this.#generation);
    }
    if (assignment === null) return;
    this.#target = assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => ({ topicId, partition })),
    );
  }

  /** The coordinator may have heard it or not: the next one says everything. */
  #failed(): void {
    this.#told = null;
    this.#schedule(this.#session.backoff.delayMs(++this.#failures));
  }

  #refused({ errorCode, errorMessage }: Answer): void {
    switch (errorCode) {
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.#end('lost');
        return;
      case ErrorCode.TOPIC_AUTHORIZATION_FAILED:
        this.#error = this.#errorOf(errorCode, errorMessage);
        this.#failed();
        return;
      default:
        if (isCoordinatorMoved(errorCode)) this.#link.lost();
        if (isRetriable(errorCode)) {
          this.#failed();
          return;
        }
        this.#fail(errorCode, errorMessage);
    }
  }

  /** Nothing can be done about it here: the application is told, and the membership is over. */
  #fail(errorCode: number, message: string | null): void {
    this.#error = this.#errorOf(errorCode, message);
    this.#end(this.#held.length > 0 ? 'lost' : 'refused');
  }

  #errorOf(errorCode: number, message: string | null): KafkaError {
    return new KafkaError(errorCode, `heartbeat of group ${this.#options.groupId}: ${message ?? errorName(errorCode)}`);
  }

  #end(state: State): void {
    this.#state = state;
    this.#generation = NO_GENERATION;
    this.#stay = new WeakSet();
    this.#target = null;
    this.#epoch = JOIN;
    this.#told = null;
    this.#timer?.cancel();
    this.#timer = null;
  }
}

function has(partitions: readonly IdPartition[], { topicId, partition }: IdPartition): boolean {
  return partitions.some((other) => other.topicId === topicId && other.partition === partition);
}

function textOf(partitions: readonly IdPartition[]): string {
  return partitions
    .map(({ topicId, partition }) => `${topicId}-${partition}`)
    .sort()
    .join(' ');
}

function byTopic(partitions: readonly IdPartition[]): { topicId: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topicId, partition } of partitions) topics.set(topicId, [...(topics.get(topicId) ?? []), partition]);
  return [...topics].map(([topicId, of]) => ({ topicId, partitions: of }));
}
