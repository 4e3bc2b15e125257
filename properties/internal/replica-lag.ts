/** How long a follower may lag: R23 (KIP-16). What a leader knows of its followers is built again from their fetches, as it saw them. */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import { MAX_MONOTONIC_DRIFT_PPM } from '../../world/clock.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { logOf, type ReplicaGhost } from './replica-ghost.ts';

/** The last that a leader heard of a follower in one epoch. */
interface Heard {
  /** The follower's log end, as its fetch told. */
  readonly endOffset: number;
  readonly timeUs: Micros;
  /** Where the leader's log ended then. */
  readonly leaderEnd: number;
  /** When it surely was caught up last. */
  readonly caughtUpUs: Micros;
}

/** A leader in one epoch and one life of its process. */
interface Lead {
  readonly incarnation: number;
  readonly followers: Map<number, Heard>;
}

class ReplicaLag {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #leads = new Map<ReplicaGhost, Lead>();
  /** replica.lag.time.max.ms as the fastest clock sees it pass. */
  readonly #maxLagUs: Micros;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    const maxLagMs = numberGiven(BROKER_CONFIG, context.plan.cluster.properties, 'replica.lag.time.max.ms');
    // Clocks that tell whole milliseconds may show one more than has passed.
    this.#maxLagUs = Math.floor(micros(maxLagMs - 1) / (1 + MAX_MONOTONIC_DRIFT_PPM / 1_000_000));
    context.on('became-leader', ({ partition, isr, logEndOffset: leaderEnd }, { nodeId, incarnation, timeUs }) => {
      const replica = this.#ghost.replica(nodeId, partition);
      if (replica === undefined) return;
      // Members of the ISR have from now on as long as if they had been caught up.
      const heard: Heard = { endOffset: -1, timeUs, leaderEnd, caughtUpUs: timeUs };
      this.#leads.set(replica, { incarnation, followers: new Map(isr.map((id) => [id, heard])) });
    });
    context.on('follower-progressed', (event, at) => this.#onProgress(event, at));
    context.on('isr-change-proposed', (event, at) => {
      if (event.kind === 'shrink') this.#onShrink(event, at);
    });
  }

  #lead(partition: string, at: Occurrence): { readonly replica: ReplicaGhost; readonly lead: Lead } | null {
    const replica = this.#ghost.replica(at.nodeId, partition);
    const lead = replica === undefined ? undefined : this.#leads.get(replica);
    return replica === undefined || lead?.incarnation !== at.incarnation ? null : { replica, lead };
  }

  /** Caught up is who asks for the leader's end, or for what was the leader's end when it asked before. */
  #onProgress({ partition, replica: follower, endOffset }: TraceEventOf<'follower-progressed'>, at: Occurrence): void {
    const found = this.#lead(partition, at);
    if (found === null) return;
    const { replica, lead } = found;
    const leaderEnd = replica.log.end;
    const before = lead.followers.get(follower);
    let caughtUpUs = before?.caughtUpUs ?? Number.NEGATIVE_INFINITY;
    if (endOffset >= leaderEnd) caughtUpUs = at.timeUs;
    else if (before !== undefined && before.endOffset >= 0 && endOffset >= before.leaderEnd)
      caughtUpUs = Math.max(caughtUpUs, before.timeUs);
    lead.followers.set(follower, { endOffset, timeUs: at.timeUs, leaderEnd, caughtUpUs });
  }

  #onShrink({ partition, isr, proposed, leaderEpoch }: TraceEventOf<'isr-change-proposed'>, at: Occurrence): void {
    const found = this.#lead(partition, at);
    if (found === null) return;
    this.#context.evaluated('R23');
    for (const leaving of isr) {
      if (proposed.includes(leaving)) continue;
      const lagUs = at.timeUs - (found.lead.followers.get(leaving)?.caughtUpUs ?? Number.NEGATIVE_INFINITY);
      if (lagUs >= this.#maxLagUs) continue;
      this.#context.violated(
        'R23',
        `${at.node} proposed to take replica ${leaving} out of the ISR of ${partition}, which was caught up ${millis(lagUs)} ms before; replica.lag.time.max.ms allows ${millis(this.#maxLagUs)} ms`,
        { ...logOf(found.replica), otherNodeId: leaving, leaderEpoch },
      );
    }
  }
}

export const replicaLag = {
  properties: [
    { id: 'R23', title: 'a follower is taken out of the ISR only when it has not been caught up for replica.lag.time.max.ms' },
  ],
  create: (context): Checker => {
    new ReplicaLag(context);
    return {};
  },
} as const satisfies PropertyDefinition;
