/**
 * Controlled shutdown, as the other brokers see it: C20 (KIP-631). A broker that leads is let go when all that stay have said that they have
 * applied what takes its leaderships from it (`BrokerHeartbeatManager.calculateNextBrokerState`). A new active controller knows nothing of
 * how far a shutdown had come, as with Kafka.
 */
import type { BrokerRegistrationSummary, PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import type { Micros } from '../../ports/time.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type AppliedEvent, type CommittedListener, type CommittedMetadata, committedOf, type NodeView } from './committed.ts';
import { factsOf, type PartitionGhost } from './replica-ghost.ts';

/** A partition that had another leader because its leader is about to go. */
interface Move {
  readonly ghost: PartitionGhost;
  readonly before: PartitionRegistrationSummary;
  readonly after: PartitionRegistrationSummary;
  readonly timeUs: Micros;
}

class ControlledShutdown implements CommittedListener {
  readonly #context: CheckContext;
  readonly #metadata: CommittedMetadata;
  /** Of the event being taken in. */
  readonly #changed: Move[] = [];
  /** By the broker that is about to go. */
  readonly #moves = new Map<number, Move[]>();
  /** When each broker's process began its present life. */
  readonly #startedUs = new Map<number, Micros>();
  #nowUs: Micros = 0;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#metadata = committedOf(context);
    this.#metadata.listeners.push(this);
    context.on('controller-activated', () => this.#moves.clear());
    context.on('controlled-shutdown-granted', (event, at) => this.#onGranted(event, at));
    context.onWorld(({ type, nodeId, timeUs }) => {
      if (type === 'started') this.#startedUs.set(nodeId, timeUs);
    });
  }

  onApplying(_event: AppliedEvent, _view: NodeView, { timeUs }: Occurrence): void {
    this.#nowUs = timeUs;
  }

  onPartition(ghost: PartitionGhost, before: PartitionRegistrationSummary | null, after: PartitionRegistrationSummary): void {
    if (before !== null && before.leader !== after.leader) this.#changed.push({ ghost, before, after, timeUs: this.#nowUs });
  }

  onBroker(before: BrokerRegistrationSummary | null, after: BrokerRegistrationSummary): void {
    if (before?.brokerEpoch !== after.brokerEpoch) this.#moves.delete(after.brokerId);
  }

  onAdvanced(): void {
    for (const move of this.#changed) {
      const { leader } = move.before;
      if (this.#metadata.brokers.get(leader)?.inControlledShutdown !== true) continue;
      const moves = this.#moves.get(leader);
      if (moves === undefined) this.#moves.set(leader, [move]);
      else moves.push(move);
    }
    this.#changed.length = 0;
  }

  #onGranted({ brokerId }: TraceEventOf<'controlled-shutdown-granted'>, { node, nodeId }: Occurrence): void {
    const moves = this.#moves.get(brokerId) ?? [];
    if (moves.length > 0) this.#context.evaluated('C20');
    for (const other of this.#metadata.brokers.values()) {
      if (other.brokerId === brokerId || other.fenced || other.inControlledShutdown) continue;
      const known = this.#metadata.brokerView(other.brokerId)?.epochs;
      if (known === undefined) continue;
      for (const { ghost, after, timeUs } of moves) {
        // Who began anew since then had applied it in another life, perhaps.
        if (ghost.removed || (this.#startedUs.get(other.brokerId) ?? 0) > timeUs) continue;
        const leaderEpoch = known.get(`${after.topicId}/${after.partition}`)?.leaderEpoch;
        if (leaderEpoch === undefined || leaderEpoch >= after.leaderEpoch) continue;
        const message = `${node} let broker ${brokerId} shut down before broker ${other.brokerId} knew of leader ${after.leader} of ${after.partition} in epoch ${after.leaderEpoch}: it knew epoch ${leaderEpoch}`;
        this.#context.violated('C20', message, { ...factsOf(after), nodeId, brokerId, otherNodeId: other.brokerId });
        return;
      }
    }
  }
}

export const controlledShutdown = {
  properties: [
    { id: 'C20', title: 'a broker is let go in a controlled shutdown only when those that stay know who leads in its place' },
  ],
  create: (context): Checker => {
    new ControlledShutdown(context);
    return {};
  },
} as const satisfies PropertyDefinition;
