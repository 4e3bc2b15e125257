/** What a scenario's schema can't say: values that can't go together, and things that would never happen. */
import { misfit, shown, strictObject } from '../core/config/strict.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import type { Drawn } from '../sim/generate.ts';
import type { ScenarioClient, ScenarioOptions } from './scenario.ts';
import { drawn, possible } from './schema.ts';
import { madeTopics, topicsMisfit } from './workloads/params.ts';

/** A sentence about the first of them, null if there is none. The schema has been checked. */
export function scenarioMisfit(options: ScenarioOptions): string | null {
  return namesMisfit(options) ?? shapeMisfit(options) ?? clientsMisfit(options) ?? faultsMisfit(options);
}

function namesMisfit({ topics, clients }: ScenarioOptions): string | null {
  for (const [what, list] of [
    ['topics', topics],
    ['clients', clients],
  ] as const) {
    const names = list.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) return `two ${what} are called "${twice}"`;
  }
  return null;
}

const least = (value: Drawn<number>): number => Math.min(...possible(value));
const most = (value: Drawn<number>): number => Math.max(...possible(value));

/** There can't be more replicas than brokers. (Controllers that are brokers are as many as there are brokers, at most.) */
function shapeMisfit({ cluster, topics }: ScenarioOptions): string | null {
  const brokers = least(cluster.brokers);
  for (const [index, { replicationFactor }] of topics.entries()) {
    if (most(replicationFactor) <= brokers) continue;
    const few = most(cluster.brokers) === brokers ? `there are only ${brokers} brokers` : `there may be only ${brokers} brokers`;
    return `topics.${index}.replicationFactor is ${shown(replicationFactor)}, but ${few}`;
  }
  if (cluster.combined !== true || least(cluster.controllers) <= most(cluster.brokers)) return null;
  const brokersAtMost = most(cluster.brokers);
  return `cluster.controllers is ${shown(cluster.controllers)}, but in a combined cluster each is one of the ${brokersAtMost} brokers`;
}

/** The topics that clients of a scenario may make: a plan need not have drawn who makes them. */
export function topicsMadeBy(clients: readonly Pick<ScenarioClient, 'params'>[]): string[] {
  return clients.flatMap(({ params }) => possible(params?.['makes']).flatMap((makes) => madeTopics({ makes })));
}

function clientsMisfit({ clients, topics }: ScenarioOptions): string | null {
  const names = [...topics.map(({ name }) => name), ...topicsMadeBy(clients)];
  for (const [index, client] of clients.entries()) {
    const wrong = paramsMisfit(client, names);
    if (wrong !== null) return `clients.${index}.params: ${wrong}`;
  }
  return null;
}

function paramsMisfit({ run, params = {} }: ScenarioClient, topics: readonly string[]): string | null {
  if (run.params === undefined) return null;
  const shape = Object.fromEntries(Object.entries(run.params).map(([name, schema]) => [name, drawn(schema)]));
  const wrong = misfit(strictObject(shape), params);
  if (wrong !== null || !('topics' in shape)) return wrong;
  const lists = possible(params['topics'] ?? '');
  return lists.map((list) => topicsMisfit(String(list), topics)).find((found) => found !== null) ?? null;
}

function faultsMisfit({ faults, budget, chaosMs }: ScenarioOptions): string | null {
  if (faults === 'none') return null;
  const { kinds, always = [], atLeast = 0, atMost } = faults;
  const meantNone = "no fault would happen; write faults: 'none' if that is meant";
  if (atMost !== undefined && atLeast > atMost) return `faults.atLeast is ${atLeast}, but faults.atMost is ${atMost}`;
  if (kinds.length === 0 && always.length === 0) return `faults.kinds names no kind: ${meantNone}`;
  if (atMost === 0 && always.length === 0) return `faults.atMost is 0: ${meantNone}`;
  if (chaosMs !== undefined && most(chaosMs) === 0) return 'chaosMs is 0, but that is the phase in which faults happen';
  const mayLeave = budget !== undefined && possible(budget).includes('beyond');
  const beyond = kinds === 'all' || mayLeave ? undefined : kinds.find((kind) => FAULTS.get(kind)?.stake === 'beyond');
  if (beyond === undefined) return null;
  return `faults.kinds has "${beyond}", which leaves the durability budget: it never happens unless budget is 'beyond'`;
}
