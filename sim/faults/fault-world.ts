/**
 * The world as a fault sees it: the machines, processes and links that it may do something to, by name, and what faults share. What two
 * faults do to one thing adds up in the world itself (undo.ts). Processes are kept down and are started here, so that a node that two
 * faults keep down is started when the last of them ends.
 */
import { micros } from '../../ports/time.ts';
import { BROKER_PORT, CONTROLLER_PORT, type NodePlan, TWIN } from '../cluster.ts';
import type { DurabilityGhost } from '../durability.ts';
import type { StorageFact } from '../observe.ts';
import type { Plan } from '../plan.ts';
import type { SimDisk } from '../../world/disk.ts';
import type { SimNetwork } from '../../world/network.ts';
import type { Process } from '../../world/process.ts';
import { once, type Undo } from '../../world/undo.ts';
import type { World } from '../../world/world.ts';
import { Backups } from './backups.ts';
import type { DurabilityBudget } from './budget.ts';
import type { Stake } from './definition.ts';
import { Twin } from './twin.ts';

export interface FaultWorldOptions {
  readonly plan: Plan;
  readonly world: World;
  readonly nodes: readonly NodePlan[];
  readonly clients: readonly string[];
  readonly ghost: DurabilityGhost;
  /** Starts a process with what it runs (formatting a wiped disk first). */
  readonly start: (name: string) => void;
  /** Starts the process `twin`, whose disk is empty, with this broker's id. */
  readonly startTwin: (node: NodePlan) => void;
  /** Tells what really happened to storage. */
  readonly tell: (node: string, fact: StorageFact) => void;
}

export class FaultWorld {
  readonly plan: Plan;
  /** Process names. */
  readonly brokers: readonly string[];
  /** Nodes of the cluster: brokers and controllers, each once. */
  readonly nodes: readonly string[];
  readonly clients: readonly string[];
  readonly twin: Twin;
  readonly backups: Backups;
  readonly #options: FaultWorldOptions;
  readonly #budget: DurabilityBudget;
  readonly #byName: ReadonlyMap<string, NodePlan>;
  /** How many faults keep a process down. */
  readonly #keptDown = new Map<string, number>();
  #isChaos = false;

  constructor(options: FaultWorldOptions, budget: DurabilityBudget) {
    this.#options = options;
    this.#budget = budget;
    this.plan = options.plan;
    this.#byName = new Map(options.nodes.map((node) => [node.name, node]));
    this.nodes = options.nodes.map((node) => node.name);
    this.brokers = options.nodes.filter((node) => node.isBroker).map((node) => node.name);
    this.clients = options.clients;
    this.backups = new Backups(this, () => options.world.now);
    this.twin = new Twin({
      world: options.world,
      start: (name) => this.start(name),
      startTwin: (node) => {
        this.disk(TWIN).wipe();
        this.tell(TWIN, { type: 'disk-wiped', directory: null });
        options.startTwin(node);
      },
    });
  }

  /** Faults happen from now on. */
  begin(): void {
    this.#isChaos = true;
  }

  /** Faults are over. */
  end(): void {
    this.#isChaos = false;
  }

  /** Runs `act` later in virtual time, if the chaos phase is still on. */
  later(delayMs: number, act: () => void): void {
    this.#options.world.after(micros(delayMs), () => {
      if (this.#isChaos) act();
    });
  }

  /** Would the budget admit this now? For a fault that does more after it has begun, or has a milder form. */
  admits(stake: Stake, nodes: readonly string[]): boolean {
    return this.#budget.admits(stake, nodes);
  }

  /** Tells what a fault did to a disk. */
  tell(node: string, fact: StorageFact): void {
    this.#options.tell(node, fact);
  }

  // --- what there is ---

  get network(): SimNetwork {
    return this.#options.world.network;
  }

  /** What the plan says of a node; undefined for a client. */
  node(name: string): NodePlan | undefined {
    return this.#byName.get(name);
  }

  /** Is it a node, with a vote in the metadata quorum? */
  isVoter(name: string): boolean {
    return this.#byName.get(name)?.isController === true;
  }

  process(name: string): Process {
    return this.#options.world.process(name);
  }

  disk(name: string): SimDisk {
    return this.#options.world.machine(name).disk;
  }

  isUp(name: string): boolean {
    return this.process(name).alive;
  }

  isPowered(name: string): boolean {
    return this.#options.world.machine(name).powered;
  }

  /** The nodes but these. */
  others(nodes: readonly string[]): string[] {
    return this.nodes.filter((node) => !nodes.includes(node));
  }

  /** Nodes and clients but this one. */
  everybodyBut(name: string): string[] {
    return [...this.nodes, ...this.clients].filter((other) => other !== name);
  }

  /** The port that a node listens on for those who know nothing of it. */
  portOf(node: string): number {
    return this.#byName.get(node)?.isBroker === true ? BROKER_PORT : CONTROLLER_PORT;
  }

  /** Does a loss of power lose records that this node has written? */
  losesOnPowerLoss(node: string): boolean {
    const plan = this.#byName.get(node);
    return plan?.isBroker === true && this.#options.ghost.losesOnPowerLoss(plan.nodeId);
  }

  // --- processes ---

  /** Does a fault that is under way keep it down? */
  isKeptDown(name: string): boolean {
    return (this.#keptDown.get(name) ?? 0) > 0;
  }

  /** Starts a process that is down; one that a fault keeps down is started when that ends. */
  start(name: string): void {
    if (!this.isKeptDown(name) && !this.isUp(name)) this.#options.start(name);
  }

  /** Kills a process: memory lost, page cache kept. It is started when that ends. Null: it is down. */
  crash(name: string): Undo | null {
    if (!this.isUp(name)) return null;
    this.process(name).kill();
    return this.keepDown(name);
  }

  /** Loses a machine's power, which comes back when that ends. Null: it has none. */
  losePower(name: string): Undo | null {
    if (!this.isPowered(name)) return null;
    this.#options.world.machine(name).powerOff();
    this.tell(name, { type: 'power-lost' });
    return this.keepDown(name);
  }

  /** Asks a process to shut down in order; it is started when that ends, or when it has stopped, if that is later. Null: it is down. */
  shutDown(name: string): Undo | null {
    if (!this.isUp(name)) return null;
    let isOver = false;
    this.process(name).stop(() => {
      if (isOver && this.#isChaos) this.start(name);
    });
    const release = this.keepDown(name);
    return () => {
      isOver = true;
      release();
    };
  }

  /** A process that is down stays down until all that keep it down have ended; then it is started. */
  keepDown(name: string): Undo {
    this.#keptDown.set(name, (this.#keptDown.get(name) ?? 0) + 1);
    return once(() => {
      this.#keptDown.set(name, (this.#keptDown.get(name) ?? 1) - 1);
      this.start(name);
    });
  }
}
