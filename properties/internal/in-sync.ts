/** ISR changes and what a leader believes of its followers; fetches: R15, R16, R17, R18, R19, R24, R25. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { logOf, type ReplicaGhost } from './replica-ghost.ts';

/** What a leader knows in one epoch, and the change that it waits for. */
interface Lead {
  readonly leaderEpoch: number;
  readonly incarnation: number;
  /** Log end when the epoch began. */
  readonly epochStart: number;
  /** Where each follower was last seen in this epoch. */
  readonly progress: Map<number, number>;
  /** Followers whose fetches named their broker epoch (KIP-903). */
  readonly named: Set<number>;
  pending: TraceEventOf<'isr-change-proposed'> | null;
  /** A request with the pending change may still arrive. */
  mayArrive: boolean;
  /** The change that was given up last, until another is proposed. */
  givenUp: TraceEventOf<'isr-change-proposed'> | null;
}

/**
 * Errors that say that a request was not applied. They say nothing of a request that was sent before and never answered, whatever
 * Kafka's Partition.handleAlterPartitionError thinks: when it arrives the member may be eligible again.
 */
const NOT_APPLIED: readonly number[] = [ErrorCode.OPERATION_NOT_ATTEMPTED, ErrorCode.INELIGIBLE_REPLICA];

/** How a fetch is refused that names another leader epoch, or comes to another than the leader. */
const OF_ANOTHER_EPOCH: ReadonlySet<number> = new Set([
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
]);

class InSync {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  readonly #leads = new Map<ReplicaGhost, Lead>();
  /** How much of its log a replica has found there, and not appended since. */
  readonly #found = new WeakMap<ReplicaGhost, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#metadata = committedOf(context);
    context.on('became-leader', (event, at) => {
      const replica = this.#ghost.replica(at.nodeId, event.partition);
      if (replica === undefined) return;
      const { leaderEpoch } = event;
      const { incarnation } = at;
      const none = { pending: null, mayArrive: false, givenUp: null };
      this.#leads.set(replica, {
        leaderEpoch,
        incarnation,
        epochStart: event.logEndOffset,
        progress: new Map(),
        named: new Set(),
        ...none,
      });
    });
    context.on('log-loaded', ({ partition, logEndOffset }, { nodeId }) => this.#setFound(nodeId, partition, logEndOffset));
    context.on('log-truncated', ({ partition, to }, { nodeId }) => this.#setFound(nodeId, partition, to, true));
    context.on('follower-progressed', (event, at) => this.#onProgress(event, at));
    context.on('isr-change-proposed', (event, at) => this.#onProposed(event, at));
    context.on('isr-change-unanswered', (event, at) => {
      const lead = this.#lead(event.partition, at)?.lead;
      if (lead?.pending?.partitionEpoch === event.partitionEpoch) lead.mayArrive = true;
    });
    context.on('alter-partition-answered', (event) => this.#onAnswered(event));
    context.on('isr-change-resolved', (event, at) => this.#onResolved(event, at));
    context.on('high-watermark-advanced', (event, at) => {
      if (event.role === 'leader') this.#onHighWatermark(event, at);
    });
    context.on('fetch-served', (event, at) => this.#onServed(event, at));
    context.on('consumer-redirected', (event, at) => this.#onRedirected(event, at));
    context.on('high-watermark-advanced', (event, at) => this.#onCounted(event, at));
    context.on('fetch-applied', (event, at) => this.#onFetchApplied(event, at));
    context.on('fetch-rejected', ({ error, replica }) => {
      if (!OF_ANOTHER_EPOCH.has(error)) return;
      context.evaluated('R19');
      if (replica >= 0) context.evaluated('R17');
    });
  }

  #lead(partition: string, at: Occurrence): { replica: ReplicaGhost; lead: Lead } | null {
    const replica = this.#ghost.replica(at.nodeId, partition);
    const lead = replica === undefined ? undefined : this.#leads.get(replica);
    if (replica === undefined || lead === undefined || lead.incarnation !== at.incarnation) return null;
    return { replica, lead };
  }

  #onProgress(event: TraceEventOf<'follower-progressed'>, at: Occurrence): void {
    const found = this.#lead(event.partition, at);
    if (found === null) return;
    const { replica, lead } = found;
    lead.progress.set(event.replica, event.endOffset);
    if (event.brokerEpoch >= 0) lead.named.add(event.replica);
    const registered = this.#metadata.brokerView(at.nodeId)?.brokers.get(event.replica);
    const isStale = event.brokerEpoch >= 0 && registered !== undefined && event.brokerEpoch < registered.brokerEpoch;
    // What the fetch claims, not what the leader thinks it is in (-1: it claims nothing, as requests before KIP-320).
    const claimed = event.requestEpoch >= 0 ? event.requestEpoch : event.leaderEpoch;
    const isOtherEpoch = replica.role !== 'leader' || claimed !== replica.leaderEpoch;
    if (isStale || isOtherEpoch) {
      const why = isStale
        ? `broker epoch ${event.brokerEpoch}, registered is ${registered.brokerEpoch}`
        : `leader epoch ${claimed}, it is ${replica.role} in ${replica.leaderEpoch}`;
      this.#context.violated(
        'R17',
        `${at.node} took ${event.endOffset} as the log end of replica ${event.replica} of ${event.partition} from a fetch of ${why}`,
        { ...logOf(replica), leaderEpoch: event.leaderEpoch, otherNodeId: event.replica, offset: event.endOffset },
      );
      return;
    }
    // Only while the follower still is in that epoch: afterwards it may have truncated.
    const follower = replica.partition.replicas.get(event.replica);
    if (follower?.role !== 'follower' || follower.leaderEpoch !== event.leaderEpoch) return;
    this.#checkSynced(follower, event.endOffset, `${at.node} counts it for`, event.leaderEpoch);
    if (follower.log.end >= event.endOffset || this.#ghost.isDirty(replica.partition, event.replica)) return;
    const message = `${at.node} believes that the log of replica ${event.replica} of ${event.partition} reaches ${event.endOffset}, it ends at ${follower.log.end}`;
    this.#ghost.violatedWithinBudget('R17', replica.partition, message, {
      nodeId: at.nodeId,
      otherNodeId: event.replica,
      leaderEpoch: event.leaderEpoch,
      offset: event.endOffset,
    });
  }

  #onProposed(event: TraceEventOf<'isr-change-proposed'>, at: Occurrence): void {
    const found = this.#lead(event.partition, at);
    if (found === null) return;
    const { replica, lead } = found;
    if (lead.pending !== null) {
      this.#context.violated('R16', `${at.node} proposed an ISR of ${event.partition} while another proposal was unresolved`, {
        ...logOf(replica),
        leaderEpoch: event.leaderEpoch,
      });
    }
    lead.pending = event;
    lead.mayArrive = false;
    lead.givenUp = null;
    if (event.kind !== 'expand') return;
    this.#context.evaluated('R15');
    const say = (joining: number, what: string): void =>
      this.#context.violated('R15', `${at.node} proposed the ISR [${event.proposed.join(', ')}] of ${event.partition}: ${what}`, {
        ...logOf(replica),
        otherNodeId: joining,
        leaderEpoch: event.leaderEpoch,
      });
    for (const [index, joining] of event.proposed.entries()) {
      if (event.isr.includes(joining)) continue;
      if (event.proposedEpochs[index] === -1 && lead.named.has(joining))
        say(joining, `the broker epoch that replica ${joining} fetches with is not named (KIP-903)`);
      const reached = lead.progress.get(joining);
      const broker = this.#metadata.brokerView(at.nodeId)?.brokers.get(joining);
      if (reached === undefined) say(joining, `replica ${joining} has not fetched in leader epoch ${event.leaderEpoch}`);
      else if (reached < replica.highWatermark)
        say(joining, `replica ${joining} is at ${reached}, the high watermark is ${replica.highWatermark}`);
      else if (reached < lead.epochStart)
        say(joining, `replica ${joining} is at ${reached}, the epoch began at ${lead.epochStart}`);
      else if (broker === undefined || broker.fenced || broker.inControlledShutdown) {
        say(
          joining,
          `broker ${joining} is ${broker === undefined ? 'not registered' : broker.fenced ? 'fenced' : 'shutting down'}`,
        );
      }
    }
  }

  #onCounted(event: TraceEventOf<'high-watermark-advanced'>, at: Occurrence): void {
    if (event.role !== 'leader') return;
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica !== undefined) this.#checkSynced(replica, event.to, 'it counts itself for', event.leaderEpoch);
  }

  #setFound(nodeId: number, partition: string, upTo: number, isCut = false): void {
    const replica = this.#ghost.replica(nodeId, partition);
    if (replica === undefined) return;
    this.#found.set(replica, isCut ? Math.min(this.#found.get(replica) ?? 0, upTo) : upTo);
  }

  /**
   * R25: with flush.messages of 1 an append ends with a sync, and before that nobody counts with it. What a start finds counts at once, though a process that
   * died between append and sync has left it, for recovery syncs nothing (LogLoader.recoverLog).
   */
  #checkSynced(replica: ReplicaGhost, upTo: number, what: string, leaderEpoch: number): void {
    const { partition } = replica;
    if (this.#context.durability.partition(partition.topicId, partition.name)?.flushesEachAppend !== true) return;
    this.#context.evaluated('R25');
    if (upTo <= Math.max(replica.flushedTo, this.#found.get(replica) ?? 0)) return;
    const message = `${replica.node} has synced ${partition.name} up to ${replica.flushedTo}, and ${what} what is below ${upTo}, with flush.messages of 1`;
    this.#context.violated('R25', message, { ...logOf(replica), leaderEpoch, offset: upTo });
  }

  #onResolved(event: TraceEventOf<'isr-change-resolved'>, at: Occurrence): void {
    const found = this.#lead(event.partition, at);
    if (found === null) return;
    const { lead } = found;
    const { pending } = lead;
    lead.pending = null;
    if (pending === null) return;
    if (event.outcome === 'rejected') lead.givenUp = pending;
    this.#context.evaluated('R16');
    const say = (what: string): void =>
      this.#context.violated(
        'R16',
        `${at.node}'s ISR proposal [${pending.proposed.join(', ')}] of ${event.partition} at partition epoch ${pending.partitionEpoch} ${what}`,
        { ...logOf(found.replica), leaderEpoch: pending.leaderEpoch },
      );
    if (event.outcome === 'rejected' && !NOT_APPLIED.includes(event.error)) {
      say(`was given up for error ${event.error}, after which it may still be applied`);
    } else if (event.outcome === 'rejected' && lead.mayArrive && !this.#isVoid(pending, at.nodeId)) {
      say(`was given up for error ${event.error}, though a request that was never answered may still arrive`);
    } else if (event.outcome === 'superseded' && event.partitionEpoch <= pending.partitionEpoch) {
      say(`was given up for metadata of partition epoch ${event.partitionEpoch}, which is not newer`);
    } else if (event.outcome === 'committed') {
      if (event.partitionEpoch < pending.partitionEpoch) say(`was taken as committed at partition epoch ${event.partitionEpoch}`);
      const recent = found.replica.partition.recent.find((state) => state.partitionEpoch === event.partitionEpoch);
      if (recent !== undefined && !sameSet(recent.isr, event.isr)) {
        say(`was taken as committed with the ISR [${event.isr.join(', ')}]; the controller committed [${recent.isr.join(', ')}]`);
      }
    }
  }

  /** Can a proposal never be applied, because a member that it names has registered anew, as far as this node knows? */
  #isVoid({ proposed, proposedEpochs }: TraceEventOf<'isr-change-proposed'>, nodeId: number): boolean {
    const brokers = this.#metadata.brokerView(nodeId)?.brokers;
    return proposed.some((member, at) => {
      const epoch = proposedEpochs[at] ?? -1;
      return epoch >= 0 && (brokers?.get(member)?.brokerEpoch ?? epoch + 1) > epoch;
    });
  }

  /** What a leader gave up is not applied afterwards. */
  #onAnswered(event: TraceEventOf<'alter-partition-answered'>): void {
    const replica = this.#ghost.replica(event.broker, event.partition);
    if (event.error !== ErrorCode.NONE || replica === undefined) return;
    const givenUp = this.#leads.get(replica)?.givenUp;
    if (givenUp === undefined || givenUp === null) return;
    const isIt =
      event.leaderEpoch === givenUp.leaderEpoch &&
      event.partitionEpoch === givenUp.partitionEpoch &&
      sameSet(event.requestedIsr, givenUp.proposed);
    if (!isIt) return;
    const message = `node ${event.broker} gave up its ISR proposal [${givenUp.proposed.join(', ')}] of ${event.partition} at partition epoch ${givenUp.partitionEpoch}, and then it was applied`;
    this.#context.violated('R16', message, { ...logOf(replica), leaderEpoch: event.leaderEpoch });
  }

  #onHighWatermark(event: TraceEventOf<'high-watermark-advanced'>, at: Occurrence): void {
    const found = this.#lead(event.partition, at);
    if (found === null || found.lead.pending === null) return;
    const { pending } = found.lead;
    this.#context.evaluated('R16');
    for (const member of [...pending.isr, ...pending.proposed]) {
      if (event.maximalIsr.includes(member)) continue;
      const message = `${at.node} advanced the high watermark of ${event.partition} to ${event.to} without replica ${member} while the change from [${pending.isr.join(', ')}] to [${pending.proposed.join(', ')}] is in flight`;
      this.#context.violated('R16', message, {
        ...logOf(found.replica),
        otherNodeId: member,
        leaderEpoch: event.leaderEpoch,
        offset: event.to,
      });
      return;
    }
  }

  /** R24: what the leader knows of the replica is what its node has applied, and what the changes of the ISR that it made itself came to. */
  #onRedirected({ partition, leaderEpoch, replica: other }: TraceEventOf<'consumer-redirected'>, at: Occurrence): void {
    const found = this.#lead(partition, at);
    if (found === null) return;
    this.#context.evaluated('R24');
    const view = this.#metadata.brokerView(at.nodeId);
    const broker = view?.brokers.get(other);
    const { topicId, recent } = found.replica.partition;
    const applied = view?.epochs.get(`${topicId}/${partition}`)?.partitionEpoch ?? -1;
    const isInSync = recent.some(({ partitionEpoch, isr }) => partitionEpoch >= applied && isr.includes(other));
    const why = broker === undefined ? 'not registered' : broker.fenced ? 'fenced' : isInSync ? null : 'not in sync';
    if (why === null) return;
    this.#context.violated('R24', `${at.node} sent a consumer of ${partition} to replica ${other}, which is ${why}`, {
      ...logOf(found.replica),
      otherNodeId: other,
      leaderEpoch,
    });
  }

  #onServed(event: TraceEventOf<'fetch-served'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    if (event.highWatermark > replica.log.end || event.lastStableOffset > event.highWatermark) {
      const message = `${at.node} served ${event.partition} with last stable offset ${event.lastStableOffset}, high watermark ${event.highWatermark}, its log ends at ${replica.log.end}`;
      this.#context.violated('R6', message, { ...logOf(replica), offset: event.highWatermark });
    }
    this.#checkClaim(event, replica, at);
    if (event.to !== 'consumer') return;
    const bound = event.readCommitted ? Math.min(event.lastStableOffset, replica.highWatermark) : replica.highWatermark;
    // There is more in the log than may be read.
    if (replica.log.end > bound) this.#context.evaluated('R18');
    if (event.endOffset > bound) {
      const message = `${at.node} served ${event.partition} to a consumer up to ${event.endOffset}, it may be read up to ${bound}`;
      this.#context.violated('R18', message, { ...logOf(replica), offset: event.endOffset });
      return;
    }
    const { partition, log } = replica;
    const end = Math.min(event.endOffset, partition.ledger.end);
    if (log.start >= end || end <= partition.removedBelow || log.prefixAt(end) === partition.ledger.batches.prefixAt(end)) return;
    const message = `${at.node} served ${event.partition} from ${event.fetchOffset} to ${event.endOffset}, which is not what is committed there`;
    this.#ghost.violatedWithinBudget('R18', partition, message, { ...logOf(replica), offset: event.fetchOffset });
  }

  /** R19: records go only to those who name the epoch that this replica is in; R21: and the topic. */
  #checkClaim(event: TraceEventOf<'fetch-served'>, replica: ReplicaGhost, at: Occurrence): void {
    if (event.requestEpoch >= 0 && event.requestEpoch !== replica.leaderEpoch) {
      const message = `${at.node} served ${event.partition} to a fetch of leader epoch ${event.requestEpoch}, it is in ${replica.leaderEpoch}`;
      this.#context.violated('R19', message, { ...logOf(replica), leaderEpoch: replica.leaderEpoch });
    }
    if (event.topicId === '' || event.topicId === replica.partition.topicId) return;
    const message = `${at.node} served ${event.partition} of topic id ${replica.partition.topicId} to a fetch of topic id ${event.topicId}`;
    this.#context.violated('R21', message, logOf(replica));
  }

  /** R19: what was asked in another epoch, of another node, or for another offset than the log's end is not applied. */
  #onFetchApplied(event: TraceEventOf<'fetch-applied'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    if (event.diverging) this.#context.evaluated('R19');
    const isFollower =
      replica.role === 'follower' && replica.leaderEpoch === event.askedEpoch && replica.leader === event.askedNode;
    if (isFollower && event.askedOffset === event.fromOffset) return;
    const asked = `what node ${event.askedNode} answered to a fetch of ${event.partition} from ${event.askedOffset} in epoch ${event.askedEpoch}`;
    const state = `it is ${replica.role} of ${replica.leader} in epoch ${replica.leaderEpoch}, its log ended at ${event.fromOffset}`;
    this.#context.violated('R19', `${at.node} applied ${asked}, but ${state}`, {
      ...logOf(replica),
      otherNodeId: event.askedNode,
      leaderEpoch: replica.leaderEpoch,
      offset: event.fromOffset,
    });
  }
}

function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value) => b.includes(value));
}

export const inSync = {
  properties: [
    { id: 'R15', title: 'a replica joins the ISR only caught up, unfenced and fetching in the current epoch' },
    {
      id: 'R16',
      title: 'while an ISR change is in flight old and new members count; it ends only by a definite answer or newer metadata',
    },
    { id: 'R17', title: "a follower's offset counts only from its current incarnation in the current leader epoch" },
    { id: 'R18', title: 'consumers are served only committed records (and stable ones, for read_committed)' },
    { id: 'R19', title: 'a follower applies an answer only in the epoch, and of the leader, that it asked' },
    { id: 'R24', title: 'a consumer is sent only to a replica that is alive and in sync, as far as the leader knows (KIP-392)' },
    { id: 'R25', title: 'with flush.messages of 1 a replica counts only with what it has synced or found when it started' },
  ],
  create: (context): Checker => {
    new InSync(context);
    return {};
  },
} as const satisfies PropertyDefinition;
