/** L12: in a healed cluster every transaction comes to its end, in its coordinator and in every log. */
import { BROKER_CONFIG, givenOrDefault } from '../../core/config/index.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext, Unmet } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';

const IDLE: ReadonlySet<string> = new Set(['Empty', 'CompleteCommit', 'CompleteAbort']);

class TransactionConvergence implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #cluster: ClusterGhost;
  readonly #isVerified: boolean;
  /** Has any coordinator had a transaction? */
  #hasBegun = false;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#cluster = ghostOf(context);
    const verification = givenOrDefault(
      BROKER_CONFIG,
      context.plan.cluster.properties,
      'transaction.partition.verification.enable',
    );
    this.#isVerified = String(verification) === 'true';
    context.on('transaction-transition', ({ to }) => {
      if (to === 'Ongoing') this.#hasBegun = true;
    });
  }

  unsettled(view: ClusterView): Unmet | null {
    const unmet = this.#unmet(view);
    if (unmet !== null) this.#context.evaluated('L12');
    return unmet;
  }

  /** By now every application has ended, and every transactional id was given to a new producer, which ends what the one before had begun. */
  atEnd(view: ClusterView): void {
    if (!this.#hasBegun) return;
    for (const { topic, partition } of this.#context.durability.partitions) {
      const reason = topic === '__transaction_state' ? view.excusedPartitions.get(partition) : undefined;
      if (reason === undefined) continue;
      this.#context.excuse('L12', `${partition} is left out: ${reason}`);
      return;
    }
    this.#context.evaluated('L12');
    const unmet = this.#unmet(view);
    if (unmet === null) return;
    this.#context.violated('L12', `at the end ${unmet.message}${view.lastRefused(unmet.concerns ?? [])}`, unmet.facts);
  }

  #unmet(view: ClusterView): Unmet | null {
    return this.#coordinators(view) ?? this.#logs(view);
  }

  #coordinators({ nodes }: ClusterView): Unmet | null {
    for (const [node, { nodeId, broker }] of nodes)
      for (const { transactionalId, state, producerId, partitions } of broker?.transactions ?? []) {
        if (IDLE.has(state) || this.#guarantees.decisionExcused('L12', transactionalId)) continue;
        return {
          property: 'L12',
          message: `${node} has transactional id ${transactionalId} in ${state} [${partitions.join(' ')}]`,
          facts: { nodeId, producerId },
          concerns: [transactionalId, 'WriteTxnMarkers', ...partitions],
        };
      }
    return null;
  }

  #logs(view: ClusterView): Unmet | null {
    for (const [node, { nodeId, broker }] of view.nodes)
      for (const { partition, topicId, role, lastStableOffset, highWatermark } of broker?.replicas ?? []) {
        if (role !== 'leader' || lastStableOffset >= highWatermark || view.excusedPartitions.has(partition)) continue;
        if (this.#mayHang(partition, topicId)) continue;
        const message = `${node} leads ${partition} with a transaction open from ${lastStableOffset} on; its high watermark is ${highWatermark}`;
        const facts = { nodeId, partition, topicId, offset: lastStableOffset };
        return { property: 'L12', message, facts, concerns: [partition, 'WriteTxnMarkers'] };
      }
    return null;
  }

  /** May a transaction be open in this log that no coordinator knows? Then nobody ends it before an operator does. */
  #mayHang(partition: string, topicId: string): boolean {
    if (!this.#isVerified) {
      this.#context.excuse('L12', `${partition} is left out: brokers do not ask coordinators whether it is in a transaction`);
      return true;
    }
    const ghost = this.#cluster.partitions.get(`${topicId}/${partition}`);
    const lost = ghost === undefined ? null : this.#cluster.exceeded(ghost);
    if (lost !== null) this.#context.excuse('L12', `${partition} is left out: ${lost}`);
    return lost !== null || this.#guarantees.anyDecisionExcused('L12');
  }
}

export const transactionConvergence = {
  properties: [{ id: 'L12', title: 'every transaction comes to an end: decided, complete, and in no log open any more' }],
  create: (context): Checker => new TransactionConvergence(context),
} as const satisfies PropertyDefinition;
