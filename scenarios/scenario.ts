/**
 * What a scenario is, and how to write one: cluster shape, topics, clients (async functions that use Kafka clients), fault
 * profile, properties. One file exports one scenario as its default.
 */
import { PROPERTY_TITLES } from '../properties/registry.ts';
import type { PropertyDefinition } from '../sim/observe.ts';
import type { ClientSpec, Drawn, FaultSpec, PlanSpec, TopicSpec } from '../sim/generate.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import type { Workload } from '../sim/workload/context.ts';

export interface ScenarioClient extends Omit<ClientSpec, 'workload'> {
  /** What the process does; it is started again after a crash. */
  readonly run: Workload;
}

export interface ScenarioOptions extends Omit<PlanSpec, 'scenario' | 'clients' | 'faults' | 'topics'> {
  readonly name: string;
  /** One sentence for `trial list scenarios`. */
  readonly about: string;
  readonly topics: readonly TopicSpec[];
  readonly clients: readonly ScenarioClient[];
  /** 'none', or which kinds of fault may happen ('all' for every kind) and how many. */
  readonly faults:
    | 'none'
    | (Omit<FaultSpec, 'kinds' | 'swarm'> & { readonly kinds: 'all' | readonly string[]; readonly swarm?: boolean });
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

/** Makes a scenario. Throws ScenarioError naming what is wrong. */
export function scenario(options: ScenarioOptions): Scenario {
  const { name, about, clients, faults, properties, checks, ...shape } = options;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new ScenarioError(`"${name}" is no name for a scenario: use small letters, digits and "-"`);
  }
  const kinds = faults === 'none' ? [] : faults.kinds === 'all' ? [...FAULTS.keys()] : faults.kinds;
  const unknown = kinds.find((kind) => !FAULTS.has(kind));
  if (unknown !== undefined) {
    throw new ScenarioError(`scenario ${name}: "${unknown}" is no kind of fault; see "trial list faults"`);
  }
  checkIds(name, checks ?? []);
  const workloads = new Map<string, Workload>();
  for (const client of clients) {
    if (workloads.has(client.name)) throw new ScenarioError(`scenario ${name}: two clients are called "${client.name}"`);
    workloads.set(client.name, client.run);
  }
  return {
    name,
    about,
    spec: {
      ...shape,
      scenario: name,
      clients: clients.map(({ run: _run, ...client }) => client),
      faults: faults === 'none' ? { kinds: [], atMost: 0, swarm: false } : { ...faults, kinds, swarm: faults.swarm ?? true },
    },
    workloads,
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
