/**
 * How the faults of a plan are drawn. When they happen is drawn for all kinds together: slots, whose gaps add up to times. For each slot
 * every kind that is in play bids with a number of its own stream, and the highest bid has the slot (rendezvous hashing). So a kind that is
 * new, or gone, changes a plan only where it wins.
 *
 * Swarm: each kind first draws whether it is in play at all.
 */
import fc from 'fast-check';
import type { FaultPlan, FaultTarget, TopicPlan } from '../plan.ts';
import type { FaultDefinition, FaultWindow, Moment } from './definition.ts';
import { inWindow, type WindowDraw } from './transaction-windows.ts';

/** Trace events that a triggered fault may wait for: the steps around which windows are narrow. */
const TRIGGER_EVENTS = [
  'high-watermark-advanced',
  'became-leader',
  'became-follower',
  'isr-change-proposed',
  'isr-change-resolved',
  'log-truncated',
  'segment-rolled',
  'controller-activated',
  'quorum-leader-elected',
  'quorum-voted',
  'broker-session-expired',
  'group-transition',
  'offset-committed',
  'coordinator-loading',
  'snapshot-created',
  'produce-appended',
  'follower-progressed',
] as const;

/**
 * Those of them that a run has a few of: a fault that waits for a late one never comes, and what one that comes much later could
 * have interrupted is over.
 */
const RARE_EVENTS: ReadonlySet<string> = new Set<(typeof TRIGGER_EVENTS)[number]>([
  'log-truncated',
  'controller-activated',
  'quorum-leader-elected',
  'broker-session-expired',
]);
const RARE_NTH_MAX = 3;
const RARE_AFTER_MS_MAX = 10;
const NTH_MAX = 30;
const AFTER_MS_MAX = 300;

/** A time at which a fault happens. Small is early. */
export interface FaultSlot {
  readonly gapMs: number;
  readonly trigger: {
    readonly event: number;
    readonly nth: number;
    readonly afterMs: number;
    readonly atEmitter: boolean;
  } | null;
}

export const faultSlot: fc.Arbitrary<FaultSlot> = fc.record({
  gapMs: fc.integer({ min: 0, max: 5_000 }),
  trigger: fc.option(
    fc.record({
      event: fc.nat(TRIGGER_EVENTS.length - 1),
      nth: fc.integer({ min: 1, max: NTH_MAX }),
      afterMs: fc.integer({ min: 0, max: AFTER_MS_MAX }),
      atEmitter: fc.boolean(),
    }),
    { freq: 3, nil: null },
  ),
});

const STRENGTHS = 4;
const STRENGTH_MAX = 10_000;
const LENGTH_MAX = 10_000;

/** What a kind makes of a slot, if it gets it. Small is mild and short, so that fast-check shrinks well. */
export interface FaultBid {
  readonly height: number;
  readonly who: number;
  readonly howLong: number;
  readonly strength: readonly number[];
}

export const faultBid: fc.Arbitrary<FaultBid> = fc.record({
  height: fc.nat(0x3fff_ffff),
  who: fc.nat(1_000_000),
  howLong: fc.nat(LENGTH_MAX),
  strength: fc.array(fc.nat(STRENGTH_MAX), { minLength: STRENGTHS, maxLength: STRENGTHS }),
});

const RELUCTANCE_MAX = 9_999;
/** In play below this: a kind in half of the swarms, a rare one in an eighth. */
const IN_PLAY_BELOW = 5_000;
const RARE_BELOW = 1_250;

/** The moment of its kind's window after which a fault of this slot strikes; null: it strikes at another time. */
export function ownWindow({ moments, oneIn }: FaultWindow): fc.Arbitrary<Moment | null> {
  const others = (oneIn - 1) * moments.length;
  return fc.nat(oneIn * moments.length - 1).map((lot) => moments[lot - others] ?? null);
}

export const reluctance: fc.Arbitrary<number> = fc.nat(RELUCTANCE_MAX);

/** A kind as a plan has drawn it. */
export interface DrawnKind {
  readonly definition: FaultDefinition;
  readonly reluctance: number;
  /** One for each slot that there may be. */
  readonly bids: () => readonly FaultBid[];
  /** For each slot: the moment of the kind's window after which it strikes, if it gets it. */
  readonly windows: () => readonly (Moment | null)[];
}

/** The kinds of a swarm: at least one, the most willing, if there are any. */
export function swarmOf(kinds: readonly DrawnKind[]): readonly DrawnKind[] {
  const share = ({ definition, reluctance: drawn }: DrawnKind): number =>
    drawn / (definition.isRare === true ? RARE_BELOW : IN_PLAY_BELOW);
  const inPlay = kinds.filter((kind) => share(kind) < 1);
  return inPlay.length > 0 ? inPlay : kinds.toSorted((a, b) => share(a) - share(b)).slice(0, 1);
}

/** What faults can name in a plan. */
export interface FaultShape {
  readonly brokers: number;
  readonly controllers: number;
  readonly clients: number;
  readonly topics: readonly TopicPlan[];
  readonly groups: readonly string[];
  /** Of those who write in transactions. */
  readonly transactionalIds: readonly string[];
  readonly chaosMs: number;
  readonly triggers: boolean;
}

/**
 * The faults of the slots: what would begin after the chaos phase is left out, and slots that no kind in play can use. `windows`: for each slot
 * the window of a transaction that its fault waits for, if it does.
 */
export function faultsOf(
  slots: readonly FaultSlot[],
  inPlay: readonly DrawnKind[],
  shape: FaultShape,
  windows: readonly (WindowDraw | null)[] = [],
): FaultPlan[] {
  const bidders = inPlay.map(({ definition, bids, windows }) => ({ definition, bids: bids(), moments: windows() }));
  const faults: FaultPlan[] = [];
  let atMs = 0;
  for (const [index, slot] of slots.entries()) {
    atMs += slot.gapMs;
    if (atMs >= shape.chaosMs) break;
    let height = -1;
    let winner: FaultPlan | null = null;
    for (const { definition, bids, moments } of bidders) {
      const bid = bids[index];
      if (bid === undefined || bid.height <= height) continue;
      const fault = faultOf(definition, slot, bid, atMs, shape, windows[index] ?? null, moments[index] ?? null);
      if (fault === null) continue;
      height = bid.height;
      winner = fault;
    }
    if (winner !== null) faults.push(winner);
  }
  return faults;
}

/** Roles of single processes that emit trace events. */
const EMITTERS: ReadonlySet<FaultTarget['role']> = new Set(['broker', 'controller', 'client']);

/** What this kind makes of a slot; null if there is nobody in the plan for it to hit. */
function faultOf(
  definition: FaultDefinition,
  slot: FaultSlot,
  bid: FaultBid,
  atMs: number,
  shape: FaultShape,
  transactionWindow: WindowDraw | null,
  moment: Moment | null,
): FaultPlan | null {
  const drawnTarget = targetOf(definition, bid.who, shape);
  if (drawnTarget === null) return null;
  const trigger = shape.triggers ? slot.trigger : null;
  const target: FaultTarget =
    trigger?.atEmitter === true && definition.targets.some((role) => EMITTERS.has(role)) ? { role: 'emitter' } : drawnTarget;
  const params: Record<string, number> = {};
  Object.entries(definition.params).forEach(([key, range], index) => {
    const strength = bid.strength[index % STRENGTHS] ?? 0;
    params[key] = range.min + Math.floor(((range.max - range.min + 1) * strength) / (STRENGTH_MAX + 1));
  });
  const forMs = definition.minMs + Math.floor(((definition.maxMs - definition.minMs) * bid.howLong) / LENGTH_MAX);
  const when = trigger === null ? { atMs } : { on: occurrenceOf(trigger) };
  const { kind } = definition;
  if (transactionWindow !== null && shape.transactionalIds.length > 0)
    return { kind, ...inWindow(transactionWindow, definition, drawnTarget, shape.transactionalIds), forMs, params };
  if (moment !== null) {
    const { event, where, nthAtMost = 1 } = moment;
    const on = { event, ...(where === undefined ? {} : { where }), nth: 1 + (bid.who % nthAtMost), afterMs: 0 };
    return { kind, on, target: { role: 'emitter' }, forMs, params };
  }
  return { kind, ...when, target, forMs, params };
}

function occurrenceOf({ event: index, nth, afterMs }: NonNullable<FaultSlot['trigger']>): NonNullable<FaultPlan['on']> {
  const event = TRIGGER_EVENTS[index] as string;
  if (!RARE_EVENTS.has(event)) return { event, nth, afterMs };
  return {
    event,
    nth: Math.ceil((nth * RARE_NTH_MAX) / NTH_MAX),
    afterMs: Math.floor((afterMs * RARE_AFTER_MS_MAX) / AFTER_MS_MAX),
  };
}

function targetOf(definition: FaultDefinition, who: number, shape: FaultShape): FaultTarget | null {
  const roles = definition.targets;
  const role = roles[who % roles.length];
  const rest = Math.floor(who / roles.length);
  const partition = (): string => {
    const topics = [
      ...shape.topics.map((t) => ({ name: t.name, partitions: t.partitions })),
      { name: '__consumer_offsets', partitions: 1 },
    ];
    const topic = topics[rest % topics.length] as { name: string; partitions: number };
    return `${topic.name}-${Math.floor(rest / topics.length) % topic.partitions}`;
  };
  switch (role) {
    case 'broker':
      return { role, index: rest % shape.brokers };
    case 'controller':
      return { role, index: rest % shape.controllers };
    case 'client':
      return shape.clients === 0 ? null : { role, index: rest % shape.clients };
    case 'leader':
    case 'in-sync-follower':
      return { role, partition: partition() };
    case 'coordinator':
      return shape.groups.length === 0 ? null : { role, group: shape.groups[rest % shape.groups.length] as string };
    case 'rack':
      return { role, index: rest % 3 };
    case 'active-controller':
    case 'cluster':
      return { role };
    default:
      return null;
  }
}
