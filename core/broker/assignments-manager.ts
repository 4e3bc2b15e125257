/**
 * Tells the active controller in which log directory each replica of this broker lies (KIP-858), where the metadata say
 * otherwise: in batches, one request at a time, again until it is told or the replica is gone (Kafka's AssignmentsManager).
 */
import type { Environment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AssignReplicasToDirsRequest } from '../protocol/messages/assign-replicas-to-dirs-request.ts';
import type { AssignReplicasToDirsResponse } from '../protocol/messages/assign-replicas-to-dirs-response.ts';
import { type BrokerEpoch, type BrokerId, NONE } from '../protocol/numbers.ts';
import { Refusals } from '../refusals.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';

/** Wait for more assignments before a request, and the first wait after a failure. */
const BATCHING_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
const MOST_PER_REQUEST = 2250;

interface Assignment {
  readonly topicId: string;
  readonly partition: number;
  readonly directoryId: string;
}

export interface AssignmentsManagerOptions {
  readonly brokerId: BrokerId;
  /** Closed with the manager. */
  readonly channel: NodeToControllerChannel;
  readonly image: () => MetadataImage;
}

export class AssignmentsManager {
  readonly #env: Environment;
  readonly #options: AssignmentsManagerOptions;
  /** By topic id and partition; the newest word on a replica is the one that is sent. */
  readonly #ready = new Map<string, Assignment>();
  readonly #refusals: Refusals;
  #inFlight: ReadonlyMap<string, Assignment> = new Map();
  #failures = 0;
  #timer: Timer | null = null;
  #dueMs = 0;
  #closed = false;

  constructor(env: Environment, options: AssignmentsManagerOptions) {
    this.#env = env;
    this.#options = options;
    this.#refusals = new Refusals(env.clock);
  }

  /** Assignments that the controller has not confirmed. */
  get pending(): number {
    return this.#ready.size + this.#inFlight.size;
  }

  /** The replica lies in this directory. */
  assign(topicId: string, partition: number, directoryId: string): void {
    if (this.#closed) return;
    this.#ready.set(`${topicId}-${partition}`, { topicId, partition, directoryId });
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#options.channel.close();
  }

  #delayMs(): number {
    if (this.#failures > 0) {
      // Two percent of jitter, so that brokers that failed together do not come back together.
      const percent = this.#env.random.stream('broker/assignments').between(98, 102, 'retry-jitter');
      const backoffMs = Math.min(BATCHING_MS * 2 ** Math.min(this.#failures, 16), LONGEST_BACKOFF_MS);
      return Math.floor((backoffMs * percent) / 100);
    }
    return this.#ready.size > MOST_PER_REQUEST && this.#inFlight.size === 0 ? 0 : BATCHING_MS;
  }

  /** Sends after the delay that is due now, or sooner if that is planned already. */
  #schedule(): void {
    const delayMs = this.#delayMs();
    const dueMs = this.#env.clock.monotonicMs() + delayMs;
    if (this.#timer !== null && this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#env.timers.after(delayMs, () => {
      this.#timer = null;
      this.#send();
    });
  }

  #send(): void {
    if (this.#closed || this.#inFlight.size > 0) return;
    const { brokerId, channel, image } = this.#options;
    const cluster = image();
    const batch = new Map<string, Assignment>();
    const most = this.#env.random.sometimes('broker/small-assignment-batch') ? 1 : MOST_PER_REQUEST;
    for (const [key, assignment] of this.#ready) {
      if (batch.size >= most) break;
      this.#ready.delete(key);
      const registration = cluster.topicsById.get(assignment.topicId)?.partitions.get(assignment.partition);
      const isStillReplica = registration?.replicas.includes(brokerId) ?? false;
      if (isStillReplica) batch.set(key, assignment);
    }
    if (batch.size === 0) return;
    this.#inFlight = batch;
    const brokerEpoch = cluster.brokers.get(brokerId)?.epoch ?? NONE;
    channel.send('AssignReplicasToDirs', requestOf(brokerId, brokerEpoch, batch), (result) => {
      if (this.#closed) return;
      this.#inFlight = new Map();
      if (!result.ok) this.#fail(batch, null);
      else if (result.response.errorCode !== ErrorCode.NONE) this.#fail(batch, result.response.errorCode);
      else this.#onAnswer(batch, result.response);
      if (this.#ready.size > 0) this.#schedule();
    });
  }

  #fail(batch: ReadonlyMap<string, Assignment>, error: number | null): void {
    this.#failures++;
    if (error !== null) this.#traceRejected(error);
    for (const [key, assignment] of batch) this.#retry(key, assignment);
  }

  #onAnswer(batch: Map<string, Assignment>, answer: AssignReplicasToDirsResponse): void {
    this.#failures = 0;
    for (const { topics } of answer.directories) {
      for (const { topicId, partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          if (errorCode === ErrorCode.NONE) batch.delete(`${topicId}-${partitionIndex}`);
          else this.#traceRejected(errorCode);
        }
      }
    }
    // Refused, or left out of the answer.
    for (const [key, assignment] of batch) this.#retry(key, assignment);
  }

  #retry(key: string, assignment: Assignment): void {
    const isOvertaken = this.#ready.has(key);
    if (!isOvertaken) this.#ready.set(key, assignment);
  }

  #traceRejected(error: number): void {
    const api = 'AssignReplicasToDirs';
    const times = this.#refusals.count(`${error}`);
    if (times > 0) this.#env.tracer.emit({ type: 'request-rejected', api, error, detail: 'will be sent again', times });
  }
}

function requestOf(
  brokerId: BrokerId,
  brokerEpoch: BrokerEpoch,
  batch: ReadonlyMap<string, Assignment>,
): AssignReplicasToDirsRequest {
  const directories: AssignReplicasToDirsRequest['directories'] = [];
  for (const { topicId, partition, directoryId } of batch.values()) {
    let directory = directories.find(({ id }) => id === directoryId);
    if (directory === undefined) directories.push((directory = { id: directoryId, topics: [] }));
    let topic = directory.topics.find((candidate) => candidate.topicId === topicId);
    if (topic === undefined) directory.topics.push((topic = { topicId, partitions: [] }));
    topic.partitions.push({ partitionIndex: partition });
  }
  return { brokerId, brokerEpoch, directories };
}
