/**
 * What a scenario is, and how to write one: cluster shape, topics, clients (async functions that use Kafka clients), fault
 * profile, properties. One file exports one scenario as its default.
 */
import { PROPERTY_TITLES } from '../properties/registry.ts';
import type { PropertyDefinition } from '../sim/observe.ts';
import type { ClientSpec, Drawn, FaultSpec, PlanSpec, TopicSpec } from '../sim/generate.ts';
import { misfit } from '../core/config/strict.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import type { Workload } from '../sim/workload/context.ts';
import { scenarioMisfit } from './misfits.ts';
import { scenarioSchema } from './schema.ts';

export interface ScenarioClient extends Omit<ClientSpec, 'workload'> {
  /** What the process does; it is started again after a crash. */
  readonly run: Workload;
}

export interface ScenarioFaults extends Omit<FaultSpec, 'kinds' | 'swarm' | 'atMost'> {
  readonly kinds: 'all' | readonly string[];
  readonly atMost?: number;
  readonly swarm?: boolean;
}

export interface ScenarioOptions extends Omit<PlanSpec, 'scenario' | 'clients' | 'faults' | 'topics' | 'chaosMs'> {
  readonly name: string;
  /** One sentence for `trial list scenarios`. */
  readonly about: string;
  readonly topics: readonly TopicSpec[];
  readonly clients: readonly ScenarioClient[];
  /** Length of the phase in which faults happen and applications work. Default 30,000. */
  readonly chaosMs?: Drawn<number>;
  /** 'none', or which kinds of fault may happen ('all' for every kind) and how many (at most 8, if not said). */
  readonly faults: 'none' | ScenarioFaults;
  /** Ids of the properties to check; all that the guarantee calculator finds promised, if left out. */
  readonly properties?: readonly string[];
  /** Properties of your own. */
  readonly checks?: readonly PropertyDefinition[];
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly spec: PlanSpec;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly properties: readonly string[] | null;
  readonly checks: readonly PropertyDefinition[];
}

/** A scenario that can't be used; the message is one sentence for people. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

const CHAOS_MS = 30_000;
const FAULTS_AT_MOST = 8;

/** Makes a scenario. Throws ScenarioError naming what is wrong. */
export function scenario(options: ScenarioOptions): Scenario {
  const wrong = misfit(scenarioSchema, options) ?? scenarioMisfit(options);
  if (wrong !== null) throw new ScenarioError(`scenario ${String(options?.name ?? 'without a name')}: ${wrong}`);
  const { name, about, clients, faults, properties, checks, ...shape } = options;
  checkIds(name, checks ?? []);
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
    checks: checks ?? [],
  };
}

/** Properties of a scenario's own have ids of their own: everything that is told of a property goes by its id. */
function checkIds(name: string, checks: readonly PropertyDefinition[]): void {
  const own = new Map<string, string>();
  for (const { id, title } of checks.flatMap((definition) => definition.properties)) {
    const other = own.get(id) ?? PROPERTY_TITLES.get(id);
    if (other !== undefined) {
      throw new ScenarioError(`scenario ${name}: "${id}" already is the id of the property "${other}"; give yours another`);
    }
    own.set(id, title);
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
