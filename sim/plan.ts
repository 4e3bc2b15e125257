/**
 * A Plan is everything that one run is made of, as plain JSON: a run is a pure function of its Plan. It can be printed,
 * saved, edited by hand and shrunk. `--seed N` is only the short way to write the Plan that seed N generates.
 *
 * Times are in simulated milliseconds (`Ms`) or microseconds (`Us`); sizes in bytes.
 */
import { z } from 'zod';
import { LATEST_METADATA_VERSION, MIN_METADATA_VERSION } from '../core/metadata/metadata-version.ts';
import { OLDER_RELEASES, type OlderRelease } from '../core/broker/index.ts';
import { meant } from '../core/config/closest-name.ts';
import type { BrokerConfigName, ClientConfigName, GivenConfigs, TopicConfigName } from '../core/config/index.ts';
import { listOf, misfit, recordOf, scalar, strictObject, text, whole, word, yesOrNo } from '../core/config/strict.ts';

/** A day. */
const LONGEST_MS = 86_400_000;
const ms = (max: number, why?: string) => whole(0, max, why);
/** Name of a topic or a process. */
export const nameSchema = z.custom<string>(
  (value) => typeof value === 'string' && /^[a-zA-Z0-9._-]{1,80}$/.test(value),
  'a name of letters, digits, ".", "_" and "-"',
);
/**
 * Configs by their names. What else a plan file has among them is refused by check-plan.ts, in a sentence of its own; who reads a plan
 * that was checked can ask for no name that Kafka does not have.
 */
const configs = <Name extends string>() => recordOf(scalar) as unknown as z.ZodType<GivenConfigs<Name>>;
const someWhole = (min: number) => whole(min, Number.MAX_SAFE_INTEGER);

/** Levels that a cluster can begin with. */
export const featureLevels = {
  'metadata.version': whole(MIN_METADATA_VERSION, LATEST_METADATA_VERSION).optional(),
  'eligible.leader.replicas.version': whole(0, 1).optional(),
  'transaction.version': whole(0, 2).optional(),
};

const release = word(...(Object.keys(OLDER_RELEASES) as [OlderRelease, ...OlderRelease[]]));

export const clusterSchema = strictObject({
  /** Brokers, node ids 1..brokers, processes b1, b2, ... */
  brokers: whole(1, 100),
  /** Controllers, processes c1, c2, ... with node ids 1001, 1002, ...; in combined mode the first brokers. */
  controllers: whole(1, 9),
  /** Controllers run inside the first brokers' processes. */
  combined: yesOrNo,
  /** Machines are dealt out over this many racks. */
  racks: whole(1, 10),
  /** Log directories of each broker. */
  logDirs: whole(1, 4),
  /** Kafka broker properties for every node, over the defaults. */
  properties: configs<BrokerConfigName>(),
  /** Levels of features that the cluster begins with: by default the newest metadata.version, and no eligible leader replicas. */
  features: strictObject(featureLevels).optional(),
  /** Nodes that are of an older release, by their names. The levels of features must be such as all of them know. */
  releases: recordOf(release).optional(),
  /** These nodes are upgraded when they are started again; otherwise they stay what they are. */
  upgradedByRestart: yesOrNo.optional(),
});

export const topicSchema = strictObject({
  name: nameSchema,
  partitions: whole(1, 10_000),
  replicationFactor: whole(1, 9),
  /** Kafka topic configs. */
  configs: recordOf(z.string('a text')) as unknown as z.ZodType<{ readonly [Name in TopicConfigName]?: string }>,
});

const clientSchema = strictObject({
  /** Name of the process. */
  name: nameSchema,
  /** Which of the scenario's workloads it runs. */
  workload: text,
  /** The older release that its Kafka clients are of. */
  release: release.optional(),
  /** Kafka client properties, over what the workload sets. */
  properties: configs<ClientConfigName>(),
  /** What the workload reads: operations per second, topic names, switches. */
  params: recordOf(scalar),
  /**
   * Of the records that it would send, outside of transactions and of its own making, it sends these alone, counted from 0 over all its
   * lives: what is left of a workload when a failing plan shrinks. Without it, all.
   */
  onlySends: listOf(someWhole(0)).optional(),
});

export const worldSchema = strictObject({
  latencyUs: whole(1, 10_000_000),
  jitterUs: whole(0, 10_000_000),
  bytesPerMs: whole(1, 100_000_000),
  /** Time of an fsync, base; the tail is drawn from a table. */
  syncUs: whole(1, 10_000_000),
  /** Busy time of a process for one event, and for each KiB that came with it. */
  serviceUs: whole(0, 100_000),
  serviceUsPerKiB: whole(0, 100_000),
  /** Wall clocks start at most this far from true time. */
  wallSkewMs: whole(0, 3_600_000),
  /** Monotonic clocks drift by at most this many parts per million. */
  driftPpm: whole(0, 1_000),
  /** Legal but rare paths of core are taken now and then (FoundationDB's BUGGIFY). */
  buggify: yesOrNo,
});

const targets = [
  strictObject({ role: z.literal('node'), name: nameSchema }),
  /** The broker, controller or client with this index, modulo how many there are. */
  strictObject({ role: z.literal('broker'), index: someWhole(0) }),
  strictObject({ role: z.literal('controller'), index: someWhole(0) }),
  strictObject({ role: z.literal('client'), index: someWhole(0) }),
  strictObject({ role: z.literal('active-controller') }),
  strictObject({ role: z.literal('leader'), partition: text }),
  strictObject({ role: z.literal('in-sync-follower'), partition: text }),
  strictObject({ role: z.literal('coordinator'), group: text }),
  strictObject({ role: z.literal('transaction-coordinator'), transactionalId: text }),
  strictObject({ role: z.literal('rack'), index: someWhole(0) }),
  strictObject({ role: z.literal('cluster') }),
  /** The process that emitted the trace event which the fault waits for. */
  strictObject({ role: z.literal('emitter') }),
] as const;

/** Whom a fault hits. Roles are resolved when it fires. */
const targetSchema = z.discriminatedUnion('role', targets, {
  error: ({ input }) => {
    const roles = targets.map((target) => target.shape.role.value);
    const role = (input as { role?: unknown } | null | undefined)?.role;
    return `one of ${roles.join(', ')}${typeof role === 'string' ? meant(roles, role) : ''}`;
  },
});

export const faultSchema = strictObject({
  /** One of `trial list faults`. */
  kind: text,
  /** When: milliseconds after the chaos phase begins ... */
  atMs: ms(LONGEST_MS).optional(),
  /** ... or at the nth occurrence of a trace event in the chaos phase, of those with these fields (`where`), `afterMs` later. */
  on: strictObject({ event: text, where: recordOf(scalar).optional(), nth: someWhole(1), afterMs: ms(600_000) }).optional(),
  target: targetSchema,
  /** How long it lasts, at least (its stability); it ends with the chaos phase at the latest. */
  forMs: ms(LONGEST_MS),
  /** What else the kind needs. */
  params: recordOf(z.number('a number')),
})
  .refine((fault) => fault.target.role !== 'emitter' || fault.on !== undefined, {
    path: ['target', 'role'],
    error: 'another role: only a fault that waits for a trace event (`on`) has an emitter to hit',
  })
  .refine((fault) => fault.on === undefined || fault.atMs === undefined, {
    path: ['atMs'],
    error: 'left out where `on` says what the fault waits for',
  });

export const planSchema = strictObject({
  formatVersion: z.literal(1, '1, the version of plans that this version of Trial reads'),
  /** Name of the scenario whose workloads and properties it uses. */
  scenario: text,
  /** Names the random streams; the plan's own values were drawn from it, or edited since. */
  seed: someWhole(0),
  cluster: clusterSchema,
  topics: listOf(topicSchema),
  clients: listOf(clientSchema),
  world: worldSchema,
  /** Length of the phases that have a fixed one. */
  warmUpMs: ms(600_000),
  chaosMs: ms(LONGEST_MS, 'a day, since a run takes memory and real time for each simulated second'),
  faults: listOf(faultSchema),
  heal: strictObject({
    /** Restart every node at heal; otherwise nobody who is alive is restarted, because restarts erase wedged states. */
    restartAll: yesOrNo,
    /** Leave a minority of controllers down for good; the cluster must still settle. */
    leaveMinorityDown: yesOrNo,
  }),
  /**
   * `within`: storage faults stay inside the durability budget (docs/guarantees.md, "The durability budget"). `beyond`: they may leave it,
   * and weaker guarantees are checked.
   */
  budget: word('within', 'beyond'),
  /** Where `world.buggify` is on, the rare paths that are in play (`trial list rare-paths`); without it a quarter of all is drawn. */
  rarePaths: listOf(text).optional(),
  /**
   * In the chaos phase what a process sends takes longer the lower its priority, which is drawn; `changes` times one falls to the lowest.
   * `stretch`: how many times as long, at most.
   */
  priorities: strictObject({ changes: whole(0, 1_000), stretch: whole(1, 1_000) }).optional(),
  /** The run draws as the one of this seed does; without it, as `seed` says. */
  chanceOf: someWhole(0).optional(),
});

export type Plan = z.infer<typeof planSchema>;
export type TopicPlan = Plan['topics'][number];
export type ClientPlan = Plan['clients'][number];
export type WorldPlan = Plan['world'];
export type FaultPlan = Plan['faults'][number];
export type FaultTarget = z.infer<typeof targetSchema>;

/** A plan file that can't be used; the message is one sentence for people. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Looked at first: what else does not fit may be right in a plan of another version. A version that is missing, the strict schema tells of. */
const versionSchema = z.looseObject({ formatVersion: planSchema.shape.formatVersion.optional() }, 'an object');

/** Checks a value read from JSON. Throws PlanError naming the place, the value and what would be right. */
export function parsePlan(value: unknown): Plan {
  const wrong = misfit(versionSchema, value) ?? misfit(planSchema, value);
  if (wrong !== null) throw new PlanError(`the plan can't be used: ${wrong}`);
  return planSchema.parse(value);
}
