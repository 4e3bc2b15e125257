/**
 * Makes a failing plan small: fewer faults, clients and topics, fewer settings, then shorter times and a smaller cluster, as
 * long as the same property is still violated. Streams of chance are named after what they serve, so that what is left
 * behaves as before.
 */
import { nodesOf } from '../sim/cluster.ts';
import type { Plan } from '../sim/plan.ts';
import { bisect, ddmin } from './ddmin.ts';

export interface ShrinkOptions {
  /** True if the plan still violates the property. */
  readonly stillFails: (plan: Plan) => Promise<boolean>;
  /** Runs at most. Default 500. */
  readonly runsMax?: number;
  readonly signal?: AbortSignal;
  /** After each run, with the smallest plan so far. */
  readonly onProgress?: (runs: number, plan: Plan) => void;
}

export interface ShrinkResult {
  readonly plan: Plan;
  readonly runs: number;
}

const RUNS_MAX = 500;

/** Passes are repeated until one changes nothing, because a smaller plan may allow what was refused before. */
export async function shrinkPlan(start: Plan, options: ShrinkOptions): Promise<ShrinkResult> {
  let best = start;
  let runs = 0;
  const tried = new Set<string>([JSON.stringify(start)]);
  const test = async (plan: Plan): Promise<boolean> => {
    const text = JSON.stringify(plan);
    if (tried.has(text) || runs >= (options.runsMax ?? RUNS_MAX) || options.signal?.aborted === true) return false;
    tried.add(text);
    runs++;
    const fails = await options.stillFails(plan);
    if (fails) best = plan;
    options.onProgress?.(runs, best);
    return fails;
  };
  for (;;) {
    const before = best;
    for (const pass of PASSES) await pass(() => best, test);
    if (best === before) return { plan: best, runs };
  }
}

/** `current` is the smallest plan so far; a candidate that passes becomes it. */
type Pass = (current: () => Plan, test: (plan: Plan) => Promise<boolean>) => Promise<void>;

function fewer<K extends 'faults' | 'clients' | 'topics'>(key: K): Pass {
  return async (current, test) => {
    const items: readonly Plan[K][number][] = current()[key];
    await ddmin(items, (kept) => test({ ...current(), [key]: [...kept] }));
  };
}

/** Fewer entries of a record of settings, back to their defaults. */
function plainer(read: (plan: Plan) => Readonly<Record<string, unknown>>, write: (plan: Plan, settings: never) => Plan): Pass {
  return async (current, test) => {
    await ddmin(Object.entries(read(current())), (kept) => test(write(current(), Object.fromEntries(kept) as never)));
  };
}

function smaller(min: number, read: (plan: Plan) => number | undefined, write: (plan: Plan, value: number) => Plan): Pass {
  return async (current, test) => {
    const value = read(current());
    if (value !== undefined) await bisect(value, min, (candidate) => test(write(current(), candidate)));
  };
}

/** Tries one change, if it is one. */
function change(write: (plan: Plan) => Plan): Pass {
  return async (current, test) => void (await test(write(current())));
}

const clientsPlainer: Pass = async (current, test) => {
  for (let index = 0; index < current().clients.length; index++) {
    const pass = plainer(
      (plan) => plan.clients[index]?.properties ?? {},
      (plan, properties) => withItem(plan, 'clients', index, { properties }),
    );
    await pass(current, test);
    await plainer(
      (plan) => plan.clients[index]?.params ?? {},
      (plan, params) => withItem(plan, 'clients', index, { params }),
    )(current, test);
  }
};

/**
 * One broker fewer at a time, as long as it goes: topics have no more replicas than there are brokers. Where replicas lie is
 * drawn anew with another number of brokers, and so each number gets a second try with a replica on every broker.
 */
const brokersFewer: Pass = async (current, test) => {
  for (let brokers = current().cluster.brokers - 1; brokers >= 1; brokers--) {
    const fails = (await test(withBrokers(current(), brokers, false))) || (await test(withBrokers(current(), brokers, true)));
    if (!fails) return;
  }
};

function withBrokers(plan: Plan, brokers: number, everywhere: boolean): Plan {
  const { cluster, topics } = plan;
  const { properties } = cluster;
  const factor = Number(properties[OFFSETS_REPLICATION] ?? 3);
  return {
    ...plan,
    cluster: withoutAbsent({
      ...cluster,
      brokers,
      controllers: cluster.combined ? Math.min(cluster.controllers, brokers) : cluster.controllers,
      properties: factor > brokers ? { ...properties, [OFFSETS_REPLICATION]: brokers } : properties,
    }),
    topics: topics.map((topic) => ({
      ...topic,
      replicationFactor: everywhere ? brokers : Math.min(topic.replicationFactor, brokers),
    })),
  };
}

/** Nodes that are not there any more have no release. */
function withoutAbsent(cluster: Plan['cluster']): Plan['cluster'] {
  const { releases } = cluster;
  if (releases === undefined) return cluster;
  const names = new Set(nodesOf({ cluster }).map(({ name }) => name));
  return { ...cluster, releases: Object.fromEntries(Object.entries(releases).filter(([name]) => names.has(name))) };
}

/** Everybody is of this release. */
function ofOneRelease(plan: Plan): Plan {
  const { releases: _, upgradedByRestart: __, ...cluster } = plan.cluster;
  return { ...plan, cluster, clients: plan.clients.map(({ release: ___, ...client }) => client) };
}

/** The internal topic has fifty partitions by default, which nobody needs to see a failure. */
const offsetsTopicSmaller: Pass = async (current, test) => {
  const set = (name: string, value: number) => {
    const { cluster } = current();
    return test({ ...current(), cluster: { ...cluster, properties: { ...cluster.properties, [name]: value } } });
  };
  if (Number(current().cluster.properties[OFFSETS_PARTITIONS] ?? 50) > 1) await set(OFFSETS_PARTITIONS, 1);
  if (Number(current().cluster.properties[OFFSETS_REPLICATION] ?? 3) > 1) await set(OFFSETS_REPLICATION, 1);
};

const OFFSETS_PARTITIONS = 'offsets.topic.num.partitions';
const OFFSETS_REPLICATION = 'offsets.topic.replication.factor';

/** Fewer entries, but not those that make the cluster smaller than by default. */
const clusterPlainer: Pass = async (current, test) => {
  const kept = ([name]: readonly [string, unknown]): boolean => name === OFFSETS_PARTITIONS || name === OFFSETS_REPLICATION;
  const entries = Object.entries(current().cluster.properties);
  const always = entries.filter(kept);
  await ddmin(
    entries.filter((entry) => !kept(entry)),
    (rest) => {
      const { cluster } = current();
      return test({ ...current(), cluster: { ...cluster, properties: Object.fromEntries([...always, ...rest]) } });
    },
  );
};

const topicsPlainer: Pass = async (current, test) => {
  for (let index = 0; index < current().topics.length; index++) {
    const pass = plainer(
      (plan) => plan.topics[index]?.configs ?? {},
      (plan, configs) => withItem(plan, 'topics', index, { configs }),
    );
    await pass(current, test);
    for (const key of ['partitions', 'replicationFactor'] as const) {
      await smaller(
        1,
        (plan) => plan.topics[index]?.[key],
        (plan, value) => withItem(plan, 'topics', index, { [key]: value }),
      )(current, test);
    }
  }
};

const faultsEarlierAndShorter: Pass = async (current, test) => {
  for (let index = 0; index < current().faults.length; index++) {
    for (const key of ['forMs', 'atMs'] as const) {
      await smaller(
        0,
        (plan) => plan.faults[index]?.[key],
        (plan, value) => withItem(plan, 'faults', index, { [key]: value }),
      )(current, test);
    }
  }
};

function withItem<K extends 'faults' | 'clients' | 'topics'>(
  plan: Plan,
  key: K,
  index: number,
  fields: Partial<Plan[K][number]>,
): Plan {
  return { ...plan, [key]: plan[key].map((item, at) => (at === index ? { ...item, ...fields } : item)) };
}

const PASSES: readonly Pass[] = [
  change(ofOneRelease),
  fewer('faults'),
  fewer('clients'),
  fewer('topics'),
  offsetsTopicSmaller,
  brokersFewer,
  clusterPlainer,
  clientsPlainer,
  topicsPlainer,
  change((plan) => ({ ...plan, world: { ...plan.world, buggify: false } })),
  change((plan) => ({ ...plan, world: { ...plan.world, wallSkewMs: 0, driftPpm: 0 } })),
  change((plan) => ({ ...plan, heal: { restartAll: false, leaveMinorityDown: false } })),
  change((plan) => ({ ...plan, cluster: { ...plan.cluster, racks: 1, logDirs: 1 } })),
  // The newest level, and then without eligible leader replicas.
  change(({ cluster: { features: { 'metadata.version': _, ...rest } = {}, ...cluster }, ...plan }) => ({
    ...plan,
    cluster: { ...cluster, features: rest },
  })),
  change((plan) => ({ ...plan, cluster: { ...plan.cluster, features: {} } })),
  change((plan) => ({ ...plan, cluster: withoutAbsent({ ...plan.cluster, controllers: 1 }) })),
  smaller(
    0,
    (plan) => plan.chaosMs,
    (plan, chaosMs) => ({ ...plan, chaosMs }),
  ),
  smaller(
    0,
    (plan) => plan.warmUpMs,
    (plan, warmUpMs) => ({ ...plan, warmUpMs }),
  ),
  faultsEarlierAndShorter,
];
