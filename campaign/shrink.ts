/**
 * Makes a failing plan small: fewer faults, clients and topics, fewer settings and records, then shorter times and a smaller cluster, as
 * long as the same failure comes of it. Streams of chance are named after what they serve, so that what is left behaves as before; where it
 * does not, another seed may: what is left over when nothing else helps is tried with some.
 *
 * What is most likely to go comes first, because time is short: a candidate is a run.
 */
import { INTERNAL_TOPICS, nodesOf } from '../sim/cluster.ts';
import type { Plan } from '../sim/plan.ts';
import { bisect, ddmin, fewest } from './ddmin.ts';

/** How a plan failed. */
export interface Failed {
  /** Simulated time of the violation. */
  readonly atMs: number;
  /** By client, how many records it sent, or would have sent, that can be left out. */
  readonly sends: Readonly<Record<string, number>>;
  /** By client, how often it was told to begin something new. */
  readonly begins: Readonly<Record<string, number>>;
}

export interface ShrinkOptions {
  /** Runs the plan: how the failure came of it, or null if it did not. */
  readonly failure: (plan: Plan) => Promise<Failed | null>;
  /** Runs at most. Default 500. */
  readonly runsMax?: number;
  /** No time is left: it ends with the smallest plan so far. */
  readonly isOver?: () => boolean;
  readonly signal?: AbortSignal;
  /** After each run, with the smallest plan so far. */
  readonly onProgress?: (runs: number, plan: Plan) => void;
}

export interface ShrinkResult {
  readonly plan: Plan;
  readonly runs: number;
}

export const RUNS_MAX = 500;

/** Passes are repeated until one changes nothing, because a smaller plan may allow what was refused before. */
export async function shrinkPlan(start: Plan, first: Failed, options: ShrinkOptions): Promise<ShrinkResult> {
  let best = start;
  let failed = first;
  let runs = 0;
  const tried = new Set<string>([JSON.stringify(start)]);
  const isOver = (): boolean =>
    runs >= (options.runsMax ?? RUNS_MAX) || options.signal?.aborted === true || options.isOver?.() === true;
  const test = async (plan: Plan): Promise<boolean> => {
    const text = JSON.stringify(plan);
    if (tried.has(text) || isOver()) return false;
    tried.add(text);
    runs++;
    const found = await options.failure(plan);
    if (found !== null) {
      best = plan;
      failed = found;
    }
    options.onProgress?.(runs, best);
    return found !== null;
  };
  for (;;) {
    const before = best;
    for (const pass of PASSES) {
      if (isOver()) return { plan: best, runs };
      await pass(
        () => best,
        test,
        () => failed,
      );
    }
    if (best === before) return { plan: best, runs };
  }
}

/** `current` is the smallest plan so far; a candidate that passes becomes it. */
type Pass = (current: () => Plan, test: (plan: Plan) => Promise<boolean>, failed: () => Failed) => Promise<void>;

function fewer<K extends 'faults' | 'clients' | 'topics'>(key: K): Pass {
  return async (current, test) => {
    const items: readonly Plan[K][number][] = current()[key];
    await fewest(items, (kept) => test({ ...current(), [key]: [...kept] }));
  };
}

/** Fewer settings of all items together: most of them matter for no failure. */
function plainer<K extends 'clients' | 'topics'>(key: K, field: keyof Plan[K][number] & string): Pass {
  return async (current, test) => {
    const items = (plan: Plan): readonly Plan[K][number][] => plan[key];
    const all = items(current()).flatMap((item, index) => Object.keys(item[field] as object).map((name) => ({ index, name })));
    await ddmin(all, (kept) =>
      test({
        ...current(),
        [key]: items(current()).map((item, index) => {
          const names = new Set(kept.filter((each) => each.index === index).map(({ name }) => name));
          const settings = Object.entries(item[field] as object).filter(([name]) => names.has(name));
          return { ...item, [field]: Object.fromEntries(settings) };
        }),
      }),
    );
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
  const properties = { ...cluster.properties };
  for (const { replicas } of INTERNAL_TOPICS) if (Number(properties[replicas] ?? 0) > brokers) properties[replicas] = brokers;
  return {
    ...plan,
    cluster: withoutAbsent({
      ...cluster,
      brokers,
      controllers: cluster.combined ? Math.min(cluster.controllers, brokers) : cluster.controllers,
      properties,
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

/** The internal topics have fifty partitions each by default, which nobody needs to see a failure. */
const internalTopicsSmaller: Pass = async (current, test) => {
  const set = (name: string, value: number) => {
    const { cluster } = current();
    return test({ ...current(), cluster: { ...cluster, properties: { ...cluster.properties, [name]: value } } });
  };
  for (const { partitions, replicas } of INTERNAL_TOPICS) {
    if (Number(current().cluster.properties[partitions] ?? 50) > 1) await set(partitions, 1);
    if (Number(current().cluster.properties[replicas] ?? 3) > 1) await set(replicas, 1);
  }
};

/** Fewer entries, but not those that make the cluster smaller than by default. */
const clusterPlainer: Pass = async (current, test) => {
  const kept = ([name]: readonly [string, unknown]): boolean =>
    INTERNAL_TOPICS.some(({ partitions, replicas }) => name === partitions || name === replicas);
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

const topicsSmaller: Pass = async (current, test, failed) => {
  for (let index = 0; index < current().topics.length; index++) {
    for (const key of ['partitions', 'replicationFactor'] as const) {
      await smaller(
        1,
        (plan) => plan.topics[index]?.[key],
        (plan, value) => withItem(plan, 'topics', index, { [key]: value }),
      )(current, test, failed);
    }
  }
};

/** More records of a client than these are not looked at one by one. */
const SENDS_MAX = 5_000;

/** Records of all clients together: none, then those up to some place, then only those that matter. */
const sendsFewer: Pass = async (current, test, failed) => {
  const { sends } = failed();
  const all = current()
    .clients.flatMap(({ name, onlySends }) =>
      (onlySends ?? Array.from({ length: Math.min(sends[name] ?? 0, SENDS_MAX) }, (_, ordinal) => ordinal)).map((ordinal) => ({
        name,
        ordinal,
      })),
    )
    .toSorted((a, b) => a.ordinal - b.ordinal);
  if (all.length === 0) return;
  const only = (kept: readonly { readonly name: string; readonly ordinal: number }[]): Promise<boolean> =>
    test({
      ...current(),
      clients: current().clients.map((client) =>
        (sends[client.name] ?? 0) === 0
          ? client
          : { ...client, onlySends: kept.filter(({ name }) => name === client.name).map(({ ordinal }) => ordinal) },
      ),
    });
  if (await only([])) return;
  const upTo = await bisect(all.length, 1, (length) => only(all.slice(0, length)));
  const early = all.slice(0, upTo);
  const left = await bisect(early.length, 1, (length) => only(early.slice(-length)));
  await ddmin(early.slice(-left), only);
};

/** What clients begin that is more than single records: none of it, or as little of the first of it as goes. */
const beginningsFewer: Pass = async (current, test, failed) => {
  for (const [index, { name, beginsAtMost }] of current().clients.entries()) {
    const begins = Math.min(failed().begins[name] ?? 0, beginsAtMost ?? Number.POSITIVE_INFINITY);
    if (begins > 0) await bisect(begins, 0, (most) => test(withItem(current(), 'clients', index, { beginsAtMost: most })));
  }
};

const faultsEarlierAndShorter: Pass = async (current, test, failed) => {
  for (let index = 0; index < current().faults.length; index++) {
    for (const key of ['forMs', 'atMs'] as const) {
      await smaller(
        0,
        (plan) => plan.faults[index]?.[key],
        (plan, value) => withItem(plan, 'faults', index, { [key]: value }),
      )(current, test, failed);
    }
    for (const key of ['afterMs', 'nth'] as const) {
      await smaller(
        key === 'nth' ? 1 : 0,
        (plan) => plan.faults[index]?.on?.[key],
        (plan, value) => {
          const on = plan.faults[index]?.on;
          return on === undefined ? plan : withItem(plan, 'faults', index, { on: { ...on, [key]: value } });
        },
      )(current, test, failed);
    }
  }
};

/** The gap before the first fault: all of them earlier by as much. */
const faultsEarlierTogether: Pass = async (current, test) => {
  const plan = current();
  const first = Math.min(...plan.faults.map(({ atMs }) => atMs ?? Number.POSITIVE_INFINITY));
  if (first === 0 || !Number.isFinite(first)) return;
  const at = (firstMs: number): Plan => ({
    ...plan,
    chaosMs: Math.max(0, plan.chaosMs - (first - firstMs)),
    faults: plan.faults.map((fault) => (fault.atMs === undefined ? fault : { ...fault, atMs: fault.atMs - (first - firstMs) })),
  });
  await bisect(first, 0, (firstMs) => test(at(firstMs)));
};

/** Where the time before the first fault is needed it is a warm-up: chaos begins with the fault. */
const warmUpUntilTheFirstFault: Pass = async (current, test) => {
  const { faults, warmUpMs, chaosMs } = current();
  const first = Math.min(...faults.map(({ atMs }) => atMs ?? 0));
  if (faults.length === 0 || first === 0) return;
  await test({
    ...current(),
    warmUpMs: warmUpMs + first,
    chaosMs: Math.max(0, chaosMs - first),
    faults: faults.map((fault) => (fault.atMs === undefined ? fault : { ...fault, atMs: fault.atMs - first })),
  });
};

/** What comes after the violation is of no account: chaos that ends with it, and no fault that begins later. */
const nothingAfterwards: Pass = async (current, test, failed) => {
  const plan = current();
  // Chaos begins after the boot, whose length is not known, and the warm-up.
  const longestMs = Math.ceil(failed().atMs) - plan.warmUpMs;
  if (longestMs <= 0 || longestMs >= plan.chaosMs) return;
  await test({
    ...plan,
    chaosMs: longestMs,
    faults: plan.faults.filter(({ atMs }) => atMs === undefined || atMs <= longestMs),
  });
};

/** What is left is tried without with other seeds: what was left out may only have shifted when something happens. */
const SEEDS_TRIED = 3;

function fewerWithAnotherSeed(key: 'faults' | 'clients', enough: number): Pass {
  return async (current, test) => {
    for (let index = 0; index < current()[key].length && current()[key].length > enough; index++) {
      for (let shift = 1; shift <= SEEDS_TRIED; shift++) {
        const plan = current();
        const fewerItems = plan[key].filter((_, at) => at !== index);
        if (await test({ ...plan, seed: plan.seed + shift, [key]: fewerItems })) {
          index--;
          break;
        }
      }
    }
  };
}

function withItem<K extends 'faults' | 'clients' | 'topics'>(
  plan: Plan,
  key: K,
  index: number,
  fields: Partial<Plan[K][number]>,
): Plan {
  return { ...plan, [key]: plan[key].map((item, at) => (at === index ? { ...item, ...fields } : item)) };
}

/** A network and disks that are fast and even. */
const CALM: Partial<Plan['world']> = { latencyUs: 500, jitterUs: 100, bytesPerMs: 100_000, syncUs: 1_000, serviceUs: 10 };

const PASSES: readonly Pass[] = [
  nothingAfterwards,
  change((plan) => ({ ...plan, world: { ...plan.world, buggify: false } })),
  fewer('faults'),
  fewer('clients'),
  sendsFewer,
  beginningsFewer,
  fewer('topics'),
  change(ofOneRelease),
  internalTopicsSmaller,
  clusterPlainer,
  plainer('clients', 'properties'),
  plainer('clients', 'params'),
  plainer('topics', 'configs'),
  nothingAfterwards,
  faultsEarlierTogether,
  brokersFewer,
  topicsSmaller,
  change((plan) => ({ ...plan, world: { ...plan.world, wallSkewMs: 0, driftPpm: 0 } })),
  change((plan) => ({ ...plan, world: { ...plan.world, ...CALM } })),
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
    (plan) => plan.warmUpMs,
    (plan, warmUpMs) => ({ ...plan, warmUpMs }),
  ),
  smaller(
    0,
    (plan) => plan.chaosMs,
    (plan, chaosMs) => ({ ...plan, chaosMs }),
  ),
  faultsEarlierAndShorter,
  warmUpUntilTheFirstFault,
  fewerWithAnotherSeed('faults', 2),
  fewerWithAnotherSeed('clients', 2),
];
