/**
 * How long a follower that lags stays in the ISR: R27 (KIP-16). A leader looks every half of replica.lag.time.max.ms, and proposes to go on
 * without those who have not been caught up for that time; what the controller makes of it is another matter.
 */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import { MAX_MONOTONIC_DRIFT_PPM } from '../../world/clock.ts';
import type { Checker, Occurrence, PropertyDefinition, WorldChange } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import type { PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import { type AppliedEvent, type CommittedListener, committedOf, type NodeView } from './committed.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { HeldUp } from './held-up.ts';
import { logOf, type PartitionGhost, type ReplicaGhost } from './replica-ghost.ts';

interface Follower {
  /** -1: it has not fetched in this epoch. */
  endOffset: number;
  /** Where the leader's log ended when it was last heard to get on. */
  leaderEnd: number;
  /** The leader takes it for caught up at no later time than this, and since then it has been behind the leader's end. */
  behindSinceUs: Micros;
}

/** A leader in one epoch and one life of its process. */
interface Lead {
  readonly incarnation: number;
  readonly leaderEpoch: number;
  readonly followers: Map<number, Follower>;
  /** What the controller last committed while it took this node for the leader: what the leader goes by, or will when it hears of it. */
  isr: readonly number[];
  /** Since when no change of the ISR is in flight; Infinity: one is. */
  settledSinceUs: Micros;
}

const SLACK_MS = 1_000;
/** A leader may leave out a look now and then (`replication/late-isr-shrink`). */
const LOOKS = 1;
const LOOKS_ON_RARE_PATHS = 8;

/** With its process what a leader knows of its followers is gone. */
const ENDS: ReadonlySet<WorldChange['type']> = new Set(['crashed', 'stopped', 'power-lost']);

class LaggingReplicas implements CommittedListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #heldUp: HeldUp;
  readonly #leads = new Map<ReplicaGhost, Lead>();
  /** As the slowest clock sees them pass. */
  readonly #maxLagUs: Micros;
  readonly #looksUs: Micros;
  #nowUs: Micros = 0;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#heldUp = new HeldUp(context);
    committedOf(context).listeners.push(this);
    const maxLagMs = numberGiven(BROKER_CONFIG, context.plan.cluster.properties, 'replica.lag.time.max.ms');
    const looks = context.plan.world.buggify ? LOOKS_ON_RARE_PATHS : LOOKS;
    const slowest = 1 + MAX_MONOTONIC_DRIFT_PPM / 1_000_000;
    this.#maxLagUs = Math.ceil(micros(maxLagMs) * slowest);
    this.#looksUs = Math.ceil(micros((looks * maxLagMs) / 2) * slowest) + micros(SLACK_MS);
    context.on('became-leader', ({ partition, leaderEpoch, isr, replicas, logEndOffset: leaderEnd }, at) => {
      const replica = this.#ghost.replica(at.nodeId, partition);
      if (replica === undefined) return;
      this.#end(replica, at);
      const { incarnation, timeUs } = at;
      const others = replicas.filter((id) => id !== at.nodeId);
      const followers = new Map(others.map((id) => [id, { endOffset: -1, leaderEnd, behindSinceUs: timeUs }]));
      this.#leads.set(replica, { incarnation, leaderEpoch, followers, isr, settledSinceUs: timeUs });
    });
    context.on('became-follower', ({ partition }, at) => {
      const replica = this.#ghost.replica(at.nodeId, partition);
      if (replica !== undefined) this.#end(replica, at);
    });
    context.on('follower-progressed', ({ partition, replica: follower, endOffset }, at) => {
      const found = this.#lead(partition, at);
      if (found === null) return;
      this.#progressed(found.lead, follower, endOffset, found.replica.log.end, at.timeUs);
      this.#judge(found.replica, found.lead, at.timeUs);
    });
    context.on('produce-appended', ({ partition, baseOffset }, at) => {
      const found = this.#lead(partition, at);
      if (found === null) return;
      // Who was at the end is behind it from now on.
      for (const follower of found.lead.followers.values())
        if (follower.endOffset >= baseOffset) follower.behindSinceUs = at.timeUs;
      this.#judge(found.replica, found.lead, at.timeUs);
    });
    // Where nothing gets on any more, what waits for it runs out of time.
    context.on('produce-failed', ({ partition }, at) => {
      const found = this.#lead(partition, at);
      if (found !== null) this.#judge(found.replica, found.lead, at.timeUs);
    });
    context.onWorld(({ type, nodeId }) => {
      if (!ENDS.has(type)) return;
      for (const replica of this.#leads.keys()) if (replica.nodeId === nodeId) this.#leads.delete(replica);
    });
    context.on('isr-change-proposed', ({ partition }, at) => {
      const lead = this.#lead(partition, at)?.lead;
      if (lead !== undefined) lead.settledSinceUs = Number.POSITIVE_INFINITY;
    });
    context.on('isr-change-resolved', ({ partition }, at) => {
      const lead = this.#lead(partition, at)?.lead;
      if (lead !== undefined) lead.settledSinceUs = at.timeUs;
    });
  }

  onApplying(_event: AppliedEvent, _view: NodeView, { timeUs }: Occurrence): void {
    this.#nowUs = timeUs;
  }

  onPartition(
    ghost: PartitionGhost,
    before: PartitionRegistrationSummary | null,
    { leader, leaderEpoch, isr }: PartitionRegistrationSummary,
  ): void {
    const replica = ghost.replicas.get(before?.leader ?? -1);
    const lead = replica === undefined ? undefined : this.#leads.get(replica);
    if (replica?.role !== 'leader' || lead === undefined || lead.leaderEpoch !== before?.leaderEpoch) return;
    // What would not end by the leader alone is over when it has another ISR.
    this.#judge(replica, lead, this.#nowUs);
    if (leader === replica.nodeId && leaderEpoch === lead.leaderEpoch) lead.isr = isr;
  }

  /** It leads no more, or in another epoch. */
  #end(replica: ReplicaGhost, { incarnation, timeUs }: Occurrence): void {
    const lead = this.#leads.get(replica);
    if (lead?.incarnation === incarnation) this.#judge(replica, lead, timeUs);
    this.#leads.delete(replica);
  }

  #lead(partition: string, { nodeId, incarnation }: Occurrence): { readonly replica: ReplicaGhost; readonly lead: Lead } | null {
    const replica = this.#ghost.replica(nodeId, partition);
    const lead = replica === undefined ? undefined : this.#leads.get(replica);
    if (replica?.role !== 'leader' || lead?.incarnation !== incarnation || lead.leaderEpoch !== replica.leaderEpoch) return null;
    return { replica, lead };
  }

  #progressed(lead: Lead, id: number, endOffset: number, leaderEnd: number, timeUs: Micros): void {
    const follower = lead.followers.get(id);
    if (follower === undefined) {
      lead.followers.set(id, { endOffset, leaderEnd, behindSinceUs: timeUs });
      return;
    }
    // It asks for the end, or for what was the end at some fetch before: between two that tell of progress there may be others.
    if (endOffset >= Math.min(leaderEnd, follower.leaderEnd)) follower.behindSinceUs = timeUs;
    follower.endOffset = endOffset;
    follower.leaderEnd = leaderEnd;
  }

  /** Who should have been left out by now. */
  #judge(replica: ReplicaGhost, lead: Lead, timeUs: Micros): void {
    const { partition, node } = replica;
    // What is not synced yet is not there for anybody to fetch (R25).
    if (this.#context.durability.partition(partition.topicId, partition.name)?.flushesEachAppend === true) return;
    const readySinceUs = Math.max(lead.settledSinceUs, this.#heldUp.freeSince(node));
    for (const id of lead.isr) {
      const follower = lead.followers.get(id);
      if (follower === undefined || follower.endOffset >= replica.log.end) continue;
      const laggedUs = timeUs - follower.behindSinceUs;
      if (laggedUs <= this.#maxLagUs) continue;
      this.#context.evaluated('R27');
      const waitedUs = timeUs - Math.max(follower.behindSinceUs + this.#maxLagUs, readySinceUs);
      if (waitedUs <= this.#looksUs) continue;
      const message = `${node} keeps replica ${id} in the ISR of ${partition.name}, which has not been caught up for ${millis(laggedUs)} ms; replica.lag.time.max.ms allows ${millis(this.#maxLagUs)} ms`;
      this.#context.violated('R27', message, { ...logOf(replica), otherNodeId: id, leaderEpoch: lead.leaderEpoch });
    }
  }
}

export const laggingReplicas = {
  properties: [
    { id: 'R27', title: 'a follower that has not been caught up for replica.lag.time.max.ms is taken out of the ISR' },
  ],
  create: (context): Checker => {
    new LaggingReplicas(context);
    return {};
  },
} as const satisfies PropertyDefinition;
