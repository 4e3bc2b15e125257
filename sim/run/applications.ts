/** The applications of a run: the plan's workloads in their client processes, and the recording clients that they made. */
import type { Environment } from '../../core/environment.ts';
import { bootstrapServers } from '../cluster.ts';
import type { ClusterView } from '../observe.ts';
import type { ClientPlan, Plan } from '../plan.ts';
import type { Properties, Workload, WorkloadContext } from '../workload/context.ts';
import { LateCommitter } from '../workload/late-committer.ts';
import type { Recorder } from '../workload/recorder.ts';
import { RecordingAdmin } from '../workload/recording-admin.ts';
import { RecordingConsumer } from '../workload/recording-consumer.ts';
import { RecordingProducer } from '../workload/recording-producer.ts';
import type { World } from '../world.ts';

export class Applications {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #recorder: Recorder;
  readonly #workloads: ReadonlyMap<string, Workload>;
  readonly #consumers = new Set<RecordingConsumer>();
  readonly #producers = new Set<RecordingProducer>();
  readonly #admins = new Set<RecordingAdmin>();
  /** Clients whose workload has not ended, with the life of the process it runs in. */
  readonly #left = new Map<string, number>();
  #writing = true;
  #running = true;
  #uniqueValues = 0;

  constructor(plan: Plan, world: World, recorder: Recorder, workloads: ReadonlyMap<string, Workload>) {
    this.#plan = plan;
    this.#world = world;
    this.#recorder = recorder;
    this.#workloads = workloads;
  }

  /** A process was started: if it is a client's, its workload begins. */
  started(name: string): void {
    const client = this.#plan.clients.find((c) => c.name === name);
    if (client !== undefined && this.#running) this.#run(client);
  }

  /** A process died, and what it ran with it. */
  died(name: string): void {
    this.#left.delete(name);
    for (const clients of [this.#producers, this.#consumers, this.#admins]) {
      for (const client of clients) {
        if (client.session.client !== name || client.closed) continue;
        (clients as Set<typeof client>).delete(client);
        this.#recorder.end(client.session, 'crashed');
      }
    }
  }

  /** Workloads are to begin nothing new. */
  stopWriting(): void {
    this.#writing = false;
  }

  /** Workloads are to end. */
  stopRunning(): void {
    this.#running = false;
  }

  get allEnded(): boolean {
    return this.#left.size === 0;
  }

  /** The client process of a producer that is not closed; null if there is none. */
  unfinishedProducer(): string | null {
    for (const producer of this.#producers) if (!producer.closed) return producer.session.client;
    return null;
  }

  /** Live consumers with a subscription. */
  subscribers(): ClusterView['consumers'] {
    return [...this.#consumers]
      .filter((consumer) => !consumer.closed && consumer.subscription.length > 0)
      .map((consumer) => ({
        session: consumer.session.id,
        client: consumer.session.client,
        group: String(consumer.session.properties['group.id'] ?? ''),
        topics: consumer.subscription,
      }));
  }

  #run(client: ClientPlan): void {
    const workload = this.#workloads.get(client.workload);
    if (workload === undefined) throw new Error(`the scenario has no workload "${client.workload}" for client ${client.name}`);
    const process = this.#world.process(client.name);
    this.#left.set(client.name, process.starts);
    process.spawn(async (env) => {
      const incarnation = process.starts;
      await workload(this.#context(client, env, incarnation));
      if (this.#left.get(client.name) === incarnation) this.#left.delete(client.name);
    });
  }

  #context(client: ClientPlan, env: Environment, incarnation: number): WorkloadContext {
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
}
