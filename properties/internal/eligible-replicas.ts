/**
 * Eligible leader replicas (KIP-966), by what the controller commits: C18 (who is eligible) and C19 (who led last). That they are
 * elected as they should is C7, that a new incarnation is not one is C4.
 *
 * Who is eligible has everything that was committed, since nothing is while the ISR is below its minimum (R14, R8). So nobody comes to
 * be eligible but out of the ISR, and nobody stops to be without a reason: a replica that is forgotten could have kept the partition alive.
 */
import type { BrokerRegistrationSummary, PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import type { Checker, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type AppliedEvent, type CommittedListener, type CommittedMetadata, committedOf, MIN_ISR } from './committed.ts';
import { factsOf, type PartitionGhost } from './replica-ghost.ts';

interface Step {
  readonly before: PartitionRegistrationSummary;
  readonly after: PartitionRegistrationSummary;
}

class EligibleReplicas implements CommittedListener {
  readonly #context: CheckContext;
  readonly #metadata: CommittedMetadata;
  /** Of the event being taken in: single changes of partitions, and brokers that registered anew. */
  readonly #steps: Step[] = [];
  readonly #newIncarnations = new Set<number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#metadata = committedOf(context);
    this.#metadata.listeners.push(this);
  }

  onPartition(_ghost: PartitionGhost, before: PartitionRegistrationSummary | null, after: PartitionRegistrationSummary): void {
    // Of several changes at once only the sum is seen.
    if (before !== null && after.partitionEpoch === before.partitionEpoch + 1) this.#steps.push({ before, after });
  }

  onBroker(before: BrokerRegistrationSummary | null, after: BrokerRegistrationSummary): void {
    if (before?.incarnationId !== after.incarnationId) this.#newIncarnations.add(after.brokerId);
  }

  onAdvanced({ configs, features }: AppliedEvent): void {
    // Another minimum clears everything, and what the event changed besides was decided by the one or the other.
    const isDecidedOtherwise = features.length > 0 || configs.some(({ name }) => name === MIN_ISR);
    if (this.#metadata.isElrEnabled && !isDecidedOtherwise) {
      for (const step of this.#steps) {
        this.#checkEligible(step);
        this.#checkLastLeader(step);
      }
    }
    this.#steps.length = 0;
    this.#newIncarnations.clear();
  }

  #checkEligible({ before, after }: Step): void {
    const possible = [...before.isr, ...before.elr];
    const minIsr = this.#metadata.minIsr(after);
    const isBelow = after.isr.length < minIsr;
    if (after.elr.length > 0 || before.elr.length > 0) this.#context.evaluated('C18');
    const intruder = after.elr.find((id) => !possible.includes(id));
    // Where a leader is chosen who was neither in sync nor eligible, nobody's log is known to go on from its.
    const isUnclean = after.leader !== -1 && after.leader !== before.leader && !possible.includes(after.leader);
    const forgotten = possible.find((id) => !after.isr.includes(id) && !after.elr.includes(id) && !this.#newIncarnations.has(id));
    const report = (problem: string, facts: ViolationFacts): void =>
      this.#context.violated('C18', `${describe(before)} became ${describe(after)}: ${problem}`, { ...factsOf(after), ...facts });
    if (intruder !== undefined)
      report(`broker ${intruder} is eligible, and was neither in sync nor eligible`, { brokerId: intruder });
    else if (after.elr.length > 0 && !isBelow) report(`brokers are eligible while the ISR has its minimum of ${minIsr}`, {});
    else if (isBelow && !isUnclean && forgotten !== undefined)
      report(`broker ${forgotten} is not eligible any more, while the ISR is below its minimum of ${minIsr}`, {
        brokerId: forgotten,
      });
  }

  #checkLastLeader({ before, after }: Step): void {
    if (before.leader === -1 && before.lastKnownElr.length === 0) return;
    const wanted = after.leader !== -1 ? [] : before.leader === -1 ? before.lastKnownElr : [before.leader];
    if (after.leader === -1 || before.leader === -1) this.#context.evaluated('C19');
    const isRight = after.lastKnownElr.length === wanted.length && after.lastKnownElr.every((id) => wanted.includes(id));
    if (isRight) return;
    const message = `${describe(before)} became ${describe(after)}: as last leader [${wanted.join(', ')}] should be known`;
    this.#context.violated('C19', message, factsOf(after));
  }
}

function describe({ partition, leader, isr, elr, lastKnownElr, partitionEpoch }: PartitionRegistrationSummary): string {
  const sets = `ISR [${isr.join(', ')}], ELR [${elr.join(', ')}], last leader [${lastKnownElr.join(', ')}]`;
  return `${partition} (leader ${leader}, ${sets}, partition epoch ${partitionEpoch})`;
}

export const eligibleReplicas = {
  properties: [
    {
      id: 'C18',
      title: 'who leaves an ISR below its minimum is eligible (KIP-966) until it is in sync or comes anew, nobody else is',
    },
    { id: 'C19', title: 'who led a partition last is known while nobody leads it (KIP-966)' },
  ],
  create: (context): Checker => {
    new EligibleReplicas(context);
    return {};
  },
} as const satisfies PropertyDefinition;
