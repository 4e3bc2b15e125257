/** Topics created because a client asked for them: ordinary ones when allowed, and the coordinators' own (internal) topics. */
import { type BrokerConfig, SEGMENT_BYTES_MIN } from '../config/index.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { CreateTopicsRequest, CreateTopicsRequestCreatableTopic } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { envelopeOf, type Sender } from './envelope.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import { GROUP_TOPIC, isValidTopicName, TRANSACTION_TOPIC } from './topic-names.ts';

export class AutoTopicCreation {
  readonly #config: BrokerConfig;
  readonly #channel: NodeToControllerChannel;
  /** Topics that were asked for and not yet answered; they are not asked for twice. */
  readonly #inFlight = new Set<string>();

  constructor(config: BrokerConfig, channel: NodeToControllerChannel) {
    this.#config = config;
    this.#channel = channel;
  }

  /**
   * Asks the controller for the topics and returns at once, with the error code that the client sees meanwhile, per name.
   * `sender`: the client in whose name they are created; null: the broker itself, which needs them.
   */
  create(names: readonly string[], sender: Sender | null): Map<string, number> {
    const errors = new Map<string, number>();
    const topics: Draft<CreateTopicsRequestCreatableTopic>[] = [];
    for (const name of names) {
      if (!isValidTopicName(name)) {
        errors.set(name, ErrorCode.INVALID_TOPIC_EXCEPTION);
        continue;
      }
      errors.set(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      if (this.#inFlight.has(name)) continue;
      this.#inFlight.add(name);
      topics.push(this.#describe(name));
    }
    if (topics.length > 0) {
      const request = { topics, timeoutMs: this.#config['request.timeout.ms'], validateOnly: false };
      const done = (): void => {
        for (const topic of topics) this.#inFlight.delete(topic.name as string);
      };
      if (sender === null) this.#channel.send('CreateTopics', request, done);
      else this.#forward(sender, request, done);
    }
    return errors;
  }

  #forward(sender: Sender, request: Draft<CreateTopicsRequest>, done: () => void): void {
    const version = this.#channel.versionFor('CreateTopics');
    if (version === null) done();
    else this.#channel.send('Envelope', envelopeOf(sender, 'CreateTopics', version, request), done);
  }

  #describe(name: string): Draft<CreateTopicsRequestCreatableTopic> {
    const config = this.#config;
    switch (name) {
      case GROUP_TOPIC:
        return {
          name,
          numPartitions: config['offsets.topic.num.partitions'],
          replicationFactor: config['offsets.topic.replication.factor'],
          configs: [
            { name: 'cleanup.policy', value: 'compact' },
            { name: 'compression.type', value: 'producer' },
            segmentBytes(config['offsets.topic.segment.bytes']),
          ],
        };
      case TRANSACTION_TOPIC:
        return {
          name,
          numPartitions: config['transaction.state.log.num.partitions'],
          replicationFactor: config['transaction.state.log.replication.factor'],
          configs: [
            { name: 'cleanup.policy', value: 'compact' },
            { name: 'compression.type', value: 'uncompressed' },
            { name: 'min.insync.replicas', value: String(config['transaction.state.log.min.isr']) },
            segmentBytes(config['transaction.state.log.segment.bytes']),
            { name: 'unclean.leader.election.enable', value: 'false' },
          ],
        };
      default:
        return { name, numPartitions: config['num.partitions'], replicationFactor: config['default.replication.factor'] };
    }
  }
}

/**
 * The config for segments of this size. Below what `segment.bytes` takes Kafka asks for what is refused, and never has the topic; a
 * served or simulated cluster is to have small segments of internal topics too.
 */
function segmentBytes(sizeBytes: number): { readonly name: string; readonly value: string } {
  return { name: sizeBytes < SEGMENT_BYTES_MIN ? 'internal.segment.bytes' : 'segment.bytes', value: String(sizeBytes) };
}
