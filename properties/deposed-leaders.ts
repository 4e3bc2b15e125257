/**
 * Consumers that asked a leader which does not know yet that it was deposed, whose log does not come as far as their position, and were reset.
 * Only the epoch of a position keeps a consumer from such a leader (KIP-320): a committed offset need not tell of one, and one that it
 * tells of is forgotten where no metadata have told of any (Metadata.updateLastSeenEpochIfNewer, 4.3.1).
 */
import type { TraceEventOf } from '../core/trace.ts';
import type { CheckContext } from './judge.ts';
import { type Guarantees, guaranteesOf } from './guarantees.ts';
import type { PropertyId } from './registry.ts';

type Reset = TraceEventOf<'consumer-position-reset'>;

export class DeposedLeaders {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  /** Leader epochs that clients heard of and could not remember, as `client/partition/epoch`. */
  readonly #notLearned = new Set<string>();
  /** By client and partition, the last position of such an epoch that a leader of an older one knew nothing of. */
  readonly #asked = new Map<string, number>();
  /** Resets that are of this kind. */
  readonly #resets = new WeakSet<Reset>();
  /** By partition, who was reset. */
  readonly #clients = new Map<string, string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.on('consumer-truncation-detected', ({ partition, position, offsetEpoch, leaderEpoch, divergentOffset }, { node }) => {
      const wasNotLearned = this.#notLearned.has(`${node}/${partition}/${offsetEpoch}`);
      if (divergentOffset < 0 && offsetEpoch > leaderEpoch && wasNotLearned) this.#asked.set(`${node}/${partition}`, position);
    });
    context.on('leader-epoch-not-learned', ({ partition, leaderEpoch }, { node }) => {
      this.#notLearned.add(`${node}/${partition}/${leaderEpoch}`);
    });
    context.on('consumer-position-reset', (event, { node }) => {
      if (!this.#isOfDeposed(event, node)) return;
      this.#resets.add(event);
      this.#clients.set(event.partition, node);
    });
  }

  /** Did the reset come of one? Asked from the step on in which it is told. */
  hasReset(event: Reset): boolean {
    return this.#resets.has(event);
  }

  /** Was a reader of the partition ever reset by one? Then the property is excused. */
  excuses(property: PropertyId, partition: string): boolean {
    const client = this.#clients.get(partition);
    if (client === undefined) return false;
    this.#context.excuse(property, excuseOf(client, partition));
    return true;
  }

  #isOfDeposed({ partition, from, reason, offsetEpoch, leaderEpoch }: Reset, client: string): boolean {
    const current = this.#guarantees.leaderEpoch(partition) ?? -1;
    const isWithoutEpoch = reason === 'out-of-range' && offsetEpoch < 0 && leaderEpoch >= 0 && leaderEpoch < current;
    return isWithoutEpoch || this.#asked.get(`${client}/${partition}`) === from;
  }
}

/** Why nothing is promised then. */
export function excuseOf(client: string, partition: string): string {
  return `${client} asked a deposed leader of ${partition}, whose log did not come as far, and was reset`;
}

const shared = new WeakMap<CheckContext, DeposedLeaders>();

/** Those of the run; made by whoever asks first. */
export function deposedLeadersOf(context: CheckContext): DeposedLeaders {
  let leaders = shared.get(context);
  if (leaders === undefined) {
    leaders = new DeposedLeaders(context);
    shared.set(context, leaders);
  }
  return leaders;
}
