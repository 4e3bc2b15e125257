/**
 * A Plan is everything that one run is made of, as plain JSON: a run is a pure function of its Plan. It can be printed,
 * saved, edited by hand and shrunk. `--seed N` is only the short way to write the Plan that seed N generates.
 *
 * Times are in simulated milliseconds (`Ms`) or microseconds (`Us`); sizes in bytes.
 */
import { z } from 'zod';

const ms = (max: number) => z.int().min(0).max(max);
const name = z.string().regex(/^[a-zA-Z0-9._-]{1,80}$/, 'a name of letters, digits, ".", "_" and "-"');
const properties = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const clusterSchema = z.strictObject({
  /** Brokers, node ids 1..brokers, processes b1, b2, ... */
  brokers: z.int().min(1).max(100),
  /** Controllers, processes c1, c2, ... with node ids 1001, 1002, ...; in combined mode the first brokers. */
  controllers: z.int().min(1).max(9),
  /** Controllers run inside the first brokers' processes. */
  combined: z.boolean(),
  /** Machines are dealt out over this many racks. */
  racks: z.int().min(1).max(10),
  /** Log directories of each broker. */
  logDirs: z.int().min(1).max(4),
  /** Kafka broker properties for every node, over the defaults. */
  properties,
});

const topicSchema = z.strictObject({
  name,
  partitions: z.int().min(1).max(10_000),
  replicationFactor: z.int().min(1).max(9),
  /** Kafka topic configs. */
  configs: z.record(z.string(), z.string()),
});

const clientSchema = z.strictObject({
  /** Name of the process. */
  name,
  /** Which of the scenario's workloads it runs. */
  workload: z.string(),
  /** Kafka client properties, over what the workload sets. */
  properties,
  /** What the workload reads: operations per second, topic names, switches. */
  params: properties,
});

const worldSchema = z.strictObject({
  latencyUs: z.int().min(1).max(10_000_000),
  jitterUs: z.int().min(0).max(10_000_000),
  bytesPerMs: z.int().min(1).max(100_000_000),
  /** Time of an fsync, base; the tail is drawn from a table. */
  syncUs: z.int().min(1).max(10_000_000),
  /** Busy time of a process for one event, and for each KiB that came with it. */
  serviceUs: z.int().min(0).max(100_000),
  serviceUsPerKiB: z.int().min(0).max(100_000),
  /** Wall clocks start at most this far from true time. */
  wallSkewMs: z.int().min(0).max(3_600_000),
  /** Monotonic clocks drift by at most this many parts per million. */
  driftPpm: z.int().min(0).max(1_000),
  /** Legal but rare paths of core are taken now and then (FoundationDB's BUGGIFY). */
  buggify: z.boolean(),
});

/** Whom a fault hits. Roles are resolved when it fires. */
export const targetSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('node'), name }),
  /** The broker, controller or client with this index, modulo how many there are. */
  z.strictObject({ role: z.literal('broker'), index: z.int().min(0) }),
  z.strictObject({ role: z.literal('controller'), index: z.int().min(0) }),
  z.strictObject({ role: z.literal('client'), index: z.int().min(0) }),
  z.strictObject({ role: z.literal('active-controller') }),
  z.strictObject({ role: z.literal('leader'), partition: z.string() }),
  z.strictObject({ role: z.literal('in-sync-follower'), partition: z.string() }),
  z.strictObject({ role: z.literal('coordinator'), group: z.string() }),
  z.strictObject({ role: z.literal('rack'), index: z.int().min(0) }),
  z.strictObject({ role: z.literal('cluster') }),
  /** The process that emitted the trace event which the fault waits for. */
  z.strictObject({ role: z.literal('emitter') }),
]);

const faultSchema = z
  .strictObject({
    /** One of `trial list faults`. */
    kind: z.string(),
    /** When: milliseconds after the chaos phase begins ... */
    atMs: ms(86_400_000).optional(),
    /** ... or at the nth occurrence of a trace event in the chaos phase, `afterMs` later. */
    on: z.strictObject({ event: z.string(), nth: z.int().min(1), afterMs: ms(600_000) }).optional(),
    target: targetSchema,
    /** How long it lasts, at least (its stability); it ends with the chaos phase at the latest. */
    forMs: ms(86_400_000),
    /** What else the kind needs. */
    params: z.record(z.string(), z.number()),
  })
  .refine(
    (fault) => fault.target.role !== 'emitter' || fault.on !== undefined,
    'only a fault that waits for a trace event (`on`) can hit its emitter',
  );

export const planSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Name of the scenario whose workloads and properties it uses. */
  scenario: z.string(),
  /** Names the random streams; the plan's own values were drawn from it, or edited since. */
  seed: z.int().min(0),
  cluster: clusterSchema,
  topics: z.array(topicSchema),
  clients: z.array(clientSchema),
  world: worldSchema,
  /** Length of the phases that have a fixed one. */
  warmUpMs: ms(600_000),
  chaosMs: ms(86_400_000),
  faults: z.array(faultSchema),
  heal: z.strictObject({
    /** Restart every node at heal; otherwise nobody who is alive is restarted, because restarts erase wedged states. */
    restartAll: z.boolean(),
    /** Leave a minority of controllers down for good; the cluster must still settle. */
    leaveMinorityDown: z.boolean(),
  }),
  /** `within`: storage faults stay inside the durability budget (PROPERTIES section 1). `beyond`: they may leave it, and weaker guarantees are checked. */
  budget: z.enum(['within', 'beyond']),
});

export type Plan = z.infer<typeof planSchema>;
export type ClusterPlan = Plan['cluster'];
export type TopicPlan = Plan['topics'][number];
export type ClientPlan = Plan['clients'][number];
export type WorldPlan = Plan['world'];
export type FaultPlan = Plan['faults'][number];
export type FaultTarget = z.infer<typeof targetSchema>;

/** A plan file that can't be used; the message is one sentence for people. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Checks a value read from JSON. Throws PlanError naming the place, the value and what would be right. */
export function parsePlan(value: unknown): Plan {
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue === undefined ? '' : issue.path.map(String).join('.');
  const at = path === '' ? 'the plan' : `the plan's ${path}`;
  throw new PlanError(`${at} is not usable: ${issue?.message ?? 'not a plan'}`);
}

/** Fewest milliseconds that a run of this plan can take, for progress displays. */
export function plannedMs(plan: Plan): number {
  return plan.warmUpMs + plan.chaosMs;
}
