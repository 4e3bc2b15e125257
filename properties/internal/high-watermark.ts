/** What bounds a high watermark, and what it promises: R5, R6, R7, R8, R12, R13, R14. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { logOf, type PartitionGhost, type ReplicaGhost } from './replica-ghost.ts';

/** The high watermark of a leader in one epoch and one life of its process. */
interface LedMark {
  readonly incarnation: number;
  readonly leaderEpoch: number;
  highWatermark: number;
}

class HighWatermarks {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  readonly #led = new Map<ReplicaGhost, LedMark>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#metadata = committedOf(context);
    context.on('high-watermark-advanced', (event, at) => this.#onAdvanced(event, at.nodeId, at.incarnation));
    context.on('high-watermark-set', (event, at) => {
      const replica = this.#ghost.replica(at.nodeId, event.partition);
      if (replica?.role === 'leader' && event.reason === 'truncation' && event.to < event.from) {
        context.violated(
          'R5',
          `${at.node} lowered the high watermark of ${event.partition}, which it leads, from ${event.from} to ${event.to}`,
          { ...logOf(replica), leaderEpoch: replica.leaderEpoch, offset: event.to },
        );
      }
    });
    context.on('became-leader', (event, at) => this.#onLeader(event, at.nodeId));
    context.on('produce-appended', (event, at) => this.#onProduceAppended(event, at.node, at.nodeId));
    context.on('produce-failed', ({ error, afterAppend }) => {
      if (error === ErrorCode.NOT_ENOUGH_REPLICAS && !afterAppend) context.evaluated('R13');
    });
    context.on('produce-acked', (event, at) => {
      if (event.acks === -1) this.#onProduceAcked(event, at.node, at.nodeId);
    });
    context.on('checkpoint-written', (event, at) => {
      if (event.file !== 'high-watermark') return;
      for (const [partition, offset] of event.entries) this.#onCheckpoint(partition, offset, at.node, at.nodeId);
    });
  }

  #onAdvanced(event: TraceEventOf<'high-watermark-advanced'>, nodeId: number, incarnation: number): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined) return;
    const { partition, node } = replica;
    // As far as the log goes, and perhaps not as far as a leader told.
    if (event.to === replica.log.end) this.#context.evaluated('R6');
    if (event.to > replica.log.end || event.to < replica.logStartOffset) {
      const message = `${node} set the high watermark of ${event.partition} to ${event.to}; its log is [${replica.logStartOffset}, ${replica.log.end})`;
      this.#context.violated('R6', message, { ...logOf(replica), offset: event.to });
    }
    if (event.role === 'follower') {
      const known = partition.ledger.end;
      if (event.to > known) {
        const message = `follower ${node} set the high watermark of ${event.partition} to ${event.to}, no leader's ever passed ${known}`;
        this.#context.violated('R6', message, { ...logOf(replica), offset: event.to });
      }
      return;
    }
    this.#onLeaderAdvanced(replica, event, incarnation);
  }

  #onLeaderAdvanced(replica: ReplicaGhost, event: TraceEventOf<'high-watermark-advanced'>, incarnation: number): void {
    const { partition, node } = replica;
    const facts = (): ViolationFacts => ({ ...logOf(replica), leaderEpoch: event.leaderEpoch, offset: event.to });
    if (event.leaderEpoch > 0) this.#context.evaluated('R5');
    const led = this.#led.get(replica);
    const isSame = led !== undefined && led.leaderEpoch === event.leaderEpoch && led.incarnation === incarnation;
    if (event.to <= event.from || (isSame && event.to < led.highWatermark)) {
      const message = `${node} moved the high watermark of ${event.partition} to ${event.to} in epoch ${event.leaderEpoch}, it was ${isSame ? led.highWatermark : event.from}`;
      this.#context.violated('R5', message, facts());
    }
    if (isSame) led.highWatermark = event.to;
    else this.#led.set(replica, { incarnation, leaderEpoch: event.leaderEpoch, highWatermark: event.to });

    const minIsr = this.#metadata.lowestMinIsr(partition);
    if (event.isr.length < minIsr) {
      const message = `${node} advanced the high watermark of ${event.partition} to ${event.to} with the ISR [${event.isr.join(', ')}]; its minimum is ${minIsr}`;
      this.#context.violated('R14', message, facts());
    }
    const { committed } = partition;
    const isCurrent = committed !== null && committed.leader === replica.nodeId && committed.leaderEpoch === event.leaderEpoch;
    if (!isCurrent) return;
    // While a change is in flight the two may differ.
    if (event.maximalIsr.length !== event.isr.length) this.#context.evaluated('R7');
    for (const member of committed.isr) {
      if (event.maximalIsr.includes(member)) continue;
      const message = `${node} committed ${event.partition} up to ${event.to} by its ISR [${event.maximalIsr.join(', ')}]; the controller's is [${committed.isr.join(', ')}]`;
      this.#context.violated('R7', message, { ...facts(), otherNodeId: member });
      break;
    }
    this.#validate(partition, event, committed.isr, committed.elr);
  }

  /** R8: every in-sync (and eligible) replica that has not lost storage really holds what is committed. */
  #validate(
    partition: PartitionGhost,
    event: TraceEventOf<'high-watermark-advanced'>,
    isr: readonly number[],
    elr: readonly number[],
  ): void {
    // Somebody is waited for.
    const leaderEnd = partition.replicas.get(partition.committed?.leader ?? -1)?.log.end ?? 0;
    if (leaderEnd > event.to) this.#context.evaluated('R8');
    for (let at = 0; at < isr.length + elr.length; at++) {
      const member = (at < isr.length ? isr[at] : elr[at - isr.length]) as number;
      const end = partition.replicas.get(member)?.log.end ?? 0;
      if (end >= event.to || this.#ghost.isDirty(partition, member)) continue;
      const message = `the high watermark of ${partition.name} moved to ${event.to} in epoch ${event.leaderEpoch}, but the log of in-sync replica ${member} ends at ${end}`;
      this.#ghost.violatedWithinBudget('R8', partition, message, {
        otherNodeId: member,
        leaderEpoch: event.leaderEpoch,
        offset: event.to,
      });
    }
  }

  #onLeader(event: TraceEventOf<'became-leader'>, nodeId: number): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined) return;
    if (event.highWatermark < event.logEndOffset) this.#context.evaluated('R6');
    const isOrdered = event.logStartOffset <= event.highWatermark && event.highWatermark <= event.logEndOffset;
    if (!isOrdered || event.logEndOffset !== replica.log.end) {
      const message = `${replica.node} leads ${event.partition} with log start ${event.logStartOffset}, high watermark ${event.highWatermark}, log end ${event.logEndOffset}; what it appended ends at ${replica.log.end}`;
      this.#context.violated('R6', message, { ...logOf(replica), leaderEpoch: event.leaderEpoch });
    }
  }

  #onProduceAppended(event: TraceEventOf<'produce-appended'>, node: string, nodeId: number): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined) return;
    const minIsr = this.#metadata.lowestMinIsr(replica.partition);
    // Held back: appended by acks < all with too few replicas, so that nothing may be committed.
    if (event.isrSize < minIsr) this.#context.evaluated('R14');
    if (event.acks !== -1) return;
    const replicas = replica.partition.committed?.replicas.length ?? 0;
    if (event.isrSize === Math.max(minIsr, event.minIsr) && event.isrSize < replicas) this.#context.evaluated('R13');
    if (event.isrSize < Math.max(minIsr, event.minIsr)) {
      const message = `${node} appended offset ${event.baseOffset} of ${event.partition} for acks=all with ${event.isrSize} in-sync replicas; the minimum is ${Math.max(minIsr, event.minIsr)}`;
      this.#context.violated('R13', message, { ...logOf(replica), offset: event.baseOffset });
    }
  }

  #onProduceAcked(event: TraceEventOf<'produce-acked'>, node: string, nodeId: number): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined || event.lastOffset < 0) return;
    const { partition } = replica;
    if (event.maximalIsrSize < (partition.committed?.replicas.length ?? 0)) this.#context.evaluated('R12');
    const minIsr = Math.max(this.#metadata.lowestMinIsr(partition), event.minIsr);
    const problem =
      replica.role !== 'leader'
        ? `it is ${replica.role}`
        : replica.highWatermark <= event.lastOffset
          ? `its high watermark is ${replica.highWatermark}`
          : event.maximalIsrSize < minIsr
            ? `the ISR has ${event.maximalIsrSize} members, the minimum is ${minIsr}`
            : isOtherBatch(replica, event)
              ? `it was appended in epoch ${event.appendEpoch}, and another epoch's batch is there now`
              : null;
    if (problem !== null) {
      this.#context.violated(
        'R12',
        `${node} acknowledged (acks=all) offset ${event.lastOffset} of ${event.partition} although ${problem}`,
        { ...logOf(replica), offset: event.lastOffset },
      );
      return;
    }
    // The global form: that many replicas really hold it. Those that lost storage since do not count against it.
    let holders = 0;
    for (const member of partition.committed?.replicas ?? []) {
      const end = partition.replicas.get(member)?.log.end ?? 0;
      if (end > event.lastOffset || this.#ghost.isDirty(partition, member)) holders += 1;
    }
    const needed = this.#metadata.lowestMinIsr(partition);
    if (partition.committed === null || holders >= needed) return;
    const message = `${node} acknowledged (acks=all) offset ${event.lastOffset} of ${event.partition}, which only ${holders === 1 ? '1 replica holds' : `${holders} replicas hold`}; the minimum is ${needed}`;
    this.#ghost.violatedWithinBudget('R12', partition, message, { nodeId, offset: event.lastOffset });
  }

  #onCheckpoint(partition: string, offset: number, node: string, nodeId: number): void {
    const replica = this.#ghost.replica(nodeId, partition);
    if (replica === undefined || offset <= replica.maxHighWatermark) return;
    const message = `${node} checkpointed the high watermark ${offset} of ${partition}; the highest that it had is ${replica.maxHighWatermark}`;
    this.#context.violated('R6', message, { ...logOf(replica), offset });
  }
}

/** Is there no longer what the acknowledged append had written? */
function isOtherBatch({ log }: ReplicaGhost, { appendEpoch, lastOffset }: TraceEventOf<'produce-acked'>): boolean {
  if (appendEpoch < 0 || lastOffset < log.start) return false;
  return log.epochs[log.indexOf(lastOffset)] !== appendEpoch;
}

export const highWatermarks = {
  properties: [
    { id: 'R5', title: "a leader's high watermark never decreases within its epoch" },
    { id: 'R6', title: 'log start ≤ high watermark ≤ log end, and no follower is ahead of all leaders' },
    { id: 'R7', title: "the leader's maximal ISR contains the controller's ISR" },
    { id: 'R8', title: 'every in-sync replica holds what is below the high watermark' },
    { id: 'R12', title: 'acks=all is answered only when committed and held by min.insync.replicas' },
    { id: 'R13', title: 'acks=all is refused while the ISR is below min.insync.replicas' },
    { id: 'R14', title: 'the high watermark stands still while the ISR is below min.insync.replicas (KIP-966)' },
  ],
  create: (context): Checker => {
    new HighWatermarks(context);
    return {};
  },
} as const satisfies PropertyDefinition;
