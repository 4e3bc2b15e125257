/**
 * From a seed to a Plan. A PlanSpec says which values of a plan are fixed and which are drawn; it becomes a fast-check
 * arbitrary of Plans, which shrinks towards fewer faults, fewer clients and simpler values; a seed is one sample of it.
 *
 * Swarm: each plan first draws which kinds of fault are in play at all and then draws its faults from those alone. Everything
 * is one flat record that is mapped to a Plan at the end, because chained arbitraries do not shrink.
 */
import fc from 'fast-check';
import type { FaultDefinition, FaultDraw } from './faults/definition.ts';
import type { ClientPlan, FaultPlan, FaultTarget, Plan, TopicPlan, WorldPlan } from './plan.ts';

export type Scalar = string | number | boolean;

/** A fixed value, one of several (undefined: leave the property out), or a whole number of a range. */
export type Drawn<T> = T | { readonly oneOf: readonly (T | undefined)[] } | { readonly from: number; readonly to: number };

/** Lists of property sets; one set of each list is drawn. */
type Together = readonly (readonly Readonly<Record<string, Scalar>>[])[];

export interface TopicSpec {
  readonly name: string;
  readonly partitions: Drawn<number>;
  readonly replicationFactor: Drawn<number>;
  readonly configs?: Readonly<Record<string, Drawn<Scalar>>>;
}

export interface ClientSpec {
  /** Processes are called `name-1`, `name-2`, ... */
  readonly name: string;
  /** Which workload of the scenario it runs; by default the one called as the client. */
  readonly workload?: string;
  readonly count: Drawn<number>;
  /** Kafka client properties. */
  readonly properties?: Readonly<Record<string, Drawn<Scalar>>>;
  /** Properties that only make sense together: of each list one set is drawn. */
  readonly together?: Together;
  /** Parameters of the workload. */
  readonly params?: Readonly<Record<string, Drawn<Scalar>>>;
}

export interface FaultSpec {
  /** Kinds that may be drawn. */
  readonly kinds: readonly string[];
  /** Most faults of a plan. */
  readonly atMost: number;
  /** Fewest faults; more than zero makes shrinking stop there. */
  readonly atLeast?: number;
  /** Draw a subset of the kinds first. */
  readonly swarm: boolean;
  /** Faults that every plan has. */
  readonly always?: readonly FaultPlan[];
  /** Let some faults wait for a trace event instead of a time. */
  readonly triggers?: boolean;
}

export interface PlanSpec {
  readonly scenario: string;
  readonly cluster: {
    readonly brokers: Drawn<number>;
    readonly controllers: Drawn<number>;
    readonly combined?: Drawn<boolean>;
    readonly racks?: Drawn<number>;
    readonly logDirs?: Drawn<number>;
    readonly properties?: Readonly<Record<string, Drawn<Scalar>>>;
    /** Properties that only make sense together: of each list one set is drawn. */
    readonly together?: Together;
  };
  readonly topics: readonly TopicSpec[];
  readonly clients: readonly ClientSpec[];
  readonly world?: Readonly<Partial<Record<keyof WorldPlan, Drawn<Scalar>>>>;
  readonly warmUpMs?: Drawn<number>;
  readonly chaosMs: Drawn<number>;
  readonly faults: FaultSpec;
  readonly heal?: { readonly restartAll?: Drawn<boolean>; readonly leaveMinorityDown?: Drawn<boolean> };
  readonly budget?: Drawn<'within' | 'beyond'>;
}

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

const DEFAULT_WORLD: WorldPlan = {
  latencyUs: 500,
  jitterUs: 500,
  bytesPerMs: 100_000,
  syncUs: 1_000,
  serviceUs: 5,
  serviceUsPerKiB: 2,
  wallSkewMs: 0,
  driftPpm: 0,
  buggify: false,
};

function drawn<T>(value: Drawn<T>): fc.Arbitrary<T | undefined> {
  if (typeof value === 'object' && value !== null) {
    if ('oneOf' in value) return fc.constantFrom(...value.oneOf);
    if ('from' in value) return fc.integer({ min: value.from, max: value.to }) as unknown as fc.Arbitrary<T>;
  }
  return fc.constant(value as T);
}

function drawnMap<T extends Scalar>(map: Readonly<Record<string, Drawn<T>>> | undefined): fc.Arbitrary<Record<string, T>> {
  const entries = Object.entries(map ?? {});
  return fc.tuple(...entries.map(([, value]) => drawn(value))).map((values) => {
    const out: Record<string, T> = {};
    entries.forEach(([key], index) => {
      const value = values[index];
      if (value !== undefined) out[key] = value;
    });
    return out;
  });
}

function drawnProperties(spec: {
  readonly properties?: Readonly<Record<string, Drawn<Scalar>>>;
  readonly together?: Together;
}): fc.Arbitrary<Record<string, Scalar>> {
  const sets = fc.tuple(...(spec.together ?? []).map((list) => fc.constantFrom(...list)));
  return fc
    .tuple(drawnMap(spec.properties), sets)
    .map(([single, chosen]) => Object.assign({ ...single }, ...chosen) as Record<string, Scalar>);
}

function most(value: Drawn<number>): number {
  if (typeof value === 'number') return value;
  if ('oneOf' in value) return Math.max(0, ...value.oneOf.map((v) => v ?? 0));
  return value.to;
}

function fewest(value: Drawn<number>): number {
  if (typeof value === 'number') return value;
  if ('oneOf' in value) return Math.min(...value.oneOf.map((v) => v ?? 0));
  return value.from;
}

const STRENGTHS = 4;
const STRENGTH_MAX = 10_000;

const faultDraw: fc.Arbitrary<FaultDraw> = fc.record({
  gapMs: fc.integer({ min: 0, max: 5_000 }),
  pick: fc.nat(1_000_000),
  who: fc.nat(1_000_000),
  howLong: fc.nat(10_000),
  strength: fc.array(fc.nat(STRENGTH_MAX), { minLength: STRENGTHS, maxLength: STRENGTHS }),
  trigger: fc.option(
    fc.record({
      event: fc.nat(TRIGGER_EVENTS.length - 1),
      nth: fc.integer({ min: 1, max: 30 }),
      afterMs: fc.integer({ min: 0, max: 300 }),
      atEmitter: fc.boolean(),
    }),
    { freq: 3, nil: null },
  ),
});

/** Arbitrary of the plans that a spec allows. `definitions` are the kinds of fault by name. */
export function planArbitrary(spec: PlanSpec, definitions: ReadonlyMap<string, FaultDefinition>): fc.Arbitrary<Plan> {
  const kinds = spec.faults.kinds;
  return fc
    .record({
      seed: fc.nat(0x7fffffff),
      brokers: drawn(spec.cluster.brokers),
      controllers: drawn(spec.cluster.controllers),
      combined: drawn(spec.cluster.combined ?? false),
      racks: drawn(spec.cluster.racks ?? 1),
      logDirs: drawn(spec.cluster.logDirs ?? 1),
      properties: drawnProperties(spec.cluster),
      topics: fc.tuple(
        ...spec.topics.map((topic) =>
          fc.record({
            partitions: drawn(topic.partitions),
            replicationFactor: drawn(topic.replicationFactor),
            configs: drawnMap(topic.configs),
          }),
        ),
      ),
      clients: fc.tuple(
        ...spec.clients.map((client) =>
          fc.array(fc.record({ properties: drawnProperties(client), params: drawnMap(client.params) }), {
            minLength: fewest(client.count),
            maxLength: most(client.count),
            size: 'max',
          }),
        ),
      ),
      world: drawnMap(spec.world as Readonly<Record<string, Drawn<Scalar>>>),
      warmUpMs: drawn(spec.warmUpMs ?? 2_000),
      chaosMs: drawn(spec.chaosMs),
      inPlay: spec.faults.swarm ? fc.subarray([...kinds], { minLength: Math.min(1, kinds.length) }) : fc.constant([...kinds]),
      draws: fc.array(faultDraw, { minLength: spec.faults.atLeast ?? 0, maxLength: spec.faults.atMost, size: 'max' }),
      restartAll: drawn(spec.heal?.restartAll ?? false),
      leaveMinorityDown: drawn(spec.heal?.leaveMinorityDown ?? false),
      budget: drawn(spec.budget ?? 'within'),
    })
    .map((draws): Plan => {
      const brokers = draws.brokers ?? 3;
      const combined = draws.combined ?? false;
      const controllers = combined ? amongBrokers(draws.controllers ?? 3, brokers) : (draws.controllers ?? 3);
      const budget = draws.budget ?? 'within';
      const topics: TopicPlan[] = spec.topics.map((topic, index) => {
        const given = draws.topics[index];
        return {
          name: topic.name,
          partitions: given?.partitions ?? 1,
          replicationFactor: given?.replicationFactor ?? 3,
          configs: Object.fromEntries(Object.entries(given?.configs ?? {}).map(([config, value]) => [config, String(value)])),
        };
      });
      const clients: ClientPlan[] = spec.clients.flatMap((client, index) =>
        (draws.clients[index] ?? []).map((given, nth) => ({
          name: `${client.name}-${nth + 1}`,
          workload: client.workload ?? client.name,
          properties: given.properties,
          params: given.params,
        })),
      );
      const shape: FaultShape = {
        brokers,
        controllers,
        clients: clients.length,
        topics,
        groups: groupsOf(clients),
        chaosMs: draws.chaosMs ?? 0,
        triggers: spec.faults.triggers === true,
      };
      const inPlay = draws.inPlay
        .map((kind) => definitions.get(kind))
        .filter((definition) => definition !== undefined)
        .filter((definition) => budget === 'beyond' || definition.beyondBudget !== true);
      return {
        formatVersion: 1,
        scenario: spec.scenario,
        seed: draws.seed,
        cluster: {
          brokers,
          controllers,
          combined,
          racks: Math.min(draws.racks ?? 1, brokers),
          logDirs: draws.logDirs ?? 1,
          properties: draws.properties,
        },
        topics,
        clients,
        world: { ...DEFAULT_WORLD, ...draws.world } as WorldPlan,
        warmUpMs: draws.warmUpMs ?? 0,
        chaosMs: draws.chaosMs ?? 0,
        faults: [...(spec.faults.always ?? []), ...faultsOf(draws.draws, inPlay, shape)],
        heal: { restartAll: draws.restartAll ?? false, leaveMinorityDown: draws.leaveMinorityDown ?? false },
        budget,
      };
    });
}

/** Controllers that are brokers: where more were drawn than there are brokers, the largest odd number that there can be. */
function amongBrokers(controllers: number, brokers: number): number {
  if (controllers <= brokers) return controllers;
  return brokers % 2 === 0 ? brokers - 1 : brokers;
}

interface FaultShape {
  readonly brokers: number;
  readonly controllers: number;
  readonly clients: number;
  readonly topics: readonly TopicPlan[];
  readonly groups: readonly string[];
  readonly chaosMs: number;
  readonly triggers: boolean;
}

function groupsOf(clients: readonly ClientPlan[]): string[] {
  return [...new Set(clients.map((client) => client.properties['group.id']).filter((group) => typeof group === 'string'))];
}

/** Roles of single processes that emit trace events. */
const EMITTERS: ReadonlySet<FaultTarget['role']> = new Set(['broker', 'controller', 'client']);

/** Turns draws into faults: gaps are cumulated to times; what would begin after the chaos phase is left out. */
function faultsOf(draws: readonly FaultDraw[], inPlay: readonly FaultDefinition[], shape: FaultShape): FaultPlan[] {
  if (inPlay.length === 0) return [];
  const faults: FaultPlan[] = [];
  let atMs = 0;
  for (const draw of draws) {
    atMs += draw.gapMs;
    if (atMs >= shape.chaosMs) break;
    const definition = inPlay[draw.pick % inPlay.length];
    if (definition === undefined) continue;
    const drawnTarget = targetOf(definition, draw.who, shape);
    if (drawnTarget === null) continue;
    const isTriggered = shape.triggers && draw.trigger !== null;
    const target: FaultTarget =
      isTriggered && draw.trigger.atEmitter && definition.targets.some((role) => EMITTERS.has(role))
        ? { role: 'emitter' }
        : drawnTarget;
    const params: Record<string, number> = {};
    Object.entries(definition.params).forEach(([key, range], index) => {
      const strength = draw.strength[index % STRENGTHS] ?? 0;
      params[key] = range.min + Math.floor(((range.max - range.min + 1) * strength) / (STRENGTH_MAX + 1));
    });
    const forMs = definition.minMs + Math.floor(((definition.maxMs - definition.minMs) * draw.howLong) / 10_000);
    const when = isTriggered
      ? { on: { event: TRIGGER_EVENTS[draw.trigger.event] as string, nth: draw.trigger.nth, afterMs: draw.trigger.afterMs } }
      : { atMs };
    faults.push({ kind: definition.kind, ...when, target, forMs, params });
  }
  return faults;
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

/** The plan that seed N generates: one unbiased sample. The same seed gives the same plan on every machine with this version. */
export function planOfSeed(spec: PlanSpec, definitions: ReadonlyMap<string, FaultDefinition>, seed: number): Plan {
  const sample = fc.sample(fc.noBias(planArbitrary(spec, definitions)), { seed: scatter(seed), numRuns: 1 })[0];
  if (sample === undefined) throw new Error('fast-check gave no sample');
  return { ...sample, seed };
}

/** Neighbouring seeds would give neighbouring generator states: mix the bits first (murmur3's finalizer). */
function scatter(seed: number): number {
  let h = (seed ^ Math.floor(seed / 0x100000000)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
