/**
 * One run: from a Plan to a RunResult, through the phases boot, warm-up, chaos, heal, settle and verify (see the design of the
 * simulated world). A pure function of the plan: the host only gives it processor time.
 */
import { startNode, formatStorage } from '../core/broker/index.ts';
import type { NodeInspection } from '../core/broker/inspection.ts';
import { coordinatorPartition } from '../core/group/coordinatorPartition.ts';
import { DiskError, type Environment } from '../core/environment.ts';
import { Admin } from '../core/client/admin/Admin.ts';
import { KafkaError } from '../core/client/errors.ts';
import type { TraceEvent, TraceEventType } from '../core/trace.ts';
import { ClusterState } from './cluster-state.ts';
import { CLUSTER_ID, type NodePlan, bootstrapServers, nodesOf } from './cluster.ts';
import { DurabilityGhost, partitionOfPath } from './durability.ts';
import { SimulationFailure } from './failures.ts';
import { FaultInjector } from './faults/injector.ts';
import type { HistoryEvent } from './history.ts';
import type { Host } from './host.ts';
import type {
  CheckContext,
  Checker,
  ClusterView,
  FinalRead,
  Occurrence,
  Phase,
  PropertyDefinition,
  RunGuarantees,
  Violation,
  WorldChange,
} from './observe.ts';
import type { ClientPlan, Plan } from './plan.ts';
import type { ProcessHandle } from './process.ts';
import type { RunResult } from './result.ts';
import type { Properties, Workload, WorkloadContext } from './workload/context.ts';
import { FinalReading, probeEveryPartition } from './workload/final.ts';
import { Recorder } from './workload/recorder.ts';
import { LateCommitter } from './workload/late-committer.ts';
import { RecordingAdmin } from './workload/recording-admin.ts';
import { RecordingConsumer } from './workload/recording-consumer.ts';
import { RecordingProducer } from './workload/recording-producer.ts';
import type { TraceEntry } from './trace-hash.ts';
import { World } from './world.ts';

/** One line of the narrated trace. */
export interface TraceLine {
  readonly timeUs: number;
  readonly step: number;
  readonly node: string;
  readonly incarnation: number;
  readonly what:
    | TraceEvent
    | WorldChange
    | HistoryEvent
    | { readonly type: 'phase'; readonly phase: Phase }
    | { readonly type: 'note'; readonly text: string };
}

export interface SimulationOptions {
  readonly host: Host;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly properties: readonly PropertyDefinition[];
  /** Makes what knows the promises. It hears of everything before the checkers do. */
  readonly guarantees: (context: CheckContext) => RunGuarantees;
  readonly onTrace?: (line: TraceLine) => void;
  /** Real milliseconds before the watchdog ends the run. */
  readonly wallLimitMs?: number;
  /** Called once per simulated second. */
  readonly onProgress?: (simulatedMs: number) => void;
  /** Stops the run once this trace event number is reached; for `replay --until`. */
  readonly until?: (line: TraceLine) => boolean;
  /** Keeps every kernel event with `from` ≤ index < `to`, and hands them over at the end; to find where two runs part. */
  readonly record?: { readonly from: number; readonly to: number; readonly done: (entries: readonly TraceEntry[]) => void };
  /** Called when a run that was stopped by `until` stands still: the nodes as they are. */
  readonly onStopped?: (view: ClusterView) => void;
}

const US = 1_000;
const BOOT_LIMIT_MS = 60_000;
const FINAL_READ_LIMIT_MS = 120_000;
/** Events between two kept values of the running trace hash. */
export const HASH_WINDOW = 4_096;

export async function runPlan(plan: Plan, options: SimulationOptions): Promise<RunResult> {
  return new Run(plan, options).toEnd();
}

/** Properties that belong to the run itself, not to a checker. */
export const RUN_PROPERTIES: PropertyDefinition['properties'] = [
  { id: 'L0', title: 'the cluster boots: an active controller, every broker unfenced, every topic created' },
  { id: 'L9', title: 'after heal, new acks=all writes succeed on every partition' },
  { id: 'X1', title: 'no node meets an impossible state or an unexpected exception' },
];

class Run {
  readonly #plan: Plan;
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #nodes: readonly NodePlan[];
  readonly #nodeIds: ReadonlyMap<string, number>;
  readonly #state: ClusterState;
  readonly #ghost: DurabilityGhost;
  readonly #injector: FaultInjector;
  readonly #recorder: Recorder;
  readonly #occurrence: Occurrence = { node: '', nodeId: -1, incarnation: 0, timeUs: 0, step: 0 };
  readonly #handlers = new Map<string, ((event: never, at: Occurrence) => void)[]>();
  readonly #historyHandlers: ((event: HistoryEvent) => void)[] = [];
  readonly #worldHandlers: ((change: WorldChange) => void)[] = [];
  readonly #guarantees: RunGuarantees;
  readonly #checkers: Checker[] = [];
  readonly #violations: Violation[] = [];
  readonly #evaluations = new Map<string, { count: number }>();
  readonly #marks: Record<string, number> = {};
  readonly #excuses: Record<string, string> = {};
  readonly #formatted = new Set<string>();
  readonly #brokerEpochs = new Map<number, number>();
  readonly #consumers = new Set<RecordingConsumer>();
  readonly #producers = new Set<RecordingProducer>();
  readonly #admins = new Set<RecordingAdmin>();
  readonly #workloadsLeft = new Map<string, number>();
  /** Nodes that heal has started: whoever of them stops in order is started again. */
  readonly #healed = new Set<string>();
  #phase: Phase = 'boot';
  #writing = true;
  #running = true;
  #finalReads: ReadonlyMap<string, FinalRead> | null = null;
  #uniqueValues = 0;

  constructor(plan: Plan, options: SimulationOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#nodes = nodesOf(plan);
    this.#nodeIds = new Map(this.#nodes.map((node) => [node.name, node.nodeId]));
    const { world } = plan;
    this.#world = new World({
      seed: plan.seed,
      buggify: world.buggify,
      network: {
        baseLatencyUs: world.latencyUs,
        jitterUs: world.jitterUs,
        bytesPerUs: Math.max(1, Math.floor(world.bytesPerMs / 1_000)),
      },
      disk: { syncBaseUs: world.syncUs, syncJitterUs: Math.floor(world.syncUs / 2) },
      service: { eventUs: world.serviceUs, kibUs: world.serviceUsPerKiB },
      limits: { wallLimitMs: options.wallLimitMs ?? Number.POSITIVE_INFINITY },
    });
    this.#world.trace.checkpointEvery(HASH_WINDOW);
    if (options.record !== undefined) this.#world.trace.record(options.record.from, options.record.to);
    this.#state = new ClusterState(new Map(this.#nodes.map((node) => [node.nodeId, node.name])));
    this.#ghost = new DurabilityGhost(Number(plan.cluster.properties['log.flush.interval.messages'] ?? 0) === 1);
    this.#recorder = new Recorder({ step: () => this.#world.kernel.handled, timeUs: () => this.#world.now });
    this.#injector = new FaultInjector({
      plan,
      world: this.#world,
      nodes: this.#nodes,
      clients: plan.clients.map((client) => client.name),
      state: this.#state,
      ghost: this.#ghost,
      start: (name) => this.#start(name),
      tell: (node, what, detail) => this.#storageHit(node, what, detail),
      log: (text) => this.#note(text),
      offsetsPartition: (group) => coordinatorPartition(group, Math.max(1, this.#state.partitionsOf('__consumer_offsets'))),
    });
    this.#watch();
    // One context for all: what checkers share (the ghosts of the cluster's inside) hangs on it.
    const context = this.#checkContext();
    this.#guarantees = options.guarantees(context);
    for (const definition of options.properties) this.#checkers.push(definition.create(context));
    this.#recorder.listen((event) => {
      this.#line(event.session.client, event.session.incarnation, event);
      for (const handler of this.#historyHandlers) handler(event);
    });
  }

  async toEnd(): Promise<RunResult> {
    const startedMs = this.#options.host.nowMs();
    let error: string | null = null;
    try {
      this.#build();
      if (await this.#boot()) {
        await this.#phaseFor('warm-up', this.#plan.warmUpMs);
        this.#injector.begin();
        await this.#phaseFor('chaos', this.#plan.chaosMs);
        await this.#heal();
        await this.#settle();
        await this.#verify();
      }
      this.#evaluated('X1');
    } catch (failure) {
      if (failure instanceof StoppedEarly) error = failure.message;
      else error = this.#failed(failure);
    }
    this.#phase = 'done';
    this.#options.record?.done(this.#world.trace.entries);
    const counters = this.#world.counters();
    return {
      seed: this.#plan.seed,
      scenario: this.#plan.scenario,
      verdict: error !== null ? 'error' : this.#violations.length > 0 ? 'fail' : 'pass',
      violations: this.#violations,
      error,
      marks: this.#marks,
      evaluations: Object.fromEntries([...this.#evaluations].map(([property, { count }]) => [property, count])),
      excuses: this.#excuses,
      traceHash: this.#world.trace.digest(),
      hashWindows: this.#world.trace.checkpoints,
      simulatedMs: Math.floor(this.#world.now / US),
      wallMs: this.#options.host.nowMs() - startedMs,
      events: counters.events,
      frames: counters.network.chunksDelivered,
      recordsAcknowledged: this.#recorder.acknowledged,
      recordsDelivered: this.#recorder.delivered,
      faults: this.#injector.counts,
      plan: this.#plan,
    };
  }

  /** An exception ended the run: of core, then it is a finding; of the harness or a workload, then it is an error. */
  #failed(failure: unknown): string | null {
    if (
      failure instanceof SimulationFailure &&
      (failure.kind === 'invariant' || (failure.kind === 'exception' && failure.process !== null))
    ) {
      const cause = failure.cause instanceof Error ? (failure.cause.stack ?? failure.cause.message) : String(failure.cause);
      this.#violated('X1', `${failure.message}\n${cause}`);
      return null;
    }
    if (failure instanceof Error) {
      const cause = failure.cause instanceof Error ? `\n${failure.cause.stack ?? ''}` : '';
      return `${failure.message}${cause}${failure instanceof SimulationFailure ? '' : `\n${failure.stack ?? ''}`}`;
    }
    return String(failure);
  }

  // --- watching ---

  #watch(): void {
    this.#world.observe({
      onEvent: (node, incarnation, timeUs, event) => this.#onTrace(node, incarnation, timeUs, event),
      onProcess: (change, timeUs) => {
        const nodeId = this.#nodeIds.get(change.process) ?? -1;
        const at = { timeUs, step: this.#world.kernel.handled, node: change.process, nodeId };
        switch (change.change) {
          case 'started':
            if (nodeId !== -1) this.#injector.onStarted(nodeId);
            this.#worldChanged({ ...at, type: 'started', incarnation: change.incarnation });
            break;
          case 'killed':
          case 'halted':
            this.#worldChanged({ ...at, type: 'crashed', reason: change.reason ?? change.change });
            break;
          case 'stopped':
            this.#worldChanged({ ...at, type: 'stopped' });
            // A shutdown that began before heal and ended after it: the node belongs to the healed cluster all the same.
            if (this.#healed.has(change.process)) this.#world.after(0, () => this.#start(change.process));
            break;
          case 'paused':
          case 'resumed':
            this.#worldChanged({ ...at, type: change.change });
            break;
          case 'power-loss':
            break;
        }
        if (change.change === 'killed' || change.change === 'halted' || change.change === 'power-loss')
          this.#clientDied(change.process);
      },
    });
  }

  #onTrace(node: string, incarnation: number, timeUs: number, event: TraceEvent): void {
    const at = this.#occurrence;
    if (at.node !== node) {
      at.node = node;
      at.nodeId = this.#nodeIds.get(node) ?? -1;
    }
    at.incarnation = incarnation;
    at.timeUs = timeUs;
    at.step = this.#world.kernel.handled;
    switch (event.type) {
      case 'metadata-applied':
        for (const partition of event.partitions) {
          this.#state.onPartition(partition);
          this.#ghost.onPartition(partition);
        }
        for (const removed of event.removedPartitions) {
          this.#state.onPartitionRemoved(removed.partition, removed.topicId);
          this.#ghost.onPartitionRemoved(removed.topicId, removed.partition);
        }
        for (const broker of event.brokers) {
          if (broker.brokerEpoch > (this.#brokerEpochs.get(broker.brokerId) ?? -1)) {
            this.#brokerEpochs.set(broker.brokerId, broker.brokerEpoch);
            this.#injector.onRegistered(broker.brokerId);
          }
        }
        break;
      case 'quorum-leader-elected':
        this.#state.onQuorumLeader(event.epoch, at.nodeId);
        break;
      case 'mark':
        this.#marks[event.name] = (this.#marks[event.name] ?? 0) + 1;
        break;
      default:
        break;
    }
    const handlers = this.#handlers.get(event.type);
    if (handlers !== undefined) for (const handler of handlers) handler(event as never, at);
    this.#injector.onTraceEvent(event.type, node);
    if (this.#options.onTrace !== undefined || this.#options.until !== undefined) this.#line(node, incarnation, event);
  }

  #worldChanged(change: WorldChange): void {
    this.#line(change.node, 0, change);
    for (const handler of this.#worldHandlers) handler(change);
  }

  #storageHit(node: string, what: 'power-lost' | 'disk-wiped' | 'disk-corrupted' | 'sync-lied', detail: string | null): void {
    const nodeId = this.#nodeIds.get(node) ?? -1;
    const at = { timeUs: this.#world.now, step: this.#world.kernel.handled, node, nodeId };
    if (what === 'sync-lied') {
      this.#ghost.onSyncLied(nodeId);
      this.#note(`a sync of ${node}'s disk will fail`);
      return;
    }
    if (what === 'power-lost') {
      if (this.#ghost.losesOnPowerLoss(nodeId)) this.#ghost.onStorageLoss(nodeId, 'lost power');
      this.#worldChanged({ ...at, type: 'power-lost' });
    } else if (what === 'disk-wiped') {
      this.#ghost.onStorageLoss(nodeId, 'came back with an empty disk');
      this.#formatted.delete(node);
      this.#worldChanged({ ...at, type: 'disk-wiped', directory: detail });
    } else {
      const path = detail ?? '';
      this.#ghost.onStorageLoss(nodeId, `has rotten bytes in ${path}`, partitionOfPath(path));
      this.#worldChanged({ ...at, type: 'disk-corrupted', path });
    }
  }

  #note(text: string): void {
    this.#line('', 0, { type: 'note', text });
  }

  #line(node: string, incarnation: number, what: TraceLine['what']): void {
    const { onTrace, until } = this.#options;
    if (onTrace === undefined && until === undefined) return;
    const line: TraceLine = { timeUs: this.#world.now, step: this.#world.kernel.handled, node, incarnation, what };
    onTrace?.(line);
    if (until?.(line) === true) {
      this.#stopped = true;
      this.#world.stop();
    }
  }

  #stopped = false;

  #checkContext(): CheckContext {
    return {
      plan: this.#plan,
      on: <T extends TraceEventType>(type: T, handler: (event: never, at: Occurrence) => void) => {
        const list = this.#handlers.get(type);
        if (list === undefined) this.#handlers.set(type, [handler]);
        else list.push(handler);
      },
      onHistory: (handler) => void this.#historyHandlers.push(handler),
      onWorld: (handler) => void this.#worldHandlers.push(handler),
      violated: (property, message) => this.#violated(property, message),
      evaluated: (property, count = 1) => this.#evaluated(property, count),
      mark: (name) => {
        this.#marks[name] = (this.#marks[name] ?? 0) + 1;
      },
      excuse: (property, reason) => {
        this.#excuses[property] ??= reason;
      },
      durability: this.#ghost,
    };
  }

  #violated(property: string, message: string): void {
    const permitted = this.#guarantees.permits(property, message);
    if (permitted !== null) {
      this.#excuses[property] ??= `${permitted}; ${message}`;
      return;
    }
    this.#note(`VIOLATED ${property}: ${message}`);
    if (this.#violations.some((violation) => violation.property === property)) return;
    this.#violations.push({ property, message, atMs: Math.floor(this.#world.now / US) });
  }

  #evaluated(property: string, count = 1): void {
    const evaluations = this.#evaluations.get(property);
    if (evaluations === undefined) this.#evaluations.set(property, { count });
    else evaluations.count += count;
  }

  // --- building ---

  #build(): void {
    const skew = this.#world.chance.stream('clock-skew');
    for (const node of this.#nodes) {
      const machine = this.#world.createMachine({ name: node.name, rack: node.rack });
      const process = this.#world.createProcess({ name: node.name, machine, entry: (env) => this.#nodeEntry(node, env) });
      this.#skew(process.clock, skew);
    }
    for (const client of [...this.#plan.clients.map((c) => c.name), 'harness']) {
      const machine = this.#world.createMachine({ name: client });
      const process = this.#world.createProcess({ name: client, machine, async: true });
      if (client !== 'harness') this.#skew(process.clock, skew);
    }
  }

  #skew(
    clock: { jumpWall(byMs: number): void; setMonotonicDrift(ppm: number): void; setWallDrift(ppm: number): void },
    stream: { between(min: number, max: number, label: string): number },
  ): void {
    const { wallSkewMs, driftPpm } = this.#plan.world;
    if (wallSkewMs > 0) clock.jumpWall(stream.between(-wallSkewMs, wallSkewMs, 'wall'));
    if (driftPpm > 0) {
      const ppm = stream.between(-Math.min(driftPpm, 500), Math.min(driftPpm, 500), 'drift');
      clock.setMonotonicDrift(ppm);
      clock.setWallDrift(ppm);
    }
  }

  #nodeEntry(node: NodePlan, env: Environment): ProcessHandle {
    if (!this.#formatted.has(node.name)) {
      try {
        formatStorage(env.disk, env.random.stream('format'), {
          clusterId: CLUSTER_ID,
          nodeId: node.nodeId,
          directories: node.logDirs,
        });
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        // A disk that is broken or full can't be prepared: the node stays down until somebody tries again.
        env.halt(error.message);
        return {};
      }
      this.#formatted.add(node.name);
    }
    return startNode(env, { ...node.properties });
  }

  /** Starts a process that is down: a node, or a client with its workload. */
  #start(name: string): void {
    const process = this.#world.process(name);
    if (process.alive) {
      process.resume();
      return;
    }
    if (!process.machine.powered) process.machine.powerOn();
    process.start();
    const client = this.#plan.clients.find((c) => c.name === name);
    if (client !== undefined && this.#running) this.#runWorkload(client);
  }

  #runWorkload(client: ClientPlan): void {
    const workload = this.#options.workloads.get(client.workload);
    if (workload === undefined) throw new Error(`the scenario has no workload "${client.workload}" for client ${client.name}`);
    const process = this.#world.process(client.name);
    this.#workloadsLeft.set(client.name, process.starts);
    process.spawn(async (env) => {
      const incarnation = process.starts;
      await workload(this.#workloadContext(client, env, incarnation));
      if (this.#workloadsLeft.get(client.name) === incarnation) this.#workloadsLeft.delete(client.name);
    });
  }

  #workloadContext(client: ClientPlan, env: Environment, incarnation: number): WorkloadContext {
    const shared: Properties = {
      'bootstrap.servers': bootstrapServers(this.#plan),
      'client.id': client.name,
      ...client.properties,
    };
    const process = this.#world.process(client.name);
    return {
      name: client.name,
      plan: this.#plan,
      params: client.params,
      env,
      random: this.#world.chance.stream(`workload/${client.name}`),
      writing: () => this.#writing,
      running: () => this.#running,
      nowMs: () => env.clock.monotonicMs(),
      sleep: (ms) => process.sleep(ms),
      producer: (properties = {}) => {
        const producer = new RecordingProducer(env, this.#recorder, incarnation, { ...shared, ...properties });
        this.#producers.add(producer);
        return producer;
      },
      consumer: (properties = {}) => {
        const consumer = new RecordingConsumer(env, this.#recorder, incarnation, { ...shared, ...properties });
        this.#consumers.add(consumer);
        return consumer;
      },
      admin: (properties = {}) => {
        const admin = new RecordingAdmin(env, this.#recorder, incarnation, { ...shared, ...properties });
        this.#admins.add(admin);
        return admin;
      },
      lateCommitter: () => new LateCommitter(env, { 'bootstrap.servers': bootstrapServers(this.#plan) }),
      uniqueValue: () => `${client.name}#${incarnation}:${this.#uniqueValues++}`,
    };
  }

  #clientDied(name: string): void {
    this.#workloadsLeft.delete(name);
    for (const clients of [this.#producers, this.#consumers, this.#admins]) {
      for (const client of clients) {
        if (client.session.client !== name || client.closed) continue;
        (clients as Set<typeof client>).delete(client);
        this.#recorder.end(client.session, 'crashed');
      }
    }
  }

  // --- phases ---

  async #advance(us: number): Promise<void> {
    const until = this.#world.now + us;
    await this.#world.run({ until, host: this.#options.host });
    if (this.#stopped) {
      this.#options.onStopped?.(this.#view());
      throw new StoppedEarly();
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#line('', 0, { type: 'phase', phase });
  }

  async #phaseFor(phase: Phase, ms: number): Promise<void> {
    this.#enter(phase);
    for (let left = ms; left > 0; left -= 1_000) {
      await this.#advance(Math.min(left, 1_000) * US);
      this.#options.onProgress?.(Math.floor(this.#world.now / US));
    }
  }

  /** Runs until a condition holds, looking every `everyMs`; false if it does not hold within `limitMs`. */
  async #until(everyMs: number, limitMs: number, holds: () => boolean): Promise<boolean> {
    for (let waited = 0; ; waited += everyMs) {
      if (holds()) return true;
      if (waited >= limitMs) return false;
      await this.#advance(everyMs * US);
      this.#options.onProgress?.(Math.floor(this.#world.now / US));
    }
  }

  async #boot(): Promise<boolean> {
    this.#enter('boot');
    for (const node of this.#nodes) this.#start(node.name);
    const up = await this.#until(100, BOOT_LIMIT_MS, () => this.#allBrokersUnfenced());
    this.#evaluated('L0');
    if (!up) {
      this.#violated('L0', `after ${BOOT_LIMIT_MS} ms without faults not every broker was registered and unfenced`);
      return false;
    }
    this.#start('harness');
    let created = 'waiting';
    this.#world.process('harness').spawn(async (env) => {
      created = await this.#createTopics(env);
    });
    const ready = await this.#until(100, BOOT_LIMIT_MS, () => created !== 'waiting');
    if (!ready || created !== 'done') {
      this.#violated('L0', `the topics of the plan could not be created without faults: ${created}`);
      return false;
    }
    for (const client of this.#plan.clients) this.#start(client.name);
    return true;
  }

  #allBrokersUnfenced(): boolean {
    for (const inspection of this.#inspections().values()) {
      const { brokers } = inspection.metadata;
      let unfenced = 0;
      for (const broker of brokers.values()) if (!broker.fenced) unfenced++;
      if (unfenced === this.#plan.cluster.brokers) return true;
    }
    return false;
  }

  async #createTopics(env: Environment): Promise<string> {
    const admin = new Admin(env, { 'bootstrap.servers': bootstrapServers(this.#plan), 'client.id': 'harness' });
    try {
      await admin.createTopics(
        this.#plan.topics.map((topic) => ({
          name: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          configs: topic.configs,
        })),
      );
      return 'done';
    } catch (error) {
      if (error instanceof KafkaError) return `${error.errorName}: ${error.message}`;
      throw error;
    } finally {
      await admin.close();
    }
  }

  async #heal(): Promise<void> {
    this.#enter('heal');
    this.#injector.end();
    const controllers = this.#nodes.filter((node) => node.isController && !node.isBroker);
    const mayStayDown = this.#plan.heal.leaveMinorityDown ? Math.floor((controllers.length - 1) / 2) : 0;
    const left = new Set(controllers.slice(0, mayStayDown).map((node) => node.name));
    const inspections = this.#inspections();
    for (const node of this.#nodes) {
      if (left.has(node.name)) continue;
      // Kafka takes a log directory back only at a restart: whoever has one offline is restarted in any case.
      const hasOfflineDirectory = (inspections.get(node.name)?.broker?.offlineDirectories.length ?? 0) > 0;
      const restart = this.#plan.heal.restartAll || hasOfflineDirectory;
      if (restart && this.#world.process(node.name).alive) this.#injector.crash(node.name);
      this.#start(node.name);
      this.#healed.add(node.name);
    }
    for (const name of left) this.#world.process(name).kill();
    for (const client of this.#plan.clients) this.#start(client.name);
    // Writers go on for a moment, so that what they send goes through the healed cluster too.
    await this.#phaseFor('heal', 2_000);
    this.#writing = false;
  }

  /** PROPERTIES section 10: the time after which a healed cluster must have settled. */
  #settleLimitMs(): number {
    const broker = (name: string, byDefault: number): number => Number(this.#plan.cluster.properties[name] ?? byDefault);
    const client = (name: string, byDefault: number): number =>
      Math.max(byDefault, ...this.#plan.clients.map((c) => Number(c.properties[name] ?? byDefault)));
    const session = broker('broker.session.timeout.ms', 9_000);
    const election = broker('controller.quorum.election.timeout.ms', 1_000) + broker('controller.quorum.fetch.timeout.ms', 2_000);
    const request = Math.max(30_000, client('request.timeout.ms', 30_000));
    const group = client('session.timeout.ms', 45_000) + Math.min(client('max.poll.interval.ms', 300_000), 300_000);
    const delivery = client('delivery.timeout.ms', 120_000);
    return 3 * (session + election) + 2 * broker('replica.lag.time.max.ms', 30_000) + 2 * request + group + delivery + 30_000;
  }

  async #settle(): Promise<void> {
    this.#enter('settle');
    const limitMs = this.#settleLimitMs();
    let unmet: { property: string; message: string } | null = null;
    const settled = (): boolean => {
      unmet = this.#unsettled();
      return unmet === null;
    };
    if (!(await this.#until(1_000, limitMs, settled)) && unmet !== null) {
      const { property, message } = unmet as { property: string; message: string };
      this.#violated(property, `not settled ${limitMs} ms after everything was healed: ${message}`);
      return;
    }
    await this.#probe(limitMs);
    if (!(await this.#until(1_000, limitMs, settled)) && unmet !== null) {
      const { property, message } = unmet as { property: string; message: string };
      this.#violated(property, `not settled ${limitMs} ms after the last write: ${message}`);
    }
  }

  #unsettled(): { property: string; message: string } | null {
    for (const producer of this.#producers) {
      if (!producer.closed)
        return { property: 'L8', message: `${producer.session.client} still waits for the end of what it sent` };
    }
    const view = this.#view();
    for (const checker of this.#checkers) {
      const unmet = checker.unsettled?.(view) ?? null;
      if (unmet !== null) return unmet;
    }
    return null;
  }

  /** New writes must succeed on every partition that Kafka itself can serve. */
  async #probe(limitMs: number): Promise<void> {
    const excused = this.#guarantees.unavailablePartitions();
    let outcome: readonly string[] | null = null;
    this.#start('harness');
    this.#world.process('harness').spawn(async (env) => {
      outcome = await probeEveryPartition(env, this.#recorder, this.#plan, bootstrapServers(this.#plan), excused);
    });
    await this.#until(200, limitMs, () => outcome !== null);
    this.#evaluated('L9');
    const failures = outcome as readonly string[] | null;
    if (failures === null) this.#violated('L9', `writes to every partition did not end within ${limitMs} ms after heal`);
    else if (failures.length > 0) this.#violated('L9', `after heal, ${failures.join('; ')}`);
  }

  async #verify(): Promise<void> {
    this.#enter('verify');
    const reading = new FinalReading(this.#plan, this.#guarantees.unavailablePartitions());
    this.#start('harness');
    this.#world.process('harness').spawn((env) => reading.run(env, bootstrapServers(this.#plan)));
    await this.#until(200, FINAL_READ_LIMIT_MS, () => reading.unread.size === 0);
    if (reading.unread.size > 0) {
      const facts = [...reading.unread].map(([partition, fact]) => `${partition} ${fact}${this.#leadership(partition)}`);
      this.#violated(
        'L11',
        `a fresh consumer could not read every partition to its end within ${FINAL_READ_LIMIT_MS} ms: ${facts.join('; ')}`,
      );
    }
    this.#finalReads = reading.reads;
    const view = this.#view();
    this.#running = false;
    await this.#until(500, 120_000, () => this.#workloadsLeft.size === 0);
    for (const checker of this.#checkers) checker.atEnd?.({ ...view, nodes: this.#inspections(), phase: 'verify' });
  }

  /** What the controller has committed of a partition, in brackets. */
  #leadership(partition: string): string {
    for (const ghost of this.#ghost.partitions) {
      if (ghost.partition === partition) return ` (leader ${ghost.leader}, in-sync set [${ghost.isr.join(', ')}])`;
    }
    return '';
  }

  // --- views ---

  #inspections(): Map<string, NodeInspection> {
    const nodes = new Map<string, NodeInspection>();
    for (const node of this.#nodes) {
      const inspection = this.#world.process(node.name).handle?.inspect?.();
      if (inspection !== undefined) nodes.set(node.name, inspection as NodeInspection);
    }
    return nodes;
  }

  #view(): ClusterView {
    return {
      plan: this.#plan,
      phase: this.#phase,
      timeUs: this.#world.now,
      nodes: this.#inspections(),
      nodeIds: this.#nodeIds,
      consumers: [...this.#consumers]
        .filter((consumer) => !consumer.closed && consumer.subscription.length > 0)
        .map((consumer) => ({
          session: consumer.session.id,
          client: consumer.session.client,
          group: String(consumer.session.properties['group.id'] ?? ''),
          topics: consumer.subscription,
        })),
      finalReads: this.#finalReads,
      excusedPartitions: this.#guarantees.unavailablePartitions(),
    };
  }
}

/** The run was stopped by its caller, at the event it asked for. */
class StoppedEarly extends Error {
  constructor() {
    super('stopped where it was asked to');
  }
}
