/**
 * Q1: until a fault takes effect nothing fails, is answered by an error, or times out. Seven kinds of failure are no faults: a commit that
 * a rebalance overtook (members of a group come and go), a transaction that its application aborts, or that was overtaken by a rebalance, by its
 * own time-out or by another producer of its id, a record of a transaction that its coordinator was never told of, a record larger than the topic allows, an operator who asks for
 * what can't be, whatever concerns a topic that an application makes and deletes meanwhile, and an asynchronous commit that the plan's
 * time limits leave too little time for: it is made once and never again (KafkaConsumer.commitAsync).
 */
import { BROKER_CONFIG } from '../../core/config/broker.ts';
import { CONSUMER_CONFIG } from '../../core/config/clients.ts';
import { numberGiven } from '../../core/config/given.ts';
import { LONGEST_TAIL } from '../../world/chance.ts';
import type { HistoryEvent, Invocation } from '../../sim/history.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';

/** What a commit is answered with when the group rebalances, or when the member had left it. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'COMMIT_FAILED',
  'CLIENT_CLOSED',
]);

/** The same of a transaction; and what becomes of records that it had not sent when it is aborted. */
const ENDED_TRANSACTION: ReadonlySet<string> = new Set([...OVERTAKEN, 'TRANSACTION_ABORTED', 'FENCED_INSTANCE_ID']);

/** How a producer hears that its transactional id has gone on without it. */
const FENCED_PRODUCER: ReadonlySet<string> = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  // With transaction.version 2, of a commit after the coordinator has aborted the transaction for its time.
  'INVALID_TXN_STATE',
  // Of a record that comes after that: its coordinator does not know the partition any more.
  'TRANSACTION_ABORTABLE',
]);

/** What a broker answers of a transaction that its coordinator knows nothing of: it has verified that. */
const UNKNOWN_TRANSACTION: ReadonlySet<string> = new Set(['TRANSACTION_ABORTABLE', 'INVALID_TXN_STATE']);

/** A record that the topic's configuration does not allow is refused, faults or not. */
const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** What a commit that is not replicated in time ends with: when the broker's limit is over, and the client's. */
const BROKER_GAVE_UP = 'COORDINATOR_NOT_AVAILABLE';
const CLIENT_GAVE_UP = 'NETWORK_EXCEPTION';

export const calm = {
  properties: [{ id: 'Q1', title: 'without faults no client operation fails, is answered by an error, or times out' }],
  create: (context): Checker => {
    new CalmChecker(context);
    return {};
  },
} as const satisfies PropertyDefinition;

/** Where a trip can take longer, the network itself is as bad as a fault: time-outs are to be expected. */
const CALM_TRIP_MS = 1_000;

function longestTripMs({ plan }: CheckContext): number {
  return Math.floor((plan.world.latencyUs + LONGEST_TAIL * plan.world.jitterUs) / 1_000);
}

/**
 * What a commit may take in this plan's world: the request and its answer, a fetch that still waits for something else, and the fetch that
 * tells of what it brought; with `log.flush.interval.messages` also the leader's sync and the followers'.
 */
function longestCommitMs(context: CheckContext): number {
  const { cluster, world } = context.plan;
  const fetchWaitMs = numberGiven(BROKER_CONFIG, cluster.properties, 'replica.fetch.wait.max.ms');
  const isSynced = cluster.properties['log.flush.interval.messages'] !== undefined;
  const syncMs = isSynced ? (world.syncUs + (LONGEST_TAIL * world.syncUs) / 2) / 1_000 : 0;
  return Math.floor(4 * longestTripMs(context) + fetchWaitMs + 2 * syncMs);
}

class CalmChecker {
  readonly #context: CheckContext;
  #hasVisitors = false;
  #isCalm = true;
  /** The session that began last with each transactional id. */
  readonly #beganWith = new Map<string, number>();
  /** Transactional ids that two producers had, or whose transaction was aborted for its time, or that expired. */
  readonly #overtakenIds = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    if (longestTripMs(context) >= CALM_TRIP_MS)
      context.excuse('Q1', `in this plan's world a single trip over the network may take ${longestTripMs(context)} ms`);
    else if (context.plan.world.buggify) context.excuse('Q1', 'rare legal paths are taken on purpose, failures among them');
    else {
      context.onHistory((event) => this.#onEvent(event));
      context.on('transaction-timed-out', ({ transactionalId }) => void this.#overtakenIds.add(transactionalId));
      context.on('transaction-transition', ({ transactionalId, reason }) => {
        if (reason === 'expired') this.#overtakenIds.add(transactionalId);
      });
      context.onFault(({ kind, change }) => {
        if (change === 'begins') this.#disturbed(`the fault ${kind} took effect`);
      });
      // Also by a fault that is about to tell of itself, and by the heal phase.
      context.onWorld((change) => {
        if (change.type === 'crashed' && change.reason === 'killed') this.#disturbed('a process was killed');
      });
    }
  }

  #disturbed(reason: string): void {
    this.#isCalm = false;
    this.#context.excuse('Q1', reason);
  }

  /** Is it about a topic that is not the plan's: one that comes and goes? */
  #concernsVisitor({ call, error }: Extract<HistoryEvent, { readonly type: 'fail' | 'info' }>): boolean {
    const isVisitor = (topic: string): boolean => !this.#context.plan.topics.some(({ name }) => name === topic);
    if (call.f === 'send' || call.f === 'list-offsets') return isVisitor(call.topic);
    // One commit is for all that the consumer reads.
    const isOfUnknown = error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_TOPIC_ID';
    return call.f === 'commit' && this.#hasVisitors && isOfUnknown;
  }

  /** Did the plan leave an asynchronous commit less time than it may take? Then it is listed. */
  #isLate({ call, error, session }: Extract<HistoryEvent, { readonly type: 'fail' | 'info' }>): boolean {
    if (call.f !== 'commit' || call.mode !== 'async') return false;
    if (error !== BROKER_GAVE_UP && error !== CLIENT_GAVE_UP) return false;
    const limitMs =
      error === BROKER_GAVE_UP
        ? numberGiven(BROKER_CONFIG, this.#context.plan.cluster.properties, 'offsets.commit.timeout.ms')
        : numberGiven(CONSUMER_CONFIG, session.properties, 'request.timeout.ms');
    const longestMs = longestCommitMs(this.#context);
    if (limitMs > longestMs) return false;
    this.#context.excuse('Q1', `an asynchronous commit had ${limitMs} ms and may take ${longestMs} ms in this plan's world`);
    return true;
  }

  #began(transactionalId: string, session: number): void {
    const before = this.#beganWith.get(transactionalId);
    if (before !== undefined && before !== session) this.#overtakenIds.add(transactionalId);
    this.#beganWith.set(transactionalId, session);
  }

  #isFenced({ error, session }: Extract<HistoryEvent, { readonly type: 'fail' | 'info' }>): boolean {
    return FENCED_PRODUCER.has(error) && this.#overtakenIds.has(String(session.properties['transactional.id']));
  }

  /** Did it write in a transaction without ever having asked the coordinator for its producer? */
  #isStray({ call, error, session }: Extract<HistoryEvent, { readonly type: 'fail' | 'info' }>): boolean {
    const isKnown = this.#beganWith.has(String(session.properties['transactional.id']));
    return call.f === 'send' && UNKNOWN_TRANSACTION.has(error) && !isKnown;
  }

  #onEvent(event: HistoryEvent): void {
    if (!this.#isCalm) return;
    if (event.type === 'invoke' && event.call.f === 'admin' && event.call.operation === 'deleteTopics') this.#hasVisitors = true;
    if (event.type === 'invoke' && event.call.f === 'init-transactions')
      this.#began(event.call.transactionalId, event.session.id);
    if (event.type === 'ok') this.#context.evaluated('Q1');
    if (event.type !== 'fail' && event.type !== 'info') return;
    // What a broker refuses one request of a client, the client may ask again by itself.
    if (event.session.isOfFrames === true) return;
    const { call, error, session } = event;
    const acksNone = call.f === 'send' && String(session.properties['acks']) === '0';
    const overtaken = call.f === 'commit' && OVERTAKEN.has(error);
    const isInTransaction = call.f === 'send' ? call.transaction !== undefined : isTransactional(call);
    const overtakenTransaction =
      isInTransaction && (ENDED_TRANSACTION.has(error) || this.#isFenced(event) || this.#isStray(event));
    const refused = call.f === 'admin' && error !== 'REQUEST_TIMED_OUT';
    const tooLarge = call.f === 'send' && TOO_LARGE.has(error);
    if (acksNone || overtaken || overtakenTransaction || refused || tooLarge) return;
    if (this.#concernsVisitor(event) || this.#isLate(event)) return;
    this.#context.violated('Q1', `nothing was wrong, but ${call.f} of ${session.client} ended with ${error}`, {
      client: session.client,
    });
  }
}

function isTransactional({ f }: Invocation): boolean {
  return f === 'init-transactions' || f === 'transaction' || f === 'send-offsets' || f === 'end-transaction';
}
