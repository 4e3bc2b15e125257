/** The machines and processes of a plan in the world: built, started, and looked into. */
import { kafkaEnvironment } from '../kafka-environment.ts';
import { formatStorage, type NodeOptions, OLDER_RELEASES, startNode } from '../../core/broker/index.ts';
import type { NodeInspection } from '../../core/broker/inspection.ts';
import { DiskError } from '../../ports/disk.ts';
import type { Environment } from '../../core/environment.ts';
import type { RandomStream } from '../../ports/random.ts';
import type { SimClock } from '../../world/clock.ts';
import { CLUSTER_ID, featuresOf, type NodePlan, nodesOf, TWIN, twinOf } from '../cluster.ts';
import { secondProcess } from '../faults/kinds/second-process.ts';
import type { Plan } from '../plan.ts';
import type { ProcessHandle } from '../../world/process.ts';
import type { World } from '../../world/world.ts';

/** The process in which the harness itself is a client: it creates topics, probes, and reads everything at the end. */
export const HARNESS = 'harness';

/** The processes of a plan in the order in which they are made: their ids count from 1. */
export function processesOf(plan: Plan): readonly string[] {
  const twin = mayHaveTwin(plan) ? [TWIN] : [];
  return [...nodesOf(plan).map((node) => node.name), ...plan.clients.map((client) => client.name), HARNESS, ...twin];
}

function mayHaveTwin(plan: Plan): boolean {
  return plan.faults.some(({ kind }) => kind === secondProcess.kind);
}

export class Stage {
  readonly #plan: Plan;
  readonly #world: World;
  readonly nodes: readonly NodePlan[];
  readonly #formatted = new Set<string>();
  /** Nodes that have had a life. */
  readonly #started = new Set<string>();

  constructor(plan: Plan, world: World, nodes: readonly NodePlan[]) {
    this.#plan = plan;
    this.#world = world;
    this.nodes = nodes;
  }

  /** Makes everything; all of it is down. */
  build(): void {
    const skew = this.#world.chance.stream('clock-skew');
    for (const node of this.nodes) {
      const machine = this.#world.createMachine({ name: node.name, rack: node.rack });
      const process = this.#world.createProcess({
        name: node.name,
        machine,
        entry: (env) => this.#nodeEntry(node, kafkaEnvironment(env)),
      });
      this.#skew(process.clock, skew);
    }
    for (const client of [...this.#plan.clients.map((c) => c.name), HARNESS]) {
      const machine = this.#world.createMachine({ name: client });
      const process = this.#world.createProcess({ name: client, machine, async: true });
      if (client !== HARNESS) this.#skew(process.clock, skew);
    }
    if (!mayHaveTwin(this.#plan)) return;
    const machine = this.#world.createMachine({ name: TWIN });
    this.#skew(this.#world.createProcess({ name: TWIN, machine }).clock, skew);
  }

  /** Starts a process, or resumes it if it is up. True: it was down. */
  start(name: string): boolean {
    const process = this.#world.process(name);
    if (process.alive) {
      process.resume();
      return false;
    }
    if (!process.machine.powered) process.machine.powerOn();
    process.start();
    return true;
  }

  /** Starts a second process with a broker's id. Its disk must be empty. */
  startTwin(of: NodePlan): void {
    const twin = twinOf(of);
    this.#world.process(TWIN).start((env) => this.#nodeEntry(twin, kafkaEnvironment(env)));
  }

  /** A node has another disk: what is not formatted there is formatted when the node starts. */
  onOtherDisk(node: string): void {
    this.#formatted.delete(node);
  }

  /** What the nodes whose process is alive show, by name. */
  inspections(): Map<string, NodeInspection> {
    const nodes = new Map<string, NodeInspection>();
    for (const node of this.nodes) {
      const inspection = this.#world.process(node.name).handle?.inspect?.();
      if (inspection !== undefined) nodes.set(node.name, inspection as NodeInspection);
    }
    return nodes;
  }

  #skew(clock: SimClock, stream: RandomStream): void {
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
      const [metadataDirectory] = node.logDirs;
      const features = featuresOf(this.#plan);
      try {
        formatStorage(env.disk, env.random.stream('format'), {
          clusterId: CLUSTER_ID,
          nodeId: node.nodeId,
          directories: node.logDirs,
          controller: metadataDirectory === undefined || !node.isController ? null : { metadataDirectory, features },
          wallMs: env.clock.wallMs(),
        });
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        // A disk that is broken or full can't be prepared: the node stays down until somebody tries again.
        env.halt(error.message);
        return {};
      }
      this.#formatted.add(node.name);
    }
    return startNode(env, { ...node.properties }, this.#releaseOf(node.name));
  }

  /** In a cluster of several releases each node asks each other what it speaks. */
  #releaseOf(node: string): NodeOptions {
    const { releases, upgradedByRestart } = this.#plan.cluster;
    if (releases === undefined) return {};
    const older = releases[node];
    const isUpgraded = upgradedByRestart === true && this.#started.has(node);
    this.#started.add(node);
    return { peers: 'any-release', ...(older === undefined || isUpgraded ? {} : OLDER_RELEASES[older]) };
  }
}
