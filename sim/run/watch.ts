/**
 * Hears everything that happens in the world and passes it on: to what the simulation itself keeps of the cluster, to the
 * narration (so that an event is told before what follows from it), to the checkers' handlers, and to the faults that wait for an
 * event, in this order. A run emits hundreds of
 * thousands of trace events a second of real time: `#onTrace` is one flat function for that reason.
 */
import type { Micros } from '../../ports/time.ts';
import { VoidRegistrations } from './void-registrations.ts';
import type { CoreMark } from '../../core/marks.ts';
import type { RunMark } from '../marks.ts';
import type { TraceEvent, TraceEventType } from '../../core/trace.ts';
import { CheckerError } from '../../world/failures.ts';
import { TWIN } from '../cluster.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { DurabilityGhost } from '../durability.ts';
import type { FaultInjector } from '../faults/injector.ts';
import type { HistoryEvent } from '../history.ts';
import type { CheckContext, FaultChange, Occurrence, StorageFact, WorldChange } from '../observe.ts';
import type { Plan } from '../plan.ts';
import type { ProcessChange } from '../../world/process.ts';
import type { World } from '../../world/world.ts';
import type { Findings } from './findings.ts';
import type { Narration } from './narration.ts';

export interface WatchParts {
  readonly plan: Plan;
  readonly world: World;
  /** Process name to Kafka node id. */
  readonly nodeIds: ReadonlyMap<string, number>;
  readonly state: ClusterState;
  readonly ghost: DurabilityGhost;
  readonly injector: FaultInjector;
  readonly findings: Findings;
  readonly narration: Narration;
  /** Starts a process that is down. */
  readonly start: (name: string) => void;
  /** A process ended, in whatever way. */
  readonly ended: (change: ProcessChange) => void;
  /** A node has another disk, which may not be formatted. */
  readonly onOtherDisk: (node: string) => void;
}

export class Watch {
  readonly #parts: WatchParts;
  readonly #world: World;
  readonly #nodeIds: ReadonlyMap<string, number>;
  readonly #state: ClusterState;
  readonly #ghost: DurabilityGhost;
  readonly #injector: FaultInjector;
  readonly #narration: Narration;
  readonly #occurrence: Occurrence = { node: '', nodeId: -1, incarnation: 0, timeUs: 0, step: 0 };
  readonly #handlers = new Map<string, ((event: never, at: Occurrence) => void)[]>();
  readonly #historyHandlers: ((event: HistoryEvent) => void)[] = [];
  readonly #worldHandlers: ((change: WorldChange) => void)[] = [];
  readonly #faultHandlers: ((fault: FaultChange) => void)[] = [];
  /** The newest registration of each broker. */
  readonly #brokerEpochs = new Map<number, number>();
  readonly #registrations = new VoidRegistrations();

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#world = parts.world;
    this.#nodeIds = parts.nodeIds;
    this.#state = parts.state;
    this.#ghost = parts.ghost;
    this.#injector = parts.injector;
    this.#narration = parts.narration;
    this.#world.observe({
      // All processes of this world are Kafka's.
      onEvent: (node, incarnation, timeUs, event) => this.#onTrace(node, incarnation, timeUs, event as TraceEvent),
      onProcess: (change) => this.#onProcess(change),
      onSyncLied: (machine, path) => this.#worldChanged({ ...this.#at(machine), type: 'sync-lied', path }),
      onTorn: (machine, path) => this.#worldChanged({ ...this.#at(machine), type: 'disk-corrupted', path }),
    });
  }

  /** Not in the middle of the step that tells of it. */
  #restartIfVoid(incarnationId: string): void {
    const node = this.#registrations.onCommitted(incarnationId);
    if (node === null) return;
    this.#world.after(0, () => {
      const process = this.#world.process(node);
      if (!process.alive) return;
      process.kill();
      this.#parts.start(node);
    });
  }

  #mark(name: CoreMark | RunMark): void {
    this.#parts.findings.mark(name);
  }

  /** What checkers are given. To be called once: what they share hangs on it. */
  context(): CheckContext {
    const { plan, findings } = this.#parts;
    const { faults: _, ...checkedPlan } = plan;
    return {
      plan: checkedPlan,
      on: <T extends TraceEventType>(type: T, handler: (event: never, at: Occurrence) => void) => {
        const list = this.#handlers.get(type);
        if (list === undefined) this.#handlers.set(type, [handler]);
        else list.push(handler);
      },
      onHistory: (handler) => void this.#historyHandlers.push(handler),
      onWorld: (handler) => void this.#worldHandlers.push(handler),
      onFault: (handler) => void this.#faultHandlers.push(handler),
      violated: (property, message, facts) => findings.violated(property, message, facts),
      evaluated: (property, count) => findings.evaluated(property, count),
      mark: (name) => findings.mark(name),
      excuse: (property, reason) => findings.excuse(property, reason),
      durability: this.#ghost,
    };
  }

  /** An application did something, or was answered. */
  onHistory(event: HistoryEvent): void {
    this.#narration.line(event.session.client, event.session.incarnation, event);
    try {
      for (const handler of this.#historyHandlers) handler(event);
    } catch (error) {
      this.#checkerFailed(error);
    }
  }

  /** A fault began, ended or was refused. */
  onFault(change: FaultChange): void {
    this.#narration.line('', 0, change);
    try {
      for (const handler of this.#faultHandlers) handler(change);
    } catch (error) {
      this.#checkerFailed(error);
    }
  }

  /** A fault did something to a disk. */
  onStorage(node: string, fact: StorageFact): void {
    if (fact.type === 'disk-wiped' || fact.type === 'disk-restored') this.#parts.onOtherDisk(node);
    this.#worldChanged({ ...this.#at(node), ...fact });
  }

  /** Now, at this node. */
  #at(node: string): Pick<WorldChange, 'timeUs' | 'step' | 'node' | 'nodeId'> {
    return { timeUs: this.#world.now, step: this.#world.kernel.handled, node, nodeId: this.#nodeIds.get(node) ?? -1 };
  }

  #onProcess(change: ProcessChange): void {
    const at = this.#at(change.process);
    const { nodeId } = at;
    switch (change.change) {
      case 'started':
        if (nodeId !== -1) this.#injector.budget.onStarted(nodeId);
        this.#worldChanged({ ...at, type: 'started', incarnation: change.incarnation });
        break;
      case 'killed':
      case 'halted':
        this.#worldChanged({ ...at, type: 'crashed', reason: change.reason ?? change.change });
        this.#parts.ended(change);
        break;
      case 'stopped':
        this.#worldChanged({ ...at, type: 'stopped' });
        this.#parts.ended(change);
        break;
      case 'paused':
      case 'resumed':
        this.#worldChanged({ ...at, type: change.change });
        break;
      case 'slowed':
        this.#worldChanged({ ...at, type: 'slowed', factor: change.factor ?? 1, busyUntilUs: change.busyUntilUs ?? 0 });
        break;
      case 'power-loss':
        this.#parts.ended(change);
        break;
    }
  }

  #onTrace(node: string, incarnation: number, timeUs: Micros, event: TraceEvent): void {
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
        this.#ghost.onConfigs(event.offset, event.configs);
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
            this.#injector.budget.onRegistered(broker.brokerId);
            if (this.#injector.twin.onRegistered(broker.incarnationId))
              this.#mark('a second process was registered under a node id whose session was over');
            this.#restartIfVoid(broker.incarnationId);
          }
        }
        break;
      case 'node-started':
        if (node === TWIN) this.#injector.twin.onStarted(event.incarnationId);
        else this.#registrations.onStarted(node, event.incarnationId);
        break;
      case 'broker-registration-accepted':
        this.#registrations.onAccepted(event.incarnationId);
        break;
      case 'log-loaded':
      case 'became-leader':
      case 'became-follower':
        this.#ghost.onLog(at.nodeId, event.partition, event.topicId);
        break;
      case 'quorum-leader-elected':
        this.#state.onQuorumLeader(event.epoch, at.nodeId);
        break;
      case 'mark':
        this.#mark(event.name);
        break;
      default:
        break;
    }
    if (this.#narration.isHeard) this.#narration.line(node, incarnation, event);
    const handlers = this.#handlers.get(event.type);
    if (handlers !== undefined) {
      try {
        for (const handler of handlers) handler(event as never, at);
      } catch (error) {
        this.#checkerFailed(error);
      }
    }
    this.#injector.onTraceEvent(event, node);
  }

  #worldChanged(change: WorldChange): void {
    this.#ghost.onWorldChange(change);
    this.#narration.line(change.node, 0, change);
    try {
      for (const handler of this.#worldHandlers) handler(change);
    } catch (error) {
      this.#checkerFailed(error);
    }
  }

  /** Not thrown on: whoever emitted the event has done nothing wrong, and might even catch it. */
  #checkerFailed(error: unknown): void {
    this.#world.kernel.fail(new CheckerError(error), null);
  }
}
