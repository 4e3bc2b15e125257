/** A CheckContext without a simulation: tests feed it events and read what the checkers said. */
import type { TraceEvent, TraceEventOf, TraceEventType } from '../../core/trace.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import { DurabilityGhost } from '../../sim/durability.ts';
import type { HistoryEvent } from '../../sim/history.ts';
import type {
  CheckContext,
  Checker,
  FaultChange,
  Occurrence,
  PropertyDefinition,
  Violation,
  ViolationFacts,
  WorldChange,
} from '../../sim/observe.ts';
import type { Plan } from '../../sim/plan.ts';

type Handler = (event: never, at: Occurrence) => void;
/** A WorldChange without the place and time that the context fills in. */
export type WorldNews = WorldChange extends infer C
  ? C extends WorldChange
    ? Omit<C, 'timeUs' | 'step' | 'node' | 'nodeId'>
    : never
  : never;

/** A small plan: three brokers, three controllers, topic `orders` with one partition of three replicas. */
export function fakePlan(overrides: Partial<Plan> = {}): Plan {
  return {
    formatVersion: 1,
    scenario: 'fake',
    seed: 1,
    cluster: { brokers: 3, controllers: 3, combined: false, racks: 1, logDirs: 1, properties: { 'min.insync.replicas': 2 } },
    topics: [{ name: 'orders', partitions: 1, replicationFactor: 3, configs: {} }],
    clients: [],
    world: {
      latencyUs: 100,
      jitterUs: 10,
      bytesPerMs: 1_000_000,
      syncUs: 500,
      serviceUs: 1,
      serviceUsPerKiB: 1,
      wallSkewMs: 0,
      driftPpm: 0,
      buggify: false,
    },
    warmUpMs: 0,
    chaosMs: 0,
    faults: [],
    heal: { restartAll: false, leaveMinorityDown: false },
    budget: 'within',
    ...overrides,
  };
}

export class FakeContext implements CheckContext {
  readonly plan: Plan;
  readonly durability: DurabilityGhost;
  readonly violations: Violation[] = [];
  readonly evaluations: Record<string, number> = {};
  readonly excuses: Record<string, string> = {};
  readonly marks: Record<string, number> = {};
  readonly #handlers = new Map<string, Handler[]>();
  readonly #history: ((event: HistoryEvent) => void)[] = [];
  readonly #world: ((change: WorldChange) => void)[] = [];
  readonly #faults: ((fault: FaultChange) => void)[] = [];
  readonly #at: Occurrence = { node: '', nodeId: -1, incarnation: 1, timeUs: 0, step: 0 };
  /** Life of each node, raised by `restart`. */
  readonly #incarnations = new Map<number, number>();

  constructor(plan: Plan = fakePlan()) {
    this.plan = plan;
    this.durability = new DurabilityGhost(plan.cluster.properties['log.flush.interval.messages'] === 1);
  }

  /** Makes the checkers of a definition on this context. */
  check(definition: PropertyDefinition): Checker {
    return definition.create(this);
  }

  on<T extends TraceEventType>(type: T, handler: (event: TraceEventOf<T>, at: Occurrence) => void): void {
    const list = this.#handlers.get(type);
    if (list === undefined) this.#handlers.set(type, [handler as Handler]);
    else list.push(handler as Handler);
  }

  onHistory(handler: (event: HistoryEvent) => void): void {
    this.#history.push(handler);
  }

  onWorld(handler: (change: WorldChange) => void): void {
    this.#world.push(handler);
  }

  onFault(handler: (fault: FaultChange) => void): void {
    this.#faults.push(handler);
  }

  violated(property: string, message: string, facts: ViolationFacts = {}): void {
    this.violations.push({ property, message, atMs: millis(this.#at.timeUs), facts });
  }

  evaluated(property: string, count = 1): void {
    this.evaluations[property] = (this.evaluations[property] ?? 0) + count;
  }

  mark(name: string): void {
    this.marks[name] = (this.marks[name] ?? 0) + 1;
  }

  excuse(property: string, reason: string): void {
    this.excuses[property] ??= reason;
  }

  /** Ids of the properties that were violated, each once. */
  get violatedProperties(): string[] {
    return [...new Set(this.violations.map((violation) => violation.property))].sort();
  }

  /** What the first violation of a property rests on. */
  factsOf(property: string): ViolationFacts | undefined {
    return this.violations.find((violation) => violation.property === property)?.facts;
  }

  /** A node emits an event. Nodes 1.. are b1.., 1001.. are c1..; strings are clients. One millisecond passes. */
  emit(from: number | string, event: TraceEvent): void {
    const at = this.#at;
    at.nodeId = typeof from === 'number' ? from : -1;
    at.node = typeof from === 'string' ? from : nodeName(from);
    at.incarnation = this.#incarnations.get(at.nodeId) ?? 1;
    at.timeUs += 1_000;
    at.step += 1;
    if (event.type === 'metadata-applied') {
      this.durability.onConfigs(event.offset, event.configs);
      for (const partition of event.partitions) this.durability.onPartition(partition);
      for (const { topicId, partition } of event.removedPartitions) this.durability.onPartitionRemoved(topicId, partition);
    }
    if (event.type === 'log-loaded' || event.type === 'became-leader' || event.type === 'became-follower')
      this.durability.onLog(at.nodeId, event.partition, event.topicId);
    for (const handler of this.#handlers.get(event.type) ?? []) handler(event as never, at);
  }

  /** Nothing happens for a while. */
  get nowUs(): Micros {
    return this.#at.timeUs;
  }

  pass(ms: number): void {
    this.#at.timeUs += micros(ms);
  }

  world(nodeId: number, news: WorldNews): void {
    const change = { ...news, timeUs: this.#at.timeUs, step: ++this.#at.step, node: nodeName(nodeId), nodeId } as WorldChange;
    if (change.type === 'started') this.#incarnations.set(nodeId, change.incarnation);
    this.durability.onWorldChange(change);
    for (const handler of this.#world) handler(change);
  }

  /** What happens to a client's process, at a time of its own. */
  worldOf(client: string, news: WorldNews, timeUs: Micros): void {
    const change = { ...news, timeUs, step: ++this.#at.step, node: client, nodeId: -1 } as WorldChange;
    for (const handler of this.#world) handler(change);
  }

  fault(kind: string, change: FaultChange['change'], forMs: number | null = null): void {
    for (const handler of this.#faults) handler({ type: 'fault', kind, targets: ['b1'], change, forMs });
  }

  history(event: HistoryEvent): void {
    this.#at.step = Math.max(this.#at.step, event.step);
    for (const handler of this.#history) handler(event);
  }
}

function nodeName(nodeId: number): string {
  return nodeId > 1_000 ? `c${nodeId - 1_000}` : `b${nodeId}`;
}
