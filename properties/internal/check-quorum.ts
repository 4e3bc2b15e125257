/** How long a leader of the quorum leads without a majority: K17 (KIP-595, KAFKA-15489). */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import { MAX_MONOTONIC_DRIFT_PPM } from '../../world/clock.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';

/** A leader in one epoch. */
interface Lead {
  readonly incarnation: number;
  readonly epoch: number;
  heardUs: Micros;
  /** Since then it was paused or slow, and could not look in time. */
  wasHeldUp: boolean;
}

/** Under these a step is told long after it was decided, when its writing is done. */
const LATE_DISKS: readonly string[] = ['disk-stall', 'slow-disk'];
/** A leader looks at its deadline at once; this is for what it is busy with. */
const SLACK_MS = 500;
/** Of controller.quorum.fetch.timeout.ms, as Kafka's LeaderState has it. */
const FACTOR = 1.5;

class CheckQuorum {
  readonly #context: CheckContext;
  readonly #limitUs: Micros;
  readonly #leads = new Map<number, Lead>();
  /** Nodes whose disks have ever been late. */
  readonly #late = new Set<string>();
  /** Nodes that are slow now. */
  readonly #slow = new Set<number>();

  constructor(context: CheckContext) {
    this.#context = context;
    const fetchTimeoutMs = numberGiven(BROKER_CONFIG, context.plan.cluster.properties, 'controller.quorum.fetch.timeout.ms');
    this.#limitUs = Math.ceil(micros(fetchTimeoutMs * FACTOR + SLACK_MS) * (1 + MAX_MONOTONIC_DRIFT_PPM / 1_000_000));
    context.on('quorum-leader-elected', ({ epoch, voters }, { nodeId, incarnation, timeUs }) => {
      // Who is alone is a majority.
      const wasHeldUp = this.#slow.has(nodeId);
      if (voters.length > 1) this.#leads.set(nodeId, { incarnation, epoch, heardUs: timeUs, wasHeldUp });
    });
    context.on('quorum-majority-heard', ({ epoch }, at) => {
      const lead = this.#judge(epoch, at, 'heard from a majority again');
      if (lead === null) return;
      lead.heardUs = at.timeUs;
      lead.wasHeldUp = this.#slow.has(at.nodeId);
    });
    context.on('quorum-transition', ({ from, to }, at) => {
      if (from !== 'leader') return;
      const lead = this.#leads.get(at.nodeId);
      if (lead !== undefined) this.#judge(lead.epoch, at, `became ${to}`);
      this.#leads.delete(at.nodeId);
    });
    context.onWorld((change) => {
      const { type, nodeId } = change;
      const lead = this.#leads.get(nodeId);
      if (lead !== undefined && (type === 'paused' || type === 'resumed' || type === 'slowed')) lead.wasHeldUp = true;
      if (type !== 'slowed') return;
      if (change.factor > 1) this.#slow.add(nodeId);
      else this.#slow.delete(nodeId);
    });
    context.onFault(({ kind, targets, change }) => {
      if (change === 'begins' && LATE_DISKS.includes(kind)) for (const node of targets) this.#late.add(node);
    });
  }

  #judge(epoch: number, { node, nodeId, incarnation, timeUs }: Occurrence, what: string): Lead | null {
    const lead = this.#leads.get(nodeId);
    if (lead?.incarnation !== incarnation || lead.epoch !== epoch) return null;
    const aloneUs = timeUs - lead.heardUs;
    if (aloneUs > this.#limitUs / 2) this.#context.evaluated('K17');
    if (aloneUs <= this.#limitUs || lead.wasHeldUp || this.#late.has(node)) return lead;
    const message = `${node} led the quorum in epoch ${epoch} for ${millis(aloneUs)} ms without a majority, until it ${what}; it was to resign within ${millis(this.#limitUs)} ms`;
    this.#context.violated('K17', message, { nodeId, leaderEpoch: epoch });
    return lead;
  }
}

export const checkQuorum = {
  properties: [
    { id: 'K17', title: 'a quorum leader that hears no majority resigns within 1.5 times controller.quorum.fetch.timeout.ms' },
  ],
  create: (context): Checker => {
    new CheckQuorum(context);
    return {};
  },
} as const satisfies PropertyDefinition;
