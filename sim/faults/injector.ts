/**
 * Carries out the faults of a plan on the world, at their times or at the trace events they wait for, and ends them. It keeps
 * the durability budget (docs/guarantees.md, "The durability budget") unless the plan goes beyond it on purpose: an act that would leave
 * the budget is refused or softened before it happens.
 *
 * The rules, per partition:
 * - A broker may lose stored records (power loss, wipe) only while a clean member of the in-sync set lives that no fault
 *   endangers. Otherwise power loss becomes a mere crash, and a wipe is refused.
 * - While a dirty member is in the in-sync set, nothing may happen to its last clean member that could end its session: no
 *   crash, no pause, no cut, no slowness.
 *
 * This file is a little over 500 lines: one method for each act of FaultContext, most of them a few lines around the budget's question.
 */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import type { RandomStream } from '../../ports/random.ts';
import { BROKER_PORT, CONTROLLER_PORT, type NodePlan, TWIN } from '../cluster.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { DurabilityGhost } from '../durability.ts';
import type { FaultChange } from '../observe.ts';
import type { FaultPlan, FaultTarget, Plan } from '../plan.ts';
import type { Process } from '../../world/process.ts';
import type { World } from '../../world/world.ts';
import type { FaultContext } from './context.ts';
import type { FaultDefinition, TargetRole } from './definition.ts';
import { FAULTS } from './registry.ts';
import { Twin } from './twin.ts';

const US = 1_000;

export interface InjectorOptions {
  readonly plan: Plan;
  readonly world: World;
  readonly nodes: readonly NodePlan[];
  readonly clients: readonly string[];
  readonly state: ClusterState;
  readonly ghost: DurabilityGhost;
  /** Starts a process with what it runs (formatting a wiped disk first). */
  readonly start: (name: string) => void;
  /** Starts the process `twin`, whose disk is empty, with this broker's id. */
  readonly startTwin: (node: NodePlan) => void;
  /** Tells what really happened to storage. */
  readonly tell: (node: string, what: 'power-lost' | 'disk-wiped' | 'disk-corrupted', detail: string | null) => void;
  /** Tells that a fault began, ended or was refused, for the trace. */
  readonly log: (change: FaultChange) => void;
  /** Partition of `__consumer_offsets` that a group belongs to. */
  readonly offsetsPartition: (group: string) => number;
}

export class FaultInjector implements FaultContext {
  readonly plan: Plan;
  readonly random: RandomStream;
  readonly brokers: readonly string[];
  readonly controllers: readonly string[];
  readonly nodes: readonly string[];
  readonly clients: readonly string[];
  readonly twin: Twin;
  /** Faults that took effect, by kind. */
  readonly counts: Record<string, number> = {};
  readonly refused: Record<string, number> = {};
  readonly #options: InjectorOptions;
  readonly #world: World;
  readonly #byName: ReadonlyMap<string, NodePlan>;
  /** Nodes that are down or disturbed, and by how many faults. */
  readonly #endangered = new Map<string, number>();
  /** Brokers that started and whose registration is not yet committed: the controller will drop them from every in-sync set. */
  readonly #unregistered = new Set<number>();
  readonly #ends = new Set<() => void>();
  /** Takes back troubles that wait for a disk's next operation, which may come after the chaos. */
  readonly #armed: (() => void)[] = [];
  readonly #waiting: { readonly fault: FaultPlan; seen: number }[] = [];
  readonly #sessionMs: number;
  #chaos = false;

  constructor(options: InjectorOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.#world = options.world;
    this.random = options.world.chance.stream('faults');
    this.#byName = new Map(options.nodes.map((node) => [node.name, node]));
    this.nodes = options.nodes.map((node) => node.name);
    this.brokers = options.nodes.filter((node) => node.isBroker).map((node) => node.name);
    this.controllers = options.nodes.filter((node) => node.isController).map((node) => node.name);
    this.clients = options.clients;
    this.twin = new Twin({ world: options.world, start: options.start, startTwin: (node) => this.#startTwin(node) });
    this.#sessionMs = numberGiven(BROKER_CONFIG, options.plan.cluster.properties, 'broker.session.timeout.ms');
  }

  // --- the schedule ---

  /** The chaos phase begins. */
  begin(): void {
    this.#chaos = true;
    for (const fault of this.plan.faults) {
      if (fault.on !== undefined) this.#waiting.push({ fault, seen: 0 });
      else this.later(fault.atMs ?? 0, () => this.#fire(fault));
    }
  }

  /** A trace event was emitted: a fault may wait for it. */
  onTraceEvent(type: string, emitter: string): void {
    if (!this.#chaos || this.#waiting.length === 0) return;
    for (let index = 0; index < this.#waiting.length; index++) {
      const entry = this.#waiting[index] as { fault: FaultPlan; seen: number };
      const on = entry.fault.on as NonNullable<FaultPlan['on']>;
      if (on.event !== type || ++entry.seen < on.nth) continue;
      this.#waiting.splice(index--, 1);
      // Not in the middle of the step that emitted it.
      this.later(on.afterMs, () => this.#fire(entry.fault, emitter));
    }
  }

  /** The chaos phase is over: every fault ends. Who is down stays down until somebody starts it. */
  end(): void {
    this.#chaos = false;
    this.#waiting.length = 0;
    // First of all: the ends below start nodes, and nobody is there to start again who fails at that.
    for (const disarm of this.#armed.splice(0)) disarm();
    for (const end of [...this.#ends]) end();
    this.#endangered.clear();
  }

  #fire(fault: FaultPlan, emitter: string | null = null): void {
    const definition = FAULTS.get(fault.kind);
    if (definition === undefined) throw new Error(`no such kind of fault: ${fault.kind}`);
    const targets = fault.target.role === 'emitter' ? this.#emitter(emitter, definition) : this.#resolve(fault.target);
    const outcome = targets.length === 0 ? 'refused' : definition.inject(this, fault, targets);
    if (outcome === 'refused') {
      this.refused[fault.kind] = (this.refused[fault.kind] ?? 0) + 1;
      this.#log(fault, targets, 'refused');
      return;
    }
    this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1;
    this.#log(fault, targets, 'begins', outcome === null ? null : fault.forMs);
    if (outcome === null) return;
    const end = (): void => {
      if (!this.#ends.delete(end)) return;
      this.#log(fault, targets, 'ends');
      outcome();
    };
    this.#ends.add(end);
    this.later(fault.forMs, end);
  }

  #log({ kind }: FaultPlan, targets: readonly string[], change: FaultChange['change'], forMs: number | null = null): void {
    this.#options.log({ type: 'fault', kind, targets, change, forMs });
  }

  /** The emitter, if this kind of fault can hit a process like it. */
  #emitter(name: string | null, definition: FaultDefinition): readonly string[] {
    if (name === null) return [];
    const roles: readonly TargetRole[] = [
      ...(this.brokers.includes(name) ? (['broker', 'leader'] as const) : []),
      ...(this.controllers.includes(name) ? (['controller'] as const) : []),
      ...(this.clients.includes(name) ? (['client'] as const) : []),
    ];
    return roles.some((role) => definition.targets.includes(role)) ? [name] : [];
  }

  #resolve(target: FaultTarget): readonly string[] {
    const one = (names: readonly (string | null | undefined)[]): string[] =>
      names.filter((name) => name !== null && name !== undefined);
    const nth = (names: readonly string[], index: number): string[] => one([names[index % Math.max(1, names.length)]]);
    switch (target.role) {
      case 'node':
        return this.#byName.has(target.name) || this.clients.includes(target.name) ? [target.name] : [];
      case 'broker':
        return nth(this.brokers, target.index);
      case 'controller':
        return nth(this.controllers, target.index);
      case 'client':
        return nth(this.clients, target.index);
      case 'active-controller':
        return one([this.activeController()]);
      case 'leader':
        return one([this.leaderOf(target.partition)]);
      case 'in-sync-follower':
        return this.inSyncFollowersOf(target.partition).slice(0, 1);
      case 'coordinator':
        return one([this.leaderOf(`__consumer_offsets-${this.#options.offsetsPartition(target.group)}`)]);
      case 'rack': {
        const racks = [...new Set([...this.#byName.values()].map((node) => node.rack))];
        const rack = racks[target.index % racks.length];
        return this.nodes.filter((name) => this.#byName.get(name)?.rack === rack);
      }
      case 'cluster':
        return this.nodes;
      case 'emitter':
        return [];
    }
  }

  // --- the budget ---

  onStarted(nodeId: number): void {
    this.#unregistered.add(nodeId);
  }

  onRegistered(nodeId: number): void {
    this.#unregistered.delete(nodeId);
  }

  #endanger(node: string): () => void {
    this.#endangered.set(node, (this.#endangered.get(node) ?? 0) + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      // Its last heartbeat may be nearly as old as a session: it is safe again when a new one has surely arrived.
      this.#world.after(this.#sessionMs * US, () =>
        this.#endangered.set(node, Math.max(0, (this.#endangered.get(node) ?? 1) - 1)),
      );
    };
  }

  #isSafe(broker: number): boolean {
    const name = this.#options.state.nameOf(broker);
    if (name === null || this.#unregistered.has(broker)) return false;
    const process = this.#process(name);
    return process.alive && !process.paused && (this.#endangered.get(name) ?? 0) === 0;
  }

  /** May something happen to these nodes that could end their sessions with the controller? */
  #mayEndanger(nodes: readonly string[]): boolean {
    if (this.plan.budget === 'beyond') return true;
    const ids = new Set(nodes.map((name) => this.#byName.get(name)?.nodeId));
    for (const partition of this.#options.ghost.partitions) {
      if (!partition.isr.some((replica) => partition.dirty.has(replica))) continue;
      const kept = partition.isr.some((replica) => !partition.dirty.has(replica) && !ids.has(replica) && this.#isSafe(replica));
      if (!kept && partition.isr.some((replica) => ids.has(replica))) return false;
    }
    return true;
  }

  /** May these brokers lose stored records now? */
  #mayLoseStorage(nodes: readonly string[]): boolean {
    if (this.plan.budget === 'beyond') return true;
    const ids = new Set(nodes.map((name) => this.#byName.get(name)?.nodeId));
    for (const partition of this.#options.ghost.partitions) {
      if (!partition.replicas.some((replica) => ids.has(replica))) continue;
      const kept = partition.isr.some((replica) => !partition.dirty.has(replica) && !ids.has(replica) && this.#isSafe(replica));
      if (!kept) return false;
    }
    return true;
  }

  // --- processes ---

  isUp(node: string): boolean {
    return this.#process(node).alive;
  }

  later(delayMs: number, act: () => void): void {
    this.#world.after(delayMs * US, () => {
      if (this.#chaos) act();
    });
  }

  crash(node: string): boolean {
    if (!this.isUp(node) || !this.#mayEndanger([node])) return false;
    this.#process(node).kill();
    return true;
  }

  start(node: string): void {
    this.#options.start(node);
  }

  losePower(node: string): 'power-lost' | 'crashed' | 'refused' {
    return this.losePowerTogether([node]);
  }

  losePowerTogether(nodes: readonly string[]): 'power-lost' | 'crashed' | 'refused' {
    const up = nodes.filter((node) => this.#world.machine(node).powered);
    if (up.length === 0 || !this.#mayEndanger(up)) return 'refused';
    const losing = up.filter((node) => {
      const plan = this.#byName.get(node);
      return plan?.isBroker === true && this.#options.ghost.losesOnPowerLoss(plan.nodeId);
    });
    if (losing.length > 0 && !this.#mayLoseStorage(losing)) {
      for (const node of up) this.#process(node).kill();
      return 'crashed';
    }
    for (const node of up) {
      this.#world.machine(node).powerOff();
      this.#options.tell(node, 'power-lost', null);
    }
    return 'power-lost';
  }

  shutDown(node: string): boolean {
    if (!this.isUp(node) || !this.#mayEndanger([node])) return false;
    this.#process(node).stop();
    return true;
  }

  pause(node: string): boolean {
    const process = this.#process(node);
    if (!process.alive || process.paused || !this.#mayEndanger([node])) return false;
    process.pause();
    return true;
  }

  resume(node: string): void {
    this.#process(node).resume();
  }

  startTwin(node: string): (() => void) | null {
    const plan = this.#byName.get(node);
    return plan === undefined ? null : this.twin.start(plan);
  }

  #startTwin(node: NodePlan): void {
    this.#world.machine(TWIN).disk.wipe();
    this.#options.tell(TWIN, 'disk-wiped', null);
    this.#options.startTwin(node);
  }

  slowDown(node: string, factor: number): () => void {
    if (!this.#mayEndanger([node])) return () => undefined;
    const safe = this.#endanger(node);
    const undo = this.#process(node).slow(factor);
    return () => {
      undo();
      safe();
    };
  }

  // --- network ---

  cut(from: readonly string[], to: readonly string[], oneWay: boolean): (() => void) | null {
    const cutOff = [...from, ...to].filter((name) => this.#byName.has(name));
    // The few are cut off from the many: whoever is in the larger part keeps its sessions, if it holds the quorum.
    const nodesFrom = from.filter((name) => this.#byName.has(name));
    const nodesTo = to.filter((name) => this.#byName.has(name));
    const endangered =
      nodesFrom.length === 1 && nodesTo.length > 1 ? nodesFrom : nodesTo.length === 1 && nodesFrom.length > 1 ? nodesTo : cutOff;
    if (!this.#mayEndanger(endangered)) return null;
    const safe = endangered.map((name) => this.#endanger(name));
    const undo = this.#world.network.cut(from, to, { oneWay });
    return () => {
      undo();
      for (const end of safe) end();
    };
  }

  degrade(node: string, latencyFactor: number, bandwidthDivisor: number): () => void {
    if (!this.#mayEndanger([node])) return () => undefined;
    const safe = this.#endanger(node);
    const undo = this.#world.network.slow([node], this.#all(node), { latencyFactor, bandwidthDivisor });
    return () => {
      undo();
      safe();
    };
  }

  flaky(node: string, resetPer10k: number): () => void {
    if (!this.#mayEndanger([node])) return () => undefined;
    const safe = this.#endanger(node);
    const undo = this.#world.network.flaky([node], this.#all(node), resetPer10k * 100);
    return () => {
      undo();
      safe();
    };
  }

  stickConnections(node: string, withWhom: 'clients' | 'everybody'): (() => void) | null {
    if (withWhom === 'clients') return this.#world.network.stick([node], this.clients);
    if (!this.#mayEndanger([node])) return null;
    const safe = this.#endanger(node);
    const undo = this.#world.network.stick([node], this.#all(node));
    return () => {
      undo();
      safe();
    };
  }

  resetConnections(node: string): void {
    this.#world.network.resetAll(node);
  }

  refuseConnections(node: string): () => void {
    if (!this.#mayEndanger([node])) return () => undefined;
    const safe = this.#endanger(node);
    const undo = this.#world.network.refuse(node);
    return () => {
      undo();
      safe();
    };
  }

  slowReader(node: string, factor: number): () => void {
    if (!this.#mayEndanger([node])) return () => undefined;
    const safe = this.#endanger(node);
    const undo = this.#world.network.slowReader(node, Math.max(1, Math.floor(this.plan.world.bytesPerMs / factor)));
    return () => {
      undo();
      safe();
    };
  }

  splitFrames(node: string): () => void {
    return this.#world.network.split([node], this.#all(node), 300);
  }

  sendGarbage(node: string, sizeBytes: number): void {
    const from =
      this.clients.find((client) => this.isUp(client)) ?? this.nodes.find((other) => other !== node && this.isUp(other));
    if (from === undefined) return;
    this.#world.network.garbage(from, node, this.#byName.get(node)?.isBroker === true ? BROKER_PORT : CONTROLLER_PORT, sizeBytes);
  }

  // --- disks ---

  slowDisk(node: string, factor: number): () => void {
    if (!this.#mayEndanger([node])) return () => undefined;
    const safe = this.#endanger(node);
    const undo = this.#world.machine(node).disk.slow(factor);
    return () => {
      undo();
      safe();
    };
  }

  stallDisk(node: string, forMs: number): void {
    if (!this.#mayEndanger([node])) return;
    const safe = this.#endanger(node);
    this.#world.machine(node).disk.stall(forMs * US);
    this.later(forMs, safe);
  }

  failSync(node: string): boolean {
    const plan = this.#byName.get(node);
    // A voter's vote and log must be durable: a disk that lies to it is outside what the quorum promises to survive.
    if (plan === undefined || (plan.isController && this.plan.budget === 'within')) return false;
    if (!this.#mayEndanger([node]) || !this.#mayLoseStorage([node])) return false;
    this.#armed.push(this.#world.machine(node).disk.failSyncs('/', 1));
    return true;
  }

  failRead(node: string): boolean {
    if (!this.isUp(node) || !this.#mayEndanger([node])) return false;
    this.#armed.push(this.#world.machine(node).disk.failReads('/', 1));
    return true;
  }

  fillDisk(node: string): (() => void) | null {
    if (!this.#mayEndanger([node])) return null;
    const safe = this.#endanger(node);
    const undo = this.#world.machine(node).disk.fill();
    return () => {
      undo();
      safe();
    };
  }

  failLogDirectory(node: string, index: number): (() => void) | null {
    const directories = this.#byName.get(node)?.logDirs ?? [];
    const directory = directories[index % Math.max(1, directories.length)];
    if (directory === undefined || !this.#mayEndanger([node])) return null;
    const safe = this.#endanger(node);
    const undo = this.#world.machine(node).disk.failDirectory(directory);
    return () => {
      undo();
      safe();
    };
  }

  rotBits(node: string, flips: number): boolean {
    if (this.plan.budget === 'within') return false;
    const { disk } = this.#world.machine(node);
    for (let flip = 0; flip < flips; flip++) {
      const where = disk.rot('/', '.log');
      if (where !== null) this.#options.tell(node, 'disk-corrupted', where.path);
    }
    return true;
  }

  wipe(node: string): boolean {
    const plan = this.#byName.get(node);
    // With a static quorum a voter that forgets its votes breaks the promises of Raft: only pure brokers are replaced.
    if (plan === undefined || plan.isController) return false;
    if (!this.#mayEndanger([node]) || !this.#mayLoseStorage([node])) return false;
    this.#process(node).kill();
    this.#world.machine(node).disk.wipe();
    this.#options.tell(node, 'disk-wiped', null);
    return true;
  }

  // --- clocks ---

  jumpWallClock(node: string, byMs: number): void {
    this.#process(node).clock.jumpWall(byMs);
  }

  driftClock(node: string, ppm: number): () => void {
    return this.#process(node).clock.drift(ppm);
  }

  // --- roles ---

  leaderOf(partition: string): string | null {
    return this.#options.state.leaderOf(partition);
  }

  inSyncFollowersOf(partition: string): readonly string[] {
    return this.#options.state.inSyncFollowersOf(partition);
  }

  activeController(): string | null {
    return this.#options.state.activeController();
  }

  #process(name: string): Process {
    return this.#world.process(name);
  }

  #all(except: string): string[] {
    return [...this.nodes, ...this.clients].filter((name) => name !== except);
  }
}
