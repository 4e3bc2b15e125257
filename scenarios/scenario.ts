/**
 * What a scenario is, and how to write one: cluster shape, topics, clients (async functions that use Kafka clients), fault
 * profile, properties. One file exports one scenario as its default.
 */
import type { BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig } from '../core/config/index.ts';
import { DIRECTED_PROPERTIES, PROPERTY_TITLES, type PropertyId } from '../properties/registry.ts';
import type { PropertyDefinition } from '../sim/observe.ts';
import type { ClientSpec, Drawn, FaultSpec, PlanSpec, Scalar, TopicSpec } from '../sim/generate.ts';
import { misfit } from '../core/config/strict.ts';
import { type FaultKind, FAULTS } from '../sim/faults/registry.ts';
import type { FaultPlan } from '../sim/plan.ts';
import type { ParamsShape, Workload } from '../sim/workload/context.ts';
import type { TransactionStep } from '../sim/transaction-steps.ts';
import { scenarioMisfit } from './misfits.ts';
import { scenarioSchema } from './schema.ts';

/** Configs by Kafka's names, each fixed or drawn; an editor completes the names. */
type Configs<Config> = { readonly [Name in keyof Config & string]?: Drawn<Scalar> };
type Sets<Config> = readonly (readonly { readonly [Name in keyof Config & string]?: Scalar }[])[];

export interface ScenarioTopic extends Omit<TopicSpec, 'configs'> {
  readonly configs?: Configs<TopicConfig>;
}

export interface ScenarioClient<Run extends Workload = Workload>
  extends Omit<ClientSpec, 'workload' | 'properties' | 'together' | 'params'> {
  /** What the process does; it is started again after a crash. */
  readonly run: Run;
  /** Kafka client properties. */
  readonly properties?: Configs<ProducerConfig & ConsumerConfig>;
  /** Properties that only make sense together: of each list one set is drawn. */
  readonly together?: Sets<ProducerConfig & ConsumerConfig>;
  /** What the workload reads. */
  readonly params?: ParamsOf<Run>;
}

/** The params that a workload declares; any, if it declares none. */
type ParamsOf<Run extends Workload> = Run extends { readonly params: infer Shape extends ParamsShape }
  ? { readonly [Name in keyof Shape]?: Drawn<Scalar> }
  : Readonly<Record<string, Drawn<Scalar>>>;

export interface ScenarioFaults extends Omit<FaultSpec, 'kinds' | 'swarm' | 'atMost' | 'always'> {
  readonly kinds: 'all' | readonly FaultKind[];
  readonly atMost?: number;
  readonly swarm?: boolean;
  /** Faults that every plan has. */
  readonly always?: readonly (FaultPlan & { readonly kind: FaultKind })[];
}

export interface ScenarioOptions<Runs extends readonly Workload[] = readonly Workload[]>
  extends Omit<PlanSpec, 'scenario' | 'cluster' | 'clients' | 'faults' | 'topics' | 'chaosMs'> {
  readonly name: string;
  /** One sentence for `trial list scenarios`. */
  readonly about: string;
  readonly cluster: Omit<PlanSpec['cluster'], 'properties' | 'together'> & {
    readonly properties?: Configs<BrokerConfig>;
    readonly together?: Sets<BrokerConfig>;
  };
  readonly topics: readonly ScenarioTopic[];
  readonly clients: { readonly [Index in keyof Runs]: ScenarioClient<Runs[Index]> };
  /** Length of the phase in which faults happen and applications work. Default 30,000. */
  readonly chaosMs?: Drawn<number>;
  /** 'none', or which kinds of fault may happen ('all' for every kind) and how many (at most 8, if not said). */
  readonly faults: 'none' | ScenarioFaults;
  /** Ids of the properties to check; all that the guarantee calculator finds promised, if left out. */
  readonly properties?: readonly PropertyId[];
  /** Properties of your own. */
  readonly checks?: readonly PropertyDefinition[];
  /** What a campaign over it must put to the test, besides `checks`: it is what the scenario is there for (`campaign --coverage`). */
  readonly reaches?: {
    readonly properties?: readonly PropertyId[];
    /** Transitions of transactional ids. */
    readonly steps?: readonly TransactionStep[];
  };
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly spec: PlanSpec;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly properties: readonly string[] | null;
  readonly checks: readonly PropertyDefinition[];
  readonly reaches: { readonly properties: readonly string[]; readonly steps: readonly TransactionStep[] };
}

/** A scenario that can't be used; the message is one sentence for people. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

const CHAOS_MS = 30_000;
const FAULTS_AT_MOST = 8;

/** Makes a scenario. Throws ScenarioError naming what is wrong. */
export function scenario<const Runs extends readonly Workload[]>(options: ScenarioOptions<Runs>): Scenario {
  const wrong = misfit(scenarioSchema, options) ?? scenarioMisfit(options);
  if (wrong !== null) throw new ScenarioError(`scenario ${String(options?.name ?? 'without a name')}: ${wrong}`);
  const { name, about, clients, faults, properties, checks = [], reaches = {}, ...shape } = options;
  checkIds(name, checks);
  const chosen: ScenarioFaults = faults === 'none' ? { kinds: [], atMost: 0, swarm: false } : faults;
  return {
    name,
    about,
    spec: {
      ...shape,
      scenario: name,
      clients: clients.map(({ run: _run, ...client }) => client),
      chaosMs: options.chaosMs ?? CHAOS_MS,
      faults: {
        ...chosen,
        kinds: chosen.kinds === 'all' ? [...FAULTS.keys()] : chosen.kinds,
        atMost: chosen.atMost ?? Math.max(FAULTS_AT_MOST, chosen.atLeast ?? 0),
        swarm: chosen.swarm ?? true,
      },
    },
    workloads: new Map(clients.map((client) => [client.name, client.run])),
    properties: properties ?? null,
    checks,
    reaches: {
      properties: [...checks.flatMap((definition) => definition.properties.map(({ id }) => id)), ...(reaches.properties ?? [])],
      steps: reaches.steps ?? [],
    },
  };
}

/** Properties of a scenario's own have ids of their own: everything that is told of a property goes by its id. */
function checkIds(name: string, checks: readonly PropertyDefinition[]): void {
  const titles = new Map<string, string>();
  const directed: readonly PropertyDefinition[] = DIRECTED_PROPERTIES;
  const own = checks.filter((definition) => !directed.includes(definition));
  for (const { id, title } of own.flatMap((definition) => definition.properties)) {
    const other = titles.get(id) ?? PROPERTY_TITLES.get(id);
    if (other !== undefined) {
      throw new ScenarioError(`scenario ${name}: "${id}" already is the id of the property "${other}"; give yours another`);
    }
    titles.set(id, title);
  }
}

/** A value that is drawn for each seed: one of these; undefined leaves the property out. */
export function oneOf<T>(...values: readonly (T | undefined)[]): Drawn<T> {
  return { oneOf: values };
}

/** A whole number drawn for each seed, both ends included. */
export function between(from: number, to: number): { readonly from: number; readonly to: number } {
  return { from, to };
}
