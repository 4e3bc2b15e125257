/**
 * What ends a change of the ISR that is in flight: R28 (KIP-497, KAFKA-14144). A leader that has applied newer metadata of the partition knows what
 * became of it, and waits for no answer any more: its replicas are told in the step in which it applies them. R16 judges by what changes end, L6 whether they do.
 */
import { type Micros, millis } from '../../ports/time.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { HeldUp } from './held-up.ts';

interface Change {
  readonly incarnation: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  /** When its leader applied a newer partition epoch; Infinity: it has not. */
  overtakenUs: Micros;
}

class OvertakenIsrChanges {
  readonly #context: CheckContext;
  readonly #heldUp: HeldUp;
  /** By node and partition. */
  readonly #changes = new Map<string, Change>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#heldUp = new HeldUp(context);
    context.on('isr-change-proposed', ({ partition, leaderEpoch, partitionEpoch }, { nodeId, incarnation }) => {
      const overtakenUs = Number.POSITIVE_INFINITY;
      this.#changes.set(`${nodeId}/${partition}`, { incarnation, leaderEpoch, partitionEpoch, overtakenUs });
    });
    context.on('isr-change-resolved', ({ partition }, at) => {
      this.#judge(partition, at);
      this.#changes.delete(`${at.nodeId}/${partition}`);
    });
    for (const end of ['became-leader', 'became-follower', 'replica-stopped'] as const)
      context.on(end, ({ partition }, { nodeId }) => void this.#changes.delete(`${nodeId}/${partition}`));
    context.on('metadata-applied', ({ partitions }, { nodeId, timeUs }) => {
      for (const { partition, leader, leaderEpoch, partitionEpoch } of partitions) {
        const change = leader === nodeId ? this.#changes.get(`${nodeId}/${partition}`) : undefined;
        if (change === undefined || change.leaderEpoch !== leaderEpoch || partitionEpoch <= change.partitionEpoch) continue;
        context.evaluated('R28');
        change.overtakenUs = Math.min(change.overtakenUs, timeUs);
      }
    });
    context.on('follower-progressed', ({ partition }, at) => this.#judge(partition, at));
    context.on('produce-appended', ({ partition }, at) => this.#judge(partition, at));
  }

  /** The leader is at work, or takes an answer. */
  #judge(partition: string, { node, nodeId, incarnation, timeUs }: Occurrence): void {
    const change = this.#changes.get(`${nodeId}/${partition}`);
    if (change === undefined || change.incarnation !== incarnation) return;
    const waitedUs = timeUs - Math.max(change.overtakenUs, this.#heldUp.freeSince(node));
    if (waitedUs <= 0) return;
    const message = `${node} still waits for its ISR change of ${partition} at partition epoch ${change.partitionEpoch}, ${millis(waitedUs)} ms after it applied a newer one`;
    const { leaderEpoch } = change;
    this.#context.violated('R28', message, { nodeId, partition, leaderEpoch });
  }
}

export const overtakenIsrChanges = {
  properties: [
    { id: 'R28', title: 'an ISR change in flight is over when the leader has applied newer metadata of the partition' },
  ],
  create: (context): Checker => {
    new OvertakenIsrChanges(context);
    return {};
  },
} as const satisfies PropertyDefinition;
