/**
 * From a seed to a Plan. A PlanSpec says which values of a plan are fixed and which are drawn; it becomes a fast-check
 * arbitrary of Plans, which shrinks towards fewer faults, fewer clients and simpler values; a seed is one sample of each of its
 * values, from a stream named after the value (sections.ts). How faults are drawn is in faults/draw.ts.
 */
import fc from 'fast-check';
import { highestLevel, type OlderRelease } from '../core/broker/index.ts';
import { nodesOf } from './cluster.ts';
import type { FaultDefinition } from './faults/definition.ts';
import type { BrokerConfigName } from '../core/config/index.ts';
import { type DrawnKind, faultBid, faultSlot, faultsOf, ownWindow, reluctance, swarmOf } from './faults/draw.ts';
import { transactionalIdsOf, windowDraw } from './faults/transaction-windows.ts';
import { ELR_FEATURE } from '../core/metadata/eligible-leader-replicas.ts';
import { GROUP_VERSION, TRANSACTION_VERSION } from '../core/metadata/features.ts';
import { DIRECTORIES_MIN_METADATA_VERSION, METADATA_VERSION, supportsElr } from '../core/metadata/metadata-version.ts';
import type { ClientPlan, FaultPlan, featureLevels, Plan, TopicPlan, WorldPlan } from './plan.ts';
import { type Draws, Sections } from './sections.ts';

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
  /** Kafka client properties; `{process}` is the name of each process. */
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
  /** One of so many faults strikes within a narrow window of a transaction, in plans whose clients have transactional ids. */
  readonly transactionWindowsOneIn?: number;
}

/** How often some of a cluster is of an older release. */
interface ReleaseSpec {
  readonly of: readonly OlderRelease[];
  /** In one of so many plans the nodes are of two releases; the cluster's metadata.version is then at most the highest that the older knows. */
  readonly nodesOneIn: number;
  /** One of so many clients is of an older one. */
  readonly clientsOneIn: number;
}

export interface PlanSpec {
  readonly scenario: string;
  readonly cluster: {
    readonly brokers: Drawn<number>;
    readonly controllers: Drawn<number>;
    readonly combined?: Drawn<boolean>;
    readonly racks?: Drawn<number>;
    readonly logDirs?: Drawn<number>;
    /**
     * Levels of features that the cluster begins with. Most plans have eligible leader replicas (KIP-966) and the newest protocol of transactions
     * (KIP-890), as new clusters of Kafka have.
     */
    readonly features?: Readonly<Partial<Record<FeatureName, Drawn<number>>>>;
    /** `metadata.max.idle.interval.ms` is drawn unless given. */
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
  /** None is, if left out. */
  readonly releases?: ReleaseSpec;
  readonly heal?: { readonly restartAll?: Drawn<boolean>; readonly leaveMinorityDown?: Drawn<boolean> };
  readonly budget?: Drawn<'within' | 'beyond'>;
}

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

type FeatureName = keyof typeof featureLevels;
type FeaturesPlan = NonNullable<Plan['cluster']['features']>;

const DEFAULT_FEATURES = {
  [ELR_FEATURE]: { oneOf: [1, 1, 1, 0] },
  [GROUP_VERSION]: 1,
  [TRANSACTION_VERSION]: { oneOf: [2, 2, 2, 1, 0] },
} satisfies Partial<Record<FeatureName, Drawn<number>>>;

/** At Kafka's default most of what a quorum does is replicating records that say nothing; a quarter of the plans have it so. */
const DEFAULT_PROPERTIES = {
  'metadata.max.idle.interval.ms': { oneOf: [5_000, 5_000, 5_000, 500] },
} satisfies Partial<Record<BrokerConfigName, Drawn<number>>>;

/**
 * The levels that go together, and with so many log directories: below 4.0-IV1 the metadata has no place for eligible leader replicas, and
 * below 3.7-IV2 Kafka's brokers must have one log directory.
 */
function fitting(levels: FeaturesPlan, logDirs: number): FeaturesPlan {
  const drawn = levels[METADATA_VERSION];
  if (drawn === undefined) return levels;
  const level = logDirs > 1 ? Math.max(drawn, DIRECTORIES_MIN_METADATA_VERSION) : drawn;
  return { ...levels, [METADATA_VERSION]: level, ...(supportsElr(level) ? {} : { [ELR_FEATURE]: 0 }) };
}

function valuesOf<T>(value: Drawn<T>): fc.Arbitrary<T | undefined> {
  if (typeof value === 'object' && value !== null) {
    if ('oneOf' in value) return fc.constantFrom(...value.oneOf);
    if ('from' in value) return fc.integer({ min: value.from, max: value.to }) as unknown as fc.Arbitrary<T>;
  }
  return fc.constant(value as T);
}

function most(value: Drawn<number>): number {
  if (typeof value === 'number') return value;
  if ('oneOf' in value) return Math.max(0, ...value.oneOf.map((v) => v ?? 0));
  return value.to;
}

type Read<T> = (drawn: Draws) => T;

const NEWEST: Read<OlderRelease | null> = () => null;

/** An older release in one of so many; mostly none. */
function olderRelease(of: readonly OlderRelease[], oneIn: number): fc.Arbitrary<OlderRelease | null> {
  return fc.tuple(fc.nat(oneIn - 1), fc.constantFrom(...of)).map(([lot, release]) => (lot === oneIn - 1 ? release : null));
}

/** The sections of the plans of a spec, and how a plan is put together from them. */
class PlanShape {
  readonly sections = new Sections();
  readonly toPlan: Read<Plan>;

  /** `definitions` are the kinds of fault by name. */
  constructor(spec: PlanSpec, definitions: ReadonlyMap<string, FaultDefinition>) {
    const seed = this.sections.add('seed', fc.nat(0x7fffffff));
    const newCluster = this.#cluster(spec);
    const releases = this.#releases(spec);
    const topics = spec.topics.map((topic) => this.#topic(topic));
    const clients = spec.clients.map((client) => this.#clients(client, spec.releases));
    const world = this.#map('world', spec.world as Readonly<Record<string, Drawn<Scalar>>> | undefined);
    const warmUpMs = this.#value('warmUpMs', spec.warmUpMs ?? 2_000);
    const chaosMs = this.#value('chaosMs', spec.chaosMs);
    const faults = this.#faults(spec, definitions);
    const restartAll = this.#value('heal/restartAll', spec.heal?.restartAll ?? false);
    const leaveMinorityDown = this.#value('heal/leaveMinorityDown', spec.heal?.leaveMinorityDown ?? false);
    const budget = this.#value('budget', spec.budget ?? 'within');
    this.toPlan = (drawn) => {
      const plan = {
        formatVersion: 1,
        scenario: spec.scenario,
        seed: seed(drawn),
        cluster: releases(drawn, newCluster(drawn)),
        topics: topics.map((topic) => topic(drawn)),
        clients: clients.flatMap((some) => some(drawn)),
        world: { ...DEFAULT_WORLD, ...world(drawn) } as WorldPlan,
        warmUpMs: warmUpMs(drawn) ?? 0,
        chaosMs: chaosMs(drawn) ?? 0,
        faults: [],
        heal: { restartAll: restartAll(drawn) ?? false, leaveMinorityDown: leaveMinorityDown(drawn) ?? false },
        budget: budget(drawn) ?? 'within',
      } as const satisfies Plan;
      return { ...plan, faults: [...(spec.faults.always ?? []), ...faults(drawn, plan)] };
    };
  }

  #value<T>(name: string, value: Drawn<T>): Read<T | undefined> {
    return this.sections.add(name, valuesOf(value));
  }

  #map<T extends Scalar>(name: string, map: Readonly<Record<string, Drawn<T>>> | undefined): Read<Record<string, T>> {
    const entries = Object.entries(map ?? {}).map(([key, value]) => [key, this.#value(`${name}/${key}`, value)] as const);
    return (drawn) => {
      const out: Record<string, T> = {};
      for (const [key, read] of entries) {
        const value = read(drawn);
        if (value !== undefined) out[key] = value;
      }
      return out;
    };
  }

  #properties(
    name: string,
    spec: { readonly properties?: Readonly<Record<string, Drawn<Scalar>>>; readonly together?: Together },
  ): Read<Record<string, Scalar>> {
    const single = this.#map(name, spec.properties);
    const sets = (spec.together ?? []).map((list, index) =>
      this.sections.add(`${name}/together/${index}`, fc.constantFrom(...list)),
    );
    return (drawn) => Object.assign(single(drawn), ...sets.map((set) => set(drawn))) as Record<string, Scalar>;
  }

  #cluster({ cluster: spec }: PlanSpec): Read<Plan['cluster']> {
    const brokersOf = this.#value('cluster/brokers', spec.brokers);
    const controllersOf = this.#value('cluster/controllers', spec.controllers);
    const combinedOf = this.#value('cluster/combined', spec.combined ?? false);
    const racksOf = this.#value('cluster/racks', spec.racks ?? 1);
    const logDirsOf = this.#value('cluster/logDirs', spec.logDirs ?? 1);
    const featuresOf = this.#map('cluster/features', { ...DEFAULT_FEATURES, ...spec.features });
    const propertiesOf = this.#properties('cluster/properties', {
      ...spec,
      properties: { ...DEFAULT_PROPERTIES, ...spec.properties },
    });
    return (drawn) => {
      const brokers = brokersOf(drawn) ?? 3;
      const logDirs = logDirsOf(drawn) ?? 1;
      const combined = combinedOf(drawn) ?? false;
      const controllers = controllersOf(drawn) ?? 3;
      return {
        brokers,
        controllers: combined ? amongBrokers(controllers, brokers) : controllers,
        combined,
        racks: Math.min(racksOf(drawn) ?? 1, brokers),
        logDirs,
        features: fitting(featuresOf(drawn), logDirs),
        properties: propertiesOf(drawn),
      };
    };
  }

  /** Which nodes of the cluster are of an older release, if any is. */
  #releases({ releases: spec }: PlanSpec): (drawn: Draws, cluster: Plan['cluster']) => Plan['cluster'] {
    if (spec === undefined) return (_, cluster) => cluster;
    const releaseOf = this.sections.add('cluster/release', olderRelease(spec.of, spec.nodesOneIn));
    const isOlder = this.sections.add('cluster/release/nodes', fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }));
    const isUpgraded = this.sections.add('cluster/release/upgrade', fc.boolean());
    return (drawn, cluster) => {
      const release = releaseOf(drawn);
      if (release === null) return cluster;
      const known = highestLevel(release, METADATA_VERSION);
      const level = cluster.features?.[METADATA_VERSION] ?? known;
      const lowered = (feature: typeof GROUP_VERSION | typeof TRANSACTION_VERSION): number =>
        Math.min(cluster.features?.[feature] ?? 0, highestLevel(release, feature));
      const pattern = isOlder(drawn);
      const nodes = nodesOf({ cluster }).filter((_, index) => index === 0 || pattern[index % pattern.length] === true);
      return {
        ...cluster,
        features: fitting(
          {
            ...cluster.features,
            [METADATA_VERSION]: Math.min(level, known),
            [GROUP_VERSION]: lowered(GROUP_VERSION),
            [TRANSACTION_VERSION]: lowered(TRANSACTION_VERSION),
          },
          cluster.logDirs,
        ),
        releases: Object.fromEntries(nodes.map(({ name }) => [name, release])),
        upgradedByRestart: isUpgraded(drawn),
      };
    };
  }

  #topic(spec: TopicSpec): Read<TopicPlan> {
    const { name } = spec;
    const partitions = this.#value(`topics/${name}/partitions`, spec.partitions);
    const replicationFactor = this.#value(`topics/${name}/replicationFactor`, spec.replicationFactor);
    const configs = this.#map(`topics/${name}/configs`, spec.configs);
    return (drawn) => ({
      name,
      partitions: partitions(drawn) ?? 1,
      replicationFactor: replicationFactor(drawn) ?? 3,
      configs: Object.fromEntries(Object.entries(configs(drawn)).map(([config, value]) => [config, String(value)])),
    });
  }

  /** All that a client spec may draw, of which a plan has the first few. */
  #clients(spec: ClientSpec, releases: ReleaseSpec | undefined): Read<ClientPlan[]> {
    const count = this.#value(`clients/${spec.name}/count`, spec.count);
    const each = Array.from({ length: most(spec.count) }, (_, index) => {
      const name = `${spec.name}-${index + 1}`;
      const properties = this.#properties(`clients/${name}/properties`, spec);
      const params = this.#map(`clients/${name}/params`, spec.params);
      const release =
        releases === undefined
          ? NEWEST
          : this.sections.add(`clients/${name}/release`, olderRelease(releases.of, releases.clientsOneIn));
      return (drawn: Draws): ClientPlan => {
        const older = release(drawn);
        return {
          name,
          workload: spec.workload ?? spec.name,
          properties: named(properties(drawn), name),
          params: params(drawn),
          ...(older === null ? {} : { release: older }),
        };
      };
    });
    return (drawn) => each.slice(0, count(drawn) ?? 0).map((client) => client(drawn));
  }

  #faults(
    { faults: spec }: PlanSpec,
    definitions: ReadonlyMap<string, FaultDefinition>,
  ): (drawn: Draws, plan: Plan) => FaultPlan[] {
    const { atMost, atLeast = 0, swarm, triggers = false, transactionWindowsOneIn } = spec;
    const slots = this.sections.add('faults', fc.array(faultSlot, { minLength: atLeast, maxLength: atMost, size: 'max' }));
    const windows =
      transactionWindowsOneIn === undefined
        ? () => []
        : this.sections.add(
            'faults/transaction-windows',
            fc.array(windowDraw(transactionWindowsOneIn), { minLength: atMost, maxLength: atMost, size: 'max' }),
          );
    const kinds = [...new Set(spec.kinds)].flatMap((kind) => {
      const definition = definitions.get(kind);
      if (definition === undefined) return [];
      const isWilling = this.sections.add(`faults/${kind}`, reluctance);
      const bids = fc.array(faultBid, { minLength: atMost, maxLength: atMost, size: 'max' });
      const { window } = definition;
      const windows =
        window === undefined || !triggers
          ? () => []
          : this.sections.add(
              `faults/${kind}/windows`,
              fc.array(ownWindow(window), { minLength: atMost, maxLength: atMost, size: 'max' }),
            );
      return { definition, isWilling, bids: this.sections.add(`faults/${kind}/bids`, bids), windows };
    });
    return (drawn, plan) => {
      const possible = kinds
        .filter(({ definition }) => plan.budget === 'beyond' || definition.stake !== 'beyond')
        .map(
          ({ definition, isWilling, bids, windows: ownWindows }): DrawnKind => ({
            definition,
            reluctance: swarm ? isWilling(drawn) : 0,
            bids: () => bids(drawn),
            windows: () => ownWindows(drawn),
          }),
        );
      const shape = {
        ...plan.cluster,
        topics: plan.topics,
        clients: plan.clients.length,
        groups: groupsOf(plan.clients),
        transactionalIds: transactionalIdsOf(plan.clients),
        chaosMs: plan.chaosMs,
        triggers,
      };
      return faultsOf(slots(drawn), swarm ? swarmOf(possible) : possible, shape, windows(drawn));
    };
  }
}

/** Stands for the name of the process in properties of a client: each of several has a transactional id of its own. */
const PROCESS = '{process}';

function named(properties: Readonly<Record<string, Scalar>>, name: string): Record<string, Scalar> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, value === PROCESS ? name : value]));
}

/** Arbitrary of the plans that a spec allows. `definitions` are the kinds of fault by name. */
export function planArbitrary(spec: PlanSpec, definitions: ReadonlyMap<string, FaultDefinition>): fc.Arbitrary<Plan> {
  const { sections, toPlan } = new PlanShape(spec, definitions);
  return sections.arbitrary(toPlan);
}

/** The plan that seed N generates. The same seed gives the same plan on every machine with this version. */
export function planOfSeed(spec: PlanSpec, definitions: ReadonlyMap<string, FaultDefinition>, seed: number): Plan {
  const { sections, toPlan } = new PlanShape(spec, definitions);
  return { ...sections.ofSeed(seed, toPlan), seed };
}

/** Controllers that are brokers: where more were drawn than there are brokers, the largest odd number that there can be. */
function amongBrokers(controllers: number, brokers: number): number {
  if (controllers <= brokers) return controllers;
  return brokers % 2 === 0 ? brokers - 1 : brokers;
}

function groupsOf(clients: readonly ClientPlan[]): string[] {
  return [...new Set(clients.map((client) => client.properties['group.id']).filter((group) => typeof group === 'string'))];
}
