/**
 * What a workload (an application: an async function in a client process) is given. Everything goes through the recording
 * clients, so that the history holds what the application saw.
 */
import type { z } from 'zod';
import type { AdminConfig, ConsumerConfig, GivenConfigs, ProducerConfig } from '../../core/config/index.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import type { RandomStream } from '../../ports/random.ts';
import type { Plan } from '../plan.ts';
import type { Service, ServiceOptions } from '../service/service.ts';
import type { ProgramPorts } from './program.ts';
import type { LateCommitter } from './late-committer.ts';
import type { RecordingAdmin } from './recording-admin.ts';
import type { RecordingConsumer } from './recording-consumer.ts';
import type { RecordingProducer } from './recording-producer.ts';
import type { StrayProducer } from './stray-producer.ts';

type Params = Readonly<Record<string, string | number | boolean>>;

export interface WorkloadContext {
  /** Process name, e.g. `writer-2`. */
  readonly name: string;
  readonly plan: Plan;
  /** The client's `params` in the plan. */
  readonly params: Params;
  readonly env: ClientEnvironment;
  /** An own stream of chance for this client. */
  readonly random: RandomStream;
  /** False once the workload should begin nothing new: faults are over and the cluster is settling. */
  readonly writing: () => boolean;
  /** True from then on. Unlike `writing` it begins nothing, so that it may be asked at any time. */
  readonly settling: () => boolean;
  /** False when the run is over. */
  readonly running: () => boolean;
  /** Virtual time. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Clients of the simulated cluster; bootstrap servers and the plan's properties are filled in. */
  producer(properties?: GivenConfigs<keyof ProducerConfig & string>): RecordingProducer;
  consumer(properties?: GivenConfigs<keyof ConsumerConfig & string>): RecordingConsumer;
  admin(properties?: GivenConfigs<keyof AdminConfig & string>): RecordingAdmin;
  lateCommitter(): LateCommitter;
  strayProducer(transactionalId: string): StrayProducer;
  /**
   * Does this, and as long as it lasts the cluster has not settled: what an application makes of records that it has read, when nobody can
   * see by its clients that it is at work. True: something has come of it. Who works on and on in vain is stuck.
   */
  toBeFinished(work: () => Promise<boolean>): Promise<void>;
  /**
   * Answers what is asked of this process by HTTP, until the run is over. What the service keeps is its own, and outlives its process. `name`:
   * what it is called in the history, and by what is expected of it.
   */
  service(name: string, service: Service, options?: ServiceOptions): Promise<void>;
  /** Once in a life, for a whole program that runs in the process and brings its own clients (`app`). */
  program(): ProgramPorts;
  /** A value that no other send of this run carries: says who sends it, in which life, and the how-manieth it is. */
  uniqueValue(): string;
}

export interface Workload {
  (context: WorkloadContext): Promise<void>;
  /** What its `params` must be. Without it they are the workload's own affair. */
  readonly params?: ParamsShape;
  /** What must be done once before it can run, in every thread; rejects with one sentence if it can't run. */
  readonly prepare?: () => Promise<void>;
}

/** Schema of each parameter of a workload; one called `topics` names topics of the plan, separated by commas. */
export type ParamsShape = Readonly<Record<string, z.ZodType>>;
