/**
 * A world with machines and processes but without Kafka, and the injector over it: brokers b1 to b3, controllers c1 to c3 (or the brokers
 * themselves) and an application `app`, each with an open connection to all others that are up; one partition on all brokers, led by b1.
 */
import type { DiskFile } from '../../../ports/disk.ts';
import type { ProcessPorts } from '../../../ports/process.ts';
import type { Host } from '../../../world/host.ts';
import { World } from '../../../world/world.ts';
import type { Undo } from '../../../world/undo.ts';
import { ClusterState } from '../../cluster-state.ts';
import { BROKER_PORT, CONTROLLER_PORT, nodesOf, TWIN } from '../../cluster.ts';
import { DurabilityGhost } from '../../durability.ts';
import { planOfSeed } from '../../generate.ts';
import type { FaultChange, StorageFact } from '../../observe.ts';
import type { FaultPlan, Plan } from '../../plan.ts';
import { FaultInjector } from '../injector.ts';
import { FAULTS, type FaultKind } from '../registry.ts';

export const APP = 'app';
/** The log that each broker appends to and syncs ten times a second. */
export const LOG = '/kafka-0/orders-0/00000000000000000000.log';

const realSetImmediate = setImmediate;
/** Nothing in the lab is a promise, and nothing gets out of it. */
const HOST: Host = {
  hop: (step) => step(),
  yieldToHost: (step) => void realSetImmediate(step),
  nowMs: () => 0,
  within: (_, run) => run(),
  reachedOut: null,
  escapes: () => [],
  close: () => undefined,
};

export interface LabOptions {
  readonly budget?: Plan['budget'];
  readonly combined?: boolean;
  /** Every append is synced before it counts. */
  readonly flushed?: boolean;
  readonly world?: Partial<Plan['world']>;
  readonly faults?: readonly (FaultPlan & { readonly kind: FaultKind })[];
}

export class Lab {
  readonly plan: Plan;
  readonly world = new World({ seed: 1 });
  readonly injector: FaultInjector;
  readonly ghost: DurabilityGhost;
  /** `b1 power-lost`, as they were told. */
  readonly facts: string[] = [];
  readonly changes: FaultChange[] = [];
  #epoch = 0;

  constructor({ budget = 'within', combined = false, flushed = false, world: settings = {}, faults = [] }: LabOptions = {}) {
    const spec = {
      scenario: 'lab',
      cluster: { brokers: 3, controllers: 3, combined },
      topics: [],
      clients: [],
      chaosMs: 60_000,
      faults: { kinds: [], atMost: 0, swarm: false },
      budget,
    };
    const drawn = planOfSeed(spec, FAULTS, 1);
    this.plan = { ...drawn, world: { ...drawn.world, ...settings }, faults: [...faults] };
    const { world, plan } = this;
    const nodes = nodesOf(plan);
    const names = [...nodes.map(({ name }) => name), APP];
    const portOf = (name: string): number => (name.startsWith('c') ? CONTROLLER_PORT : BROKER_PORT);
    for (const name of [...names, TWIN]) {
      const entry = (env: ProcessPorts): undefined => {
        for (const port of [BROKER_PORT, CONTROLLER_PORT]) env.network.listen(port, () => ({ onData() {}, onClose() {} }));
        const peers = names.filter((other) => other !== name);
        for (const peer of peers) env.network.connect(peer, portOf(peer), { onOpen() {}, onData() {}, onClose() {} });
        if (name.startsWith('b')) writeOn(env);
      };
      world.createProcess({ name, machine: world.createMachine({ name }), entry });
    }
    for (const name of names) world.process(name).start();
    const ids = new Map(nodes.map(({ nodeId, name }) => [name, nodeId]));
    const at = (node: string) => ({ timeUs: world.now, step: 0, node, nodeId: ids.get(node) ?? -1 });
    const tell = (node: string, fact: StorageFact | { readonly type: 'sync-lied'; readonly path: string }): void => {
      this.facts.push(`${node} ${fact.type}`);
      this.ghost.onWorldChange({ ...at(node), ...fact });
    };
    const state = new ClusterState(new Map(nodes.map(({ nodeId, name }) => [nodeId, name])));
    this.ghost = new DurabilityGhost(flushed);
    this.injector = new FaultInjector({
      plan,
      world,
      nodes,
      clients: [APP],
      state,
      ghost: this.ghost,
      start: (name) => {
        world.machine(name).powerOn();
        world.process(name).start();
      },
      startTwin: () => world.process(TWIN).start(),
      tell,
      log: (change) => void this.changes.push(change),
      offsetsPartition: () => 0,
      transactionsPartition: () => 0,
    });
    world.observe({
      onProcess: ({ process, change }) => {
        if (change === 'power-loss') return;
        this.facts.push(`${process} ${change === 'killed' || change === 'halted' ? 'crashed' : change}`);
      },
      onSyncLied: (machine, path) => tell(machine, { type: 'sync-lied', path }),
      onTorn: (machine, path) => tell(machine, { type: 'disk-corrupted', path }),
    });
    this.inSync(1, 2, 3);
  }

  /** Makes a lab, and lets it run for a second of its time before the chaos begins. */
  static async begun(options: LabOptions = {}): Promise<Lab> {
    const lab = new Lab(options);
    await lab.run(1_000);
    lab.facts.length = 0;
    lab.injector.begin();
    return lab;
  }

  async run(ms: number): Promise<void> {
    await this.world.run({ until: this.world.now + ms * 1_000, host: HOST });
  }

  /** Strikes now, until the function that is returned is called, or its time is over. Null: refused. */
  strike(kind: FaultKind, name: string | null, params: Readonly<Record<string, number>> = {}, forMs = 50_000): Undo | null {
    const target: FaultPlan['target'] = name === null ? { role: 'cluster' } : { role: 'node', name };
    return this.injector.strike({ kind, target, forMs, params, atMs: 0 });
  }

  isUp(name: string): boolean {
    return this.world.process(name).alive;
  }

  /** The controller has committed this in-sync set. */
  inSync(...isr: number[]): void {
    this.commit(isr, []);
  }

  /** The controller has committed this in-sync set, and who is eligible besides. */
  commit(isr: readonly number[], elr: readonly number[]): void {
    const epoch = ++this.#epoch;
    this.ghost.onPartition({
      partition: 'orders-0',
      topic: 'orders',
      topicId: 'topic',
      replicas: [1, 2, 3],
      isr,
      elr,
      lastKnownElr: [],
      leader: isr[0] ?? -1,
      leaderEpoch: epoch,
      partitionEpoch: epoch,
      recovering: false,
    });
  }

  get exceeded(): string | null {
    return this.ghost.partition('topic', 'orders-0')?.exceeded ?? null;
  }
}

function writeOn(env: ProcessPorts): void {
  env.disk.makeDirectory('/kafka-0/orders-0');
  const file = env.disk.open(LOG, { create: true });
  const write = (): void => {
    try {
      append(file);
    } catch (error) {
      env.halt(String(error));
      return;
    }
    file.sync((error) => {
      if (error === null) env.timers.after(100, write);
      else env.halt(String(error));
    });
  };
  write();
}

function append(file: DiskFile): void {
  file.append(new Uint8Array(1_300).fill(1));
  file.read(0, 1);
}
