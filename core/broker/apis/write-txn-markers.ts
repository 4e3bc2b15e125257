/** WriteTxnMarkers: a transaction coordinator, or an operator who aborts what hangs, ends transactions in partitions that this broker leads. */
import { ApiError } from '../../controller/api-error.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { WriteTxnMarkersRequestWritableTxnMarker, WriteTxnMarkersResponse } from '../../protocol/messages/index.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../../protocol/partition.ts';
import { encodeEndTxnMarker } from '../../protocol/records.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { GROUP_TOPIC } from '../topic-names.ts';

type Marker = WriteTxnMarkersRequestWritableTxnMarker;
/** By partition, in the order of the request. */
type Errors = Map<TopicPartitionKey, TopicPartition & { readonly error: number }>;

export const writeTxnMarkersApi = defineApi({
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  failed: ({ body, errorCode }) => ({
    markers: body.markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
      })),
    })),
  }),
  controller: null,
  broker: {
    authorization: { items: { alter: onCluster(AclOperation.ALTER), act: onCluster(AclOperation.CLUSTER_ACTION) } },
    handle(broker, request, may) {
      if (!may.alter() && !may.act())
        throw new ApiError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Markers are for brokers, and for who may alter the cluster.');
      const { markers } = request.body;
      /** What is told of a producer's partitions, also where more than one marker is of it. */
      const errorsOf = new Map<number, Errors>();
      let waiting = markers.length;
      const answer = (): void => request.respond(answerOf(errorsOf));
      if (waiting === 0) answer();
      for (const marker of markers) {
        write(broker, marker, (errors) => {
          if (errors.size > 0) errorsOf.set(marker.producerId, new Map([...(errorsOf.get(marker.producerId) ?? []), ...errors]));
          if (--waiting === 0) answer();
        });
      }
    },
  },
});

/** Appends a marker to its partitions. `done` is told the outcome of each, once all are known; perhaps at once. */
function write(broker: BrokerContext, marker: Marker, done: (errors: Errors) => void): void {
  const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = marker;
  const errors: Errors = new Map();
  const hosted = new Map<TopicPartitionKey, TopicPartition>();
  for (const { name: topic, partitionIndexes } of marker.topics) {
    for (const partition of partitionIndexes) {
      const key = topicPartitionKey(topic, partition);
      const isHosted = isOnline(broker, key);
      errors.set(key, { topic, partition, error: isHosted ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
      if (isHosted) hosted.set(key, { topic, partition });
    }
  }
  // No batch can be of such a producer.
  if (hosted.size > 0 && (producerId < 0 || producerEpoch < 0))
    throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, `A marker cannot be of producer ${producerId} in epoch ${producerEpoch}.`);
  let waiting = hosted.size;
  if (waiting === 0) {
    done(errors);
    return;
  }
  const settle = (key: TopicPartitionKey, at: TopicPartition, error: number): void => {
    errors.set(key, { ...at, error });
    if (--waiting === 0) done(errors);
  };
  const ofLogs: [TopicPartitionKey, TopicPartition][] = [];
  for (const [key, at] of hosted) {
    // What a transaction ends there are offsets: their coordinator writes the marker, and knows when it counts.
    if (at.topic === GROUP_TOPIC)
      broker.groups.completeTransaction(at.partition, { ...marker, commit: marker.transactionResult }, (error) =>
        settle(key, at, error),
      );
    else ofLogs.push([key, at]);
  }
  if (ofLogs.length === 0) return;
  const type = marker.transactionResult ? 'COMMIT' : 'ABORT';
  const timestamp = broker.env.clock.wallMs();
  const records = encodeEndTxnMarker({ type, producerId, producerEpoch, coordinatorEpoch, timestamp });
  broker.replicas.append({
    timeoutMs: broker.config['request.timeout.ms'],
    requiredAcks: -1,
    origin: 'coordinator',
    transactionVersion,
    entries: ofLogs.map(([, at]) => ({ ...at, records })),
    done: (results) => {
      for (const [index, [key, at]] of ofLogs.entries()) settle(key, at, results[index]?.error ?? ErrorCode.UNKNOWN_SERVER_ERROR);
    },
  });
}

function isOnline(broker: BrokerContext, key: TopicPartitionKey): boolean {
  const partition = broker.replicas.partition(key);
  return partition !== undefined && partition.role.kind !== 'offline';
}

function answerOf(errorsOf: ReadonlyMap<number, Errors>): Draft<WriteTxnMarkersResponse> {
  return {
    markers: Array.from(errorsOf, ([producerId, errors]) => {
      const topics = new Map<string, { partitionIndex: number; errorCode: number }[]>();
      for (const { topic, partition: partitionIndex, error: errorCode } of errors.values()) {
        const partitions = topics.get(topic) ?? [];
        topics.set(topic, partitions);
        partitions.push({ partitionIndex, errorCode });
      }
      return { producerId, topics: Array.from(topics, ([name, partitions]) => ({ name, partitions })) };
    }),
  };
}
