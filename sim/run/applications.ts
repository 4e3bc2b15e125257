/** The applications of a run: the plan's workloads in their client processes, and the recording clients that they made. */
import { OLDER_RELEASES } from '../../core/broker/index.ts';
import {
  ADMIN_CONFIG,
  type ClientConfigName,
  type ConfigTable,
  CONSUMER_CONFIG,
  givenOrDefault,
  type GivenConfigs,
  PRODUCER_CONFIG,
} from '../../core/config/index.ts';
import { propertiesOfKind } from '../kafka-properties.ts';
import { kafkaEnvironment } from '../kafka-environment.ts';
import { KafkaError } from '../../core/client/errors.ts';
import type { ClientEnvironment, Environment } from '../../core/environment.ts';
import { bootstrapServers } from '../cluster.ts';
import { blamed } from '../../world/failures.ts';
import type { Host } from '../../world/host.ts';
import type { HistoryEvent } from '../history.ts';
import type { ClusterView, Unmet } from '../observe.ts';
import type { ClientPlan, Plan } from '../plan.ts';
import type { Process } from '../../world/process.ts';
import type { Workload, WorkloadContext } from '../workload/context.ts';
import type { ProgramPorts } from '../workload/program.ts';
import { serveRequests, type Service, type ServiceHost, type ServiceOptions } from '../service/service.ts';
import { ProgramHistory } from '../wire/program-history.ts';
import { isProbe } from '../workload/final.ts';
import { LateCommitter } from '../workload/late-committer.ts';
import type { Recorder } from '../workload/recorder.ts';
import { RecordingAdmin } from '../workload/recording-admin.ts';
import { RecordingConsumer } from '../workload/recording-consumer.ts';
import { RecordingProducer } from '../workload/recording-producer.ts';
import { StrayProducer } from '../workload/stray-producer.ts';
import type { World } from '../../world/world.ts';

/** Sends that an application began this recently count as going on: it would begin another one. */
const GOES_ON_MS = 5_000;

/** How often a service looks whether the run is over. */
const OVER_MS = 500;

type RecordingClient = RecordingProducer | RecordingConsumer | RecordingAdmin;

export class Applications {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #host: Host;
  readonly #recorder: Recorder;
  readonly #workloads: ReadonlyMap<string, Workload>;
  /** Every client that was made and whose process has not died since, in the order in which they were made. */
  readonly #clients = new Set<RecordingClient>();
  /** Clients whose workload has not ended, with the life of the process it runs in. */
  readonly #left = new Map<string, number>();
  /** By client, how much it has begun that is to be finished, and how much has come of it. */
  readonly #works = new Map<string, { underWay: number; done: number }>();
  /** By client whose program has asked for its ports. */
  readonly #histories = new Map<string, ProgramHistory>();
  /** By client, what its program wants to be told when it is to end. */
  readonly #onEnd = new Map<string, () => void>();
  /** By process and service, how many commits of it are in the history. */
  readonly #stored = new Map<string, number>();
  #writing = true;
  #running = true;
  #uniqueValues = 0;
  /** By client, how many records it would have sent so far that could be left out. */
  readonly #sends = new Map<string, number>();
  readonly #begins = new Map<string, number>();
  readonly #operations = new Map<string, number>();

  constructor(plan: Plan, world: World, host: Host, recorder: Recorder, workloads: ReadonlyMap<string, Workload>) {
    this.#plan = plan;
    this.#world = world;
    this.#host = host;
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
    this.#works.delete(name);
    this.#onEnd.delete(name);
    this.#histories.get(name)?.crashed();
    this.#histories.delete(name);
    for (const client of this.#clients) {
      if (client.session.client !== name || client.closed) continue;
      this.#clients.delete(client);
      this.#recorder.end(client.session, 'crashed');
    }
  }

  /** By client: records that it sent, or would have sent, and that a plan can leave out. */
  get sends(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#sends);
  }

  /** By client: how often it was told to begin something new. */
  get begins(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#begins);
  }

  /** By client: operations that it began, but polls that returned nothing. */
  get operations(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#operations);
  }

  onHistory(event: HistoryEvent): void {
    if (isProbe(event)) return;
    const isOne =
      event.type === 'invoke'
        ? event.call.f !== 'poll'
        : event.type === 'ok' && event.result.f === 'poll' && event.result.records.length > 0;
    if (!isOne) return;
    const { client } = event.session;
    this.#operations.set(client, (this.#operations.get(client) ?? 0) + 1);
  }

  /** Workloads are to begin nothing new. */
  stopWriting(): void {
    this.#writing = false;
  }

  /** Workloads are to end. */
  stopRunning(): void {
    this.#running = false;
  }

  /** Programs are to end: what they would go on to send is not in what is read last. */
  endPrograms(): void {
    for (const onEnd of this.#onEnd.values()) onEnd();
  }

  get havePrograms(): boolean {
    return this.#histories.size > 0;
  }

  get programsEnded(): boolean {
    return [...this.#onEnd.keys()].every((name) => !this.#left.has(name));
  }

  get allEnded(): boolean {
    return this.#left.size === 0;
  }

  /**
   * Why not everything is sent yet, or not every consumer closed that is being closed, as a sentence about an application, with the property
   * that this would violate; or null. `mayHang`: nobody may be able to end the transactions of this id.
   */
  unfinished(mayHang: (transactionalId: string) => boolean): Unmet | null {
    for (const producer of this.#open('producer')) {
      const { client } = producer.session;
      // What is made of records that were read goes on for as long as there are any, and is to be finished.
      if (producer.followsReads) continue;
      if (producer.sentMsAgo < GOES_ON_MS && !this.#writing) {
        return { property: 'A2', message: `${client} goes on sending although context.writing() is false`, facts: { client } };
      }
      if (producer.sendsUnderWay > 0) {
        return {
          property: 'L8',
          message: `${client} still waits for the end of what it sent`,
          facts: { client },
          concerns: ['Produce'],
        };
      }
      if (producer.endsUnderWay > 0) {
        const message = `${client} still waits for the end of a transaction`;
        return {
          property: 'L8',
          message,
          facts: { client },
          concerns: ['EndTxn', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit'],
        };
      }
    }
    for (const consumer of this.#open('consumer')) {
      if (!consumer.isClosing) continue;
      const message = `${consumer.session.client} still waits for the end of close()`;
      return { property: 'L8', message, facts: { client: consumer.session.client }, concerns: ['OffsetCommit', 'LeaveGroup'] };
    }
    for (const [client, { underWay, done }] of this.#works) {
      if (underWay === 0 || this.#transactionalIdsOf(client).some(mayHang)) continue;
      const message = `${client} is still at work on what it has read`;
      return { property: 'L8', message, facts: { client }, progress: { of: client, at: done } };
    }
    return null;
  }

  #transactionalIdsOf(client: string): string[] {
    const ids: string[] = [];
    for (const { session } of this.#clients) {
      const id = session.client === client && session.kind === 'producer' ? session.properties['transactional.id'] : undefined;
      if (id !== undefined) ids.push(String(id));
    }
    return ids;
  }

  /** Producers that are open, write outside of transactions and hear what becomes of it. */
  plainProducers(): readonly RecordingProducer[] {
    return [...this.#open('producer')].filter(({ session: { properties } }) => {
      const acks = String(givenOrDefault(PRODUCER_CONFIG, properties, 'acks'));
      return properties['transactional.id'] === undefined && acks !== '0';
    });
  }

  /** Groups that consumers are subscribed in which nobody polls any more. */
  abandonedGroups(): readonly Unmet[] {
    const atWork = new Set(this.subscribers().map(({ group }) => group));
    const abandoned = new Map<string, Unmet>();
    for (const consumer of this.#open('consumer')) {
      const group = String(consumer.session.properties['group.id'] ?? '');
      if (!consumer.isIdle || consumer.subscription.length === 0 || atWork.has(group)) continue;
      const { client } = consumer.session;
      const message =
        `nobody is at work in group ${group}: ${client} has not polled its consumer for ${Math.floor(consumer.polledMsAgo)} ms, ` +
        'and has not closed it. An application polls until it closes its consumer, or until context.running() is false';
      abandoned.set(group, { property: 'A2', message, facts: { client, group } });
    }
    return [...abandoned.values()];
  }

  /** Sessions of open consumers that nobody polls. */
  idle(): ReadonlySet<number> {
    return new Set([...this.#open('consumer')].filter(({ isIdle }) => isIdle).map(({ session }) => session.id));
  }

  /** Consumers with a subscription that are at work: not closed, and polled. */
  subscribers(): ClusterView['consumers'] {
    return [...this.#open('consumer')]
      .filter((consumer) => !consumer.isIdle && consumer.subscription.length > 0)
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
      // In a promise job from its first line on: a host can end one that never returns without harm, an event of the kernel not.
      await Promise.resolve();
      try {
        await this.#host.within(process.incarnation, () => workload(this.#context(client, kafkaEnvironment(env), incarnation)));
      } catch (error) {
        throw blamed(error);
      }
      await this.#closeAll(client.name);
      if (this.#left.get(client.name) === incarnation) this.#left.delete(client.name);
    });
  }

  /** An application has returned: what it left open is closed for it, the newest first, as `await using` would. */
  async #closeAll(name: string): Promise<void> {
    for (const client of [...this.#clients].toReversed()) {
      if (client.session.client !== name || client.closed) continue;
      try {
        await client.close();
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
      }
    }
  }

  *#open<K extends 'producer' | 'consumer' | 'admin'>(
    kind: K,
  ): Generator<{ producer: RecordingProducer; consumer: RecordingConsumer; admin: RecordingAdmin }[K]> {
    for (const client of this.#clients) if (client.session.kind === kind && !client.closed) yield client as never;
  }

  #made<C extends RecordingClient>(client: C): C {
    this.#clients.add(client);
    return client;
  }

  #context(client: ClientPlan, env: Environment, incarnation: number): WorkloadContext {
    const shared = (table: ConfigTable): GivenConfigs<ClientConfigName> => ({
      'bootstrap.servers': bootstrapServers(this.#plan),
      'client.id': client.name,
      ...propertiesOfKind(table, client.properties),
    });
    const apis = client.release === undefined ? undefined : OLDER_RELEASES[client.release].apis;
    const process = this.#world.process(client.name);
    const only = client.onlySends === undefined ? null : new Set(client.onlySends);
    const isLeftOut = (): boolean => {
      const ordinal = this.#sends.get(client.name) ?? 0;
      this.#sends.set(client.name, ordinal + 1);
      return only !== null && !only.has(ordinal);
    };
    return {
      name: client.name,
      plan: this.#plan,
      params: client.params,
      env: this.#environmentOf(env, process),
      random: this.#world.chance.stream(`workload/${client.name}`),
      writing: () => this.#mayBegin(client),
      settling: () => !this.#writing,
      running: () => this.#running,
      nowMs: () => env.clock.monotonicMs(),
      sleep: (ms) => process.sleep(ms),
      producer: (properties = {}) =>
        this.#made(
          new RecordingProducer(env, this.#recorder, incarnation, { ...shared(PRODUCER_CONFIG), ...properties }, apis, isLeftOut),
        ),
      consumer: (properties = {}) =>
        this.#made(new RecordingConsumer(env, this.#recorder, incarnation, { ...shared(CONSUMER_CONFIG), ...properties }, apis)),
      admin: (properties = {}) =>
        this.#made(new RecordingAdmin(env, this.#recorder, incarnation, { ...shared(ADMIN_CONFIG), ...properties }, apis)),
      lateCommitter: () => new LateCommitter(env, { 'bootstrap.servers': bootstrapServers(this.#plan) }, apis),
      strayProducer: (id) =>
        new StrayProducer(env, this.#recorder, incarnation, { 'bootstrap.servers': bootstrapServers(this.#plan) }, id, apis),
      toBeFinished: async (work) => {
        const works = this.#works.get(client.name) ?? { underWay: 0, done: 0 };
        this.#works.set(client.name, works);
        works.underWay++;
        try {
          if (await work()) works.done++;
        } finally {
          works.underWay--;
        }
      },
      service: (name, service, options = {}) => this.#service(env, process, name, service, options),
      program: () => this.#program(env, process),
      uniqueValue: () => `${client.name}#${incarnation}:${this.#uniqueValues++}`,
    };
  }

  /** Serves until the run is over. */
  async #service(env: Environment, process: Process, name: string, service: Service, options: ServiceOptions): Promise<void> {
    const session = this.#recorder.open(process.name, process.starts, 'service', {});
    const key = `${process.name}/${name}`;
    let commits = 0;
    // Who loads finds again what was told in an earlier life.
    const stored: ServiceHost['stored'] = (changes) => {
      if (++commits <= (this.#stored.get(key) ?? 0)) return;
      this.#stored.set(key, commits);
      this.#recorder.stored(session, name, changes);
    };
    const serving = serveRequests(name, service, options, {
      env,
      chance: this.#world.chance.stream(`service/${process.name}/${name}`),
      isTroubled: () => this.#writing,
      sleep: (ms) => process.sleep(ms),
      stored,
    });
    const over = async (): Promise<void> => {
      while (this.#running) await process.sleep(OVER_MS);
    };
    await Promise.race([serving, over()]);
  }

  #mayBegin({ name, beginsAtMost = Number.POSITIVE_INFINITY }: ClientPlan): boolean {
    if (!this.#writing) return false;
    const begun = this.#begins.get(name) ?? 0;
    if (begun >= beginsAtMost) return false;
    this.#begins.set(name, begun + 1);
    return true;
  }

  /** Its code is run by itself, and it answers for what it throws. */
  #program(env: Environment, process: Process): ProgramPorts {
    const { incarnation } = process;
    const { kernel } = this.#world;
    const history = new ProgramHistory(this.#recorder, process.name, process.starts, env.compression);
    this.#histories.set(process.name, history);
    const { nodeName, host, clock, timers, random, tracer, compression } = env;
    return {
      env: { nodeName, host, clock, timers, random, tracer, compression, network: history.around(env.network) },
      incarnation: process.starts,
      within: (takes, run) => {
        if (incarnation === null) return run();
        const { number } = incarnation;
        const owner = {
          process,
          number,
          takes,
          get alive() {
            return incarnation.alive;
          },
        };
        return this.#host.within(owner, run);
      },
      processed: (topic, partition, offset) => history.processed({ topic, partition, offset }),
      fail: (error) => {
        if (incarnation?.alive === true) kernel.fail(blamed(error), incarnation);
      },
      onEnd: (callback) => void this.#onEnd.set(process.name, callback),
    };
  }

  /** What an application sets timers with: their callbacks are its code, as promise jobs, and their errors its own. */
  #environmentOf(env: Environment, process: Process): ClientEnvironment {
    const { nodeName, host, clock, network, random, tracer, compression } = env;
    const { incarnation } = process;
    const call = async (callback: () => void): Promise<void> => {
      await Promise.resolve();
      try {
        this.#host.within(incarnation, callback);
      } catch (error) {
        this.#world.kernel.fail(blamed(error), incarnation);
      }
    };
    const after: ClientEnvironment['timers']['after'] = (delayMs, callback) =>
      env.timers.after(delayMs, () => void call(callback));
    return { nodeName, host, clock, network, random, tracer, compression, timers: { after } };
  }
}
