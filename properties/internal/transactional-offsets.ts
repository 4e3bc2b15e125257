/**
 * T11 and GR9: offsets that are committed in transactions. Until the marker nobody is told of them, and whoever asks for what is stable is
 * told of nothing that they may still replace; then they count from their own place in the log, so that a later plain commit stays.
 */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import type { PropertyId } from '../registry.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';

interface Place {
  readonly offset: number;
  readonly logOffset: number;
}

/** One partition of one group, as a coordinator has told of it in its present term. */
interface Told {
  readonly offsetsPartition: number;
  /** By producer id: its transaction is open. */
  readonly pending: Map<number, Place>;
  /** The committed offset that lies last in the log. */
  committed: Place | null;
  /** A tombstone is on its way, and was begun while a transaction was open. */
  wasRemovedEarly: boolean;
}

class TransactionalOffsets {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  /** By `node/incarnation/group/partition`. */
  readonly #told = new Map<string, Told>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    context.on('transactional-offset-written', (event, at) => {
      const { producerId, offset, logOffset } = event;
      this.#of(event, event.offsetsPartition, at).pending.set(producerId, { offset, logOffset });
    });
    context.on('transactional-offset-removed', (event, at) => void this.#find(event, at)?.pending.delete(event.producerId));
    context.on('offset-committed', (event, at) => {
      const told = this.#of(event, event.offsetsPartition, at);
      if (told.committed === null || told.committed.logOffset < event.logOffset) told.committed = event;
    });
    context.on('transactional-offsets-ended', (event, at) => this.#onEnded(event, at));
    context.on('offset-fetched', (event, at) => this.#onFetched(event, at));
    context.on('offset-removal-begun', (event, at) => {
      const told = this.#find(event, at);
      if (told !== undefined) told.wasRemovedEarly = told.pending.size > 0;
    });
    context.on('offset-removed', (event, at) => this.#onRemoved(event, at));
    // The next term begins with what is in the log.
    const forget = ({ offsetsPartition }: { readonly offsetsPartition: number }, at: Occurrence): void => {
      for (const [key, told] of this.#told)
        if (told.offsetsPartition === offsetsPartition && key.startsWith(`${at.node}/`)) this.#told.delete(key);
    };
    context.on('coordinator-loading', forget);
    context.on('coordinator-loaded', forget);
    context.on('coordinator-unloaded', forget);
  }

  #onEnded(
    { producerId, isCommitted, offsets, offsetsPartition }: TraceEventOf<'transactional-offsets-ended'>,
    at: Occurrence,
  ): void {
    for (const ended of offsets) {
      const told = this.#of(ended, offsetsPartition, at);
      told.pending.delete(producerId);
      const isOvertaken = told.committed !== null && told.committed.logOffset > ended.logOffset;
      if (!isCommitted || isOvertaken) this.#context.evaluated('T11');
      if (ended.isApplied !== (isCommitted && !isOvertaken)) {
        const then = isCommitted
          ? `though ${told.committed?.offset} was committed after it`
          : 'though its transaction was aborted';
        const message = ended.isApplied
          ? `${at.node} made ${ended.partition}@${ended.offset} the committed offset of group ${ended.group}, ${then}`
          : `${at.node} left ${ended.partition}@${ended.offset} of group ${ended.group} out, though its transaction was committed`;
        this.#violated('T11', ended, at, message);
      }
      if (ended.isApplied) told.committed = ended;
    }
  }

  #onFetched(event: TraceEventOf<'offset-fetched'>, at: Occurrence): void {
    const told = this.#find(event, at);
    if (told === undefined || told.pending.size === 0) return;
    this.#context.evaluated('T11');
    if (event.error !== 0) return;
    const { group, partition, offset } = event;
    if (event.requireStable) {
      const message = `${at.node} answered who asked for a stable offset of ${partition} in group ${group} with ${offset}, which an open transaction may replace`;
      this.#violated('T11', event, at, message);
      return;
    }
    if (offset < 0 || told.committed === null || told.committed.offset === offset) return;
    for (const [producerId, pending] of told.pending) {
      if (pending.offset !== offset) continue;
      const message = `${at.node} told of ${partition}@${offset} in group ${group}, which producer ${producerId} has in a transaction that is open`;
      this.#violated('T11', event, at, message);
    }
  }

  #onRemoved({ group, partition, reason }: TraceEventOf<'offset-removed'>, at: Occurrence): void {
    const told = this.#find({ group, partition }, at);
    if (told !== undefined) told.committed = null;
    if (reason !== 'expired') return;
    this.#context.evaluated('GR9');
    if (told?.wasRemovedEarly === true)
      this.#violated(
        'GR9',
        { group, partition },
        at,
        `${at.node} let ${partition} of group ${group} expire while a transaction was open that commits an offset of it`,
      );
  }

  #violated(
    property: PropertyId,
    of: { readonly group: string; readonly partition: string },
    at: Occurrence,
    message: string,
  ): void {
    if (this.#guarantees.offsetsExcused(property, of.group)) return;
    this.#context.violated(property, message, { nodeId: at.nodeId, group: of.group, partition: of.partition });
  }

  #of(of: { readonly group: string; readonly partition: string }, offsetsPartition: number, at: Occurrence): Told {
    const key = keyOf(of, at);
    let told = this.#told.get(key);
    if (told === undefined) {
      told = { offsetsPartition, pending: new Map(), committed: null, wasRemovedEarly: false };
      this.#told.set(key, told);
    }
    return told;
  }

  #find(of: { readonly group: string; readonly partition: string }, at: Occurrence): Told | undefined {
    return this.#told.get(keyOf(of, at));
  }
}

function keyOf({ group, partition }: { readonly group: string; readonly partition: string }, at: Occurrence): string {
  return `${at.node}/${at.incarnation}/${group}/${partition}`;
}

export const transactionalOffsets = {
  properties: [
    {
      id: 'T11',
      title: 'offsets of a transaction count with its commit, from their place in the log on, and nobody is told of them before',
    },
    { id: 'GR9', title: 'no committed offset expires while an open transaction commits another one of its partition' },
  ],
  create: (context): Checker => {
    new TransactionalOffsets(context);
    return {};
  },
} as const satisfies PropertyDefinition;
