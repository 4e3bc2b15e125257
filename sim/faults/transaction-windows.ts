/**
 * The narrow windows of a transaction, as trace events after which a fault strikes at once: what is between two of its steps lasts a few
 * milliseconds, which random times miss. Only plans in which somebody writes in transactions draw from them.
 */
import fc from 'fast-check';
import type { TraceEventType } from '../../core/trace.ts';
import type { ClientPlan, FaultPlan, FaultTarget } from '../plan.ts';
import type { FaultDefinition } from './definition.ts';

interface TransactionWindow {
  readonly event: TraceEventType;
  readonly where?: Readonly<Record<string, string | number | boolean>>;
}

/** A step of the coordinator that is written down, and applied. */
const reached = (to: string): TransactionWindow => ({ event: 'transaction-transition', where: { to } });
/** A step of the coordinator that is not yet written down. */
const begun = (to: string): TransactionWindow => ({ event: 'transaction-transition-begun', where: { to } });
const because = (reason: string): TransactionWindow => ({ event: 'transaction-transition', where: { reason } });

const WINDOWS: readonly TransactionWindow[] = [
  // The decision is on its way, and then it is made, and nobody has been told.
  begun('PrepareCommit'),
  begun('PrepareAbort'),
  reached('PrepareCommit'),
  reached('PrepareAbort'),
  // Between markers.
  { event: 'transaction-markers-sent' },
  { event: 'transaction-markers-answered' },
  { event: 'transaction-marker-appended', where: { byLeader: true } },
  // All markers are there, and the coordinator has not written that down.
  begun('CompleteCommit'),
  begun('CompleteAbort'),
  reached('CompleteCommit'),
  // Partitions are added, and nothing is in them yet.
  because('add-partitions'),
  { event: 'transaction-verified' },
  { event: 'transaction-opened' },
  // A coordinator takes over.
  { event: 'transaction-coordinator-loading' },
  { event: 'transaction-coordinator-loaded' },
  { event: 'last-stable-offset-advanced' },
  // Somebody is fenced, whose requests may be under way.
  because('fenced'),
  because('init-producer-id'),
  { event: 'transaction-timed-out' },
  // Offsets are pending in the group.
  { event: 'transactional-offset-written' },
  { event: 'transactional-offsets-ended' },
  // The client's own steps: what it sends now may outlive its connection.
  { event: 'producer-transaction', where: { to: 'in-transaction' } },
  { event: 'producer-transaction', where: { to: 'committing' } },
  { event: 'producer-transaction', where: { to: 'aborting' } },
];

/** As it is drawn for a slot; small is early. */
export interface WindowDraw {
  readonly which: number;
  readonly nth: number;
  readonly afterMs: number;
  /** Whom it hits: the emitter, the coordinator of a transactional id, or whom the kind has drawn. */
  readonly who: number;
}

const WHICH_MAX = 1_000_000;
const NTH_MAX = 12;
/** Of most of them there is one a transaction, and what is between two steps is over after a few milliseconds. */
const AFTER_MS_MAX = 4;
const HITS = 4;

/** One of `oneIn` slots is a window. */
export function windowDraw(oneIn: number): fc.Arbitrary<WindowDraw | null> {
  const draw = fc.record({
    which: fc.nat(WHICH_MAX),
    nth: fc.integer({ min: 1, max: NTH_MAX }),
    afterMs: fc.integer({ min: 0, max: AFTER_MS_MAX }),
    who: fc.nat(WHICH_MAX),
  });
  return fc.tuple(fc.nat(oneIn - 1), draw).map(([lot, window]) => (lot === oneIn - 1 ? window : null));
}

/** The transactional ids that a plan gives to its clients. */
export function transactionalIdsOf(clients: readonly ClientPlan[]): string[] {
  return [...new Set(clients.map(({ properties }) => properties['transactional.id']).filter((id) => typeof id === 'string'))];
}

/** What a fault of this kind waits for in a window, and whom it hits. `drawn`: whom it would hit at another time. */
export function inWindow(
  { which, nth, afterMs, who }: WindowDraw,
  { targets }: FaultDefinition,
  drawn: FaultTarget,
  transactionalIds: readonly string[],
): Pick<FaultPlan, 'on' | 'target'> {
  const window = WINDOWS[which % WINDOWS.length] as TransactionWindow;
  const on = { ...window, nth, afterMs };
  const emitter = window.event === 'producer-transaction' ? 'client' : 'broker';
  const hit = who % HITS;
  if (hit < 2 && targets.includes(emitter)) return { on, target: { role: 'emitter' } };
  if (hit < HITS - 1 && targets.includes('broker')) {
    const transactionalId = transactionalIds[Math.floor(who / HITS) % transactionalIds.length] as string;
    return { on, target: { role: 'transaction-coordinator', transactionalId } };
  }
  return { on, target: drawn };
}
