/**
 * One run: from a Plan to a RunResult, through the phases boot, warm-up, chaos, heal, settle and verify (docs/simulated-world.md,
 * "A run"). A pure function of the plan: the host only gives it processor time. Its parts, and a file for each phase
 * that does something of its own, are in `run/`.
 */
import { BROKER_CONFIG, numberGiven } from '../core/config/index.ts';
import { coordinatorPartition } from '../core/coordinator/coordinator-partition.ts';
import { type Micros, millis } from '../ports/time.ts';
import { ClusterState } from './cluster-state.ts';
import { nodesOf } from './cluster.ts';
import { DurabilityGhost } from './durability.ts';
import { FaultInjector } from './faults/injector.ts';
import { errorText } from './error-text.ts';
import type { Host } from '../world/host.ts';
import type { CheckContext, ClusterView, FinalRead, Phase, PropertyDefinition, RunGuarantees, Violation } from './observe.ts';
import type { Plan } from './plan.ts';
import type { ProcessChange } from '../world/process.ts';
import type { RunResult } from './result.ts';
import { Applications } from './run/applications.ts';
import { boot } from './run/boot.ts';
import { Findings } from './run/findings.ts';
import { heal } from './run/heal.ts';
import { LastRefused } from './run/last-refused.ts';
import { beginPriorities } from './run/priorities.ts';
import { Narration, type TraceLine } from './run/narration.ts';
import { type Diversion, type Halts, Pace, StoppedEarly } from './run/pace.ts';
import { rolesOf } from './run/roles.ts';
import type { RunParts } from './run/parts.ts';
import { settle } from './run/settle.ts';
import { Stage } from './run/stage.ts';
import { Demand } from './run/unmet.ts';
import { verify } from './run/verify.ts';
import { Watch } from './run/watch.ts';
import type { TraceEntry } from '../world/trace-hash.ts';
import { watchMarks } from './marks/registry.ts';
import { Situation } from './marks/situation.ts';
import { ProtocolStates } from './protocol-states.ts';
import { countSteps, markMoves } from './transaction-steps.ts';
import type { Workload } from './workload/context.ts';
import { Recorder } from './workload/recorder.ts';
import type { CauseLog } from '../world/cause-log.ts';
import type { Chance, ChanceOptions } from '../world/chance.ts';
import type { NetworkTap } from '../world/network-tap.ts';
import { World } from '../world/world.ts';

export { processesOf } from './run/stage.ts';
export { newPulse } from '../world/kernel.ts';
export type { TraceLine } from './run/narration.ts';
export type { Diversion, Halts } from './run/pace.ts';

export interface SimulationOptions {
  readonly host: Host;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly properties: readonly PropertyDefinition[];
  /** Makes what knows the promises. It hears of everything before the checkers do. */
  readonly guarantees: (context: CheckContext) => RunGuarantees;
  readonly onTrace?: (line: TraceLine) => void;
  /** Real milliseconds without progress (a simulated second, or a smaller step) before the watchdog ends the run. */
  readonly stallLimitMs?: number;
  /** Cells in which another thread sees whether the run gets on (`newPulse`). */
  readonly pulse?: Int32Array;
  /** Called once per simulated second. */
  readonly onProgress?: (simulatedMs: number) => void;
  /** A phase begins. */
  readonly onPhase?: (phase: Phase) => void;
  /** Stops the run once this trace event number is reached; for `replay --until`. */
  readonly until?: (line: TraceLine) => boolean;
  /** Keeps every kernel event with `from` ≤ index < `to`, and hands them over at the end; to find where two runs part. */
  readonly record?: { readonly from: number; readonly to: number; readonly done: (entries: readonly TraceEntry[]) => void };
  /** Called when a run that was stopped by `until` stands still: the nodes as they are. */
  readonly onStopped?: (view: ClusterView) => void;
  /** Stops the run at a violation: nobody wants to know what else would happen. */
  readonly stopAt?: (violation: Violation) => boolean;
  /** What is decided without drawing, and whether decisions are recorded. */
  readonly chance?: Pick<ChanceOptions, 'record' | 'replay' | 'decisions'>;
  /** Called at the end, for the recording and how well another fitted. */
  readonly onChance?: (chance: Chance) => void;
  /** Stops the run at about this time, if it comes so far. */
  readonly stopAfterMs?: number;
  /** From this time on the run has another future. */
  readonly divert?: Diversion;
  /** Keeps what every event came of. Called before the run, with the log that it will fill. */
  readonly onCauses?: (causes: CauseLog) => void;
  /** Hears what passes over the network. Called before the run, with the world's clock. */
  readonly tap?: (nowUs: () => Micros) => NetworkTap;
  /** Where the run stands still. */
  readonly halts?: Halts;
}

/** Events between two kept values of the running trace hash. */
export const HASH_WINDOW = 4_096;

/** Properties that belong to the run itself, not to a checker. */
export const RUN_PROPERTIES = [
  { id: 'A1', title: 'an application ends without an error' },
  { id: 'A2', title: 'an application polls its consumers until it closes them, and sends nothing new once writing is over' },
  { id: 'L0', title: 'the cluster boots: an active controller, every broker unfenced, every topic created' },
  { id: 'L9', title: 'after heal, new acks=all writes succeed on every partition' },
  { id: 'L14', title: 'after heal, producers that have written before have records acknowledged again' },
  { id: 'L13', title: 'after heal, a new producer of each transactional id gets its producer id' },
  { id: 'X1', title: 'no node meets an impossible state or an unexpected exception' },
] as const satisfies PropertyDefinition['properties'];

export async function runPlan(plan: Plan, options: SimulationOptions): Promise<RunResult> {
  const run = prepare(plan, options);
  const startedMs = options.host.nowMs();
  const { world, recorder, findings } = run;
  const error = await options.host.within(null, () => play(run)).finally(() => options.host.close());
  run.pace.finish();
  options.record?.done(world.trace.entries);
  options.onChance?.(world.chance);
  const counters = world.counters();
  return {
    seed: plan.seed,
    scenario: plan.scenario,
    verdict: error !== null ? 'error' : findings.violations.length > 0 ? 'fail' : 'pass',
    violations: findings.violations,
    error,
    marks: findings.marks,
    states: run.states.seen,
    rarePaths: world.chance.siteCounts(),
    evaluations: findings.evaluations,
    excuses: findings.excuses,
    traceHash: world.trace.digest(),
    hashWindows: world.trace.checkpoints,
    simulatedMs: millis(world.now),
    wallMs: options.host.nowMs() - startedMs,
    events: counters.events,
    frames: counters.network.chunksDelivered,
    recordsAcknowledged: recorder.acknowledged,
    recordsDelivered: recorder.delivered,
    sends: run.applications.sends,
    begins: run.applications.begins,
    operations: run.applications.operations,
    faults: run.injector.counts,
    unmet: run.demand.unmet(plan, run.injector.counts),
    plan,
  };
}

/** The story of a run. Null, or why it could not be told to its end. */
async function play(run: RunParts): Promise<string | null> {
  const { plan, pace, findings } = run;
  try {
    run.stage.build();
    if (await boot(run)) {
      await pace.during('warm-up', plan.warmUpMs);
      run.injector.begin();
      const endPriorities = beginPriorities(run.world, plan);
      await pace.during('chaos', plan.chaosMs);
      endPriorities();
      await heal(run);
      await settle(run);
      await verify(run);
    }
    await pace.listen();
    findings.evaluated('X1');
    findings.evaluated('A1', plan.clients.length);
    pace.stopIfAsked();
    return null;
  } catch (failure) {
    return endedBy(run, failure);
  }
}

/** Null, or why the run came to no result. What ended it may be the very line at which it was to stop. */
function endedBy({ pace, findings }: RunParts, failure: unknown): string | null {
  try {
    if (failure instanceof StoppedEarly) return failure.message;
    const error = findings.failed(failure);
    pace.stopIfAsked();
    return error;
  } catch (stop) {
    return errorText(stop);
  }
}

function worldOf({ seed, world, rarePaths, chanceOf }: Plan, options: SimulationOptions): World {
  const { stallLimitMs = Number.POSITIVE_INFINITY, pulse, chance = {}, onCauses } = options;
  return new World({
    ...chance,
    seed: chanceOf ?? seed,
    ...(rarePaths === undefined ? {} : { sites: rarePaths }),
    causes: onCauses !== undefined,
    buggify: world.buggify,
    network: {
      baseLatencyUs: world.latencyUs,
      jitterUs: world.jitterUs,
      bytesPerUs: Math.max(1, Math.floor(world.bytesPerMs / 1_000)),
    },
    disk: { syncBaseUs: world.syncUs, syncJitterUs: Math.floor(world.syncUs / 2) },
    service: { eventUs: world.serviceUs, kibUs: world.serviceUsPerKiB },
    limits: { stallLimitMs },
    ...(pulse === undefined ? {} : { pulse }),
  });
}

/** Puts the parts of a run together. Nothing has happened yet in its world. */
function prepare(plan: Plan, options: SimulationOptions): RunParts {
  const world = worldOf(plan, options);
  world.trace.checkpointEvery(HASH_WINDOW);
  if (world.kernel.causes !== null) options.onCauses?.(world.kernel.causes);
  world.network.tap = options.tap?.(() => world.now) ?? null;
  if (options.record !== undefined) world.trace.record(options.record.from, options.record.to);

  const nodes = nodesOf(plan);
  const nodeIds = new Map(nodes.map((node) => [node.name, node.nodeId]));
  const state = new ClusterState(new Map(nodes.map((node) => [node.nodeId, node.name])));
  const ghost = new DurabilityGhost(numberGiven(BROKER_CONFIG, plan.cluster.properties, 'log.flush.interval.messages') === 1);
  const recorder = new Recorder({ step: () => world.kernel.handled, timeUs: () => world.now });
  const narration = new Narration(world, options.onTrace, options.until);
  const findings = new Findings(
    world,
    narration,
    (property, log) => guarantees.permits(property, log),
    (facts) => rolesOf(facts, { state, durability: ghost }),
    options.stopAt,
  );
  const stage = new Stage(plan, world, nodes);
  const applications = new Applications(plan, world, options.host, recorder, options.workloads);
  const pace = new Pace(world, options.host, narration, {
    onProgress: options.onProgress,
    onPhase: options.onPhase,
    onStopped: () => options.onStopped?.(view()),
    halts: options.halts,
    view: () => view(),
    divert: options.divert,
    stopAfterMs: options.stopAfterMs ?? Number.POSITIVE_INFINITY,
  });
  const healed = new Set<string>();
  const start = (name: string): void => {
    if (stage.start(name)) applications.started(name);
  };
  /** Nodes that would not take back committed metadata. */
  const refusing = new Set<string>();
  const ended = ({ process, change }: ProcessChange): void => {
    if (change !== 'stopped') applications.died(process);
    // A shutdown that began before heal and ended after it: the node belongs to the healed cluster all the same. And a node that ended
    // rather than forget committed metadata: its operator gives up what was lost, and starts it again.
    const isOver = refusing.delete(process) || change === 'stopped';
    if (isOver && healed.has(process)) world.after(0, () => start(process));
  };
  const injector = new FaultInjector({
    plan,
    world,
    nodes,
    clients: plan.clients.map((client) => client.name),
    state,
    ghost,
    start,
    startTwin: (node) => stage.startTwin(node),
    tell: (node, fact) => watch.onStorage(node, fact),
    log: (change) => watch.onFault(change),
    offsetsPartition: (group) => coordinatorPartition(group, Math.max(1, state.partitionsOf('__consumer_offsets'))),
    transactionsPartition: (id) => coordinatorPartition(id, Math.max(1, state.partitionsOf('__transaction_state'))),
  });
  const onOtherDisk = (node: string): void => stage.onOtherDisk(node);
  const watch = new Watch({ plan, world, nodeIds, state, ghost, injector, findings, narration, start, ended, onOtherDisk });

  // One context for all: what checkers share (the ghosts of the cluster's inside) hangs on it.
  const context = watch.context();
  const situation = new Situation(context, state);
  const states = new ProtocolStates(context, situation);
  watchMarks(context, situation);
  countSteps(context);
  markMoves(context);
  context.on('quorum-truncation-refused', (_, at) => void refusing.add(at.node));
  const guarantees = options.guarantees(context);
  const refused = new LastRefused(context);
  const checkers = options.properties.map((definition) => definition.create(context));
  const demand = new Demand();
  recorder.listen((event) => demand.onHistory(event));
  recorder.listen((event) => applications.onHistory(event));
  recorder.listen((event) => watch.onHistory(event));

  let finalReads: ReadonlyMap<string, FinalRead> | null = null;
  let finalCommittedReads: ReadonlyMap<string, FinalRead> | null = null;
  const show: RunParts['show'] = (reads, committedReads) => {
    finalReads = reads;
    finalCommittedReads = committedReads;
  };
  const view = (): ClusterView => ({
    plan: context.plan,
    phase: pace.phase,
    timeUs: world.now,
    nodes: stage.inspections(),
    nodeIds,
    consumers: applications.subscribers(),
    idle: applications.idle(),
    finalReads,
    finalCommittedReads,
    lastRefused: (concerns) => refused.about(concerns),
    excusedPartitions: guarantees.unavailablePartitions(),
  });
  return {
    plan,
    world,
    stage,
    applications,
    recorder,
    demand,
    injector,
    ghost,
    guarantees,
    checkers,
    findings,
    refused,
    states,
    pace,
    healed,
    start,
    view,
    show,
  };
}
