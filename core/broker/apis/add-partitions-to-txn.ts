/**
 * AddPartitionsToTxn: of a producer up to version 3, of brokers since: for many transactions at once, on behalf of producers that only
 * write (transaction.version 2), or to ask whether partitions are in a transaction before something is appended to them (KIP-890).
 */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnRequestAddPartitionsToTxnTopic,
  AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult,
} from '../../protocol/messages/index.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../../protocol/partition.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onTopic, onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { fencedError } from '../fenced-error.ts';
import { isInternalTopic } from '../topic-names.ts';

/** Knows PRODUCER_FENCED from here on. */
const FENCED_VERSION = 2;
/** Of brokers from here on. */
const BATCHED_VERSION = 4;

type Topics = readonly AddPartitionsToTxnRequestAddPartitionsToTxnTopic[];
type TopicResults = Draft<AddPartitionsToTxnResponseAddPartitionsToTxnTopicResult>[];
type Partitions = ReadonlyMap<TopicPartitionKey, TopicPartition>;

/** One transaction of a request, whatever its version. */
interface AskedTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly verifyOnly: boolean;
  readonly topics: Topics;
}

export const addPartitionsToTxnApi = defineApi({
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  failed: ({ body, version, errorCode }) =>
    version >= BATCHED_VERSION ? { errorCode } : { resultsByTopicV3AndBelow: resultsOf(body.v3AndBelowTopics, () => errorCode) },
  controller: null,
  broker: {
    authorization: {
      items: {
        useTransaction: onTransactionalId(AclOperation.WRITE),
        write: onTopic(AclOperation.WRITE),
        askForOthers: onCluster(AclOperation.CLUSTER_ACTION),
      },
    },
    handle(broker, request, may) {
      const { body, version } = request;
      const isBatched = version >= BATCHED_VERSION;
      if (isBatched && !may.askForOthers()) {
        request.respond({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED });
        return;
      }
      const asked = isBatched ? body.transactions : [ofProducer(body)];
      const results = new Map<AskedTransaction, TopicResults>();
      const answer = (transaction: AskedTransaction, errorOf: (key: TopicPartitionKey) => number): void => {
        results.set(transaction, resultsOf(transaction.topics, errorOf));
        if (results.size < asked.length) return;
        if (isBatched) {
          const inOrder = asked.map((each) => ({ transactionalId: each.transactionalId, topicResults: results.get(each) ?? [] }));
          request.respond({ resultsByTransaction: inOrder });
        } else request.respond({ resultsByTopicV3AndBelow: results.get(transaction) ?? [] });
      };
      if (asked.length === 0) request.respond({ resultsByTransaction: [] });
      for (const transaction of asked) {
        const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = transaction;
        if (!isBatched && !may.useTransaction(transactionalId)) {
          answer(transaction, () => ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
          continue;
        }
        const partitions = partitionsOf(topics);
        const mayWrite = (topic: string): boolean => isBatched || (!isInternalTopic(topic) && may.write(topic));
        const refused = refusals(broker, partitions, mayWrite);
        if (refused.size > 0) {
          answer(transaction, (key) => refused.get(key) ?? ErrorCode.OPERATION_NOT_ATTEMPTED);
          continue;
        }
        const addition = { producerId, producerEpoch, partitions, transactionVersion: isBatched ? 2 : 0 };
        if (verifyOnly) {
          const errors = broker.transactions.verifyPartitions(transactionalId, addition);
          answer(transaction, (key) => errors.get(key) ?? ErrorCode.NONE);
        } else {
          broker.transactions.addPartitions('AddPartitionsToTxn', transactionalId, addition, (error) =>
            answer(transaction, () => fencedError(error, version >= FENCED_VERSION)),
          );
        }
      }
    },
  },
});

function ofProducer(body: AddPartitionsToTxnRequest): AskedTransaction {
  return {
    transactionalId: body.v3AndBelowTransactionalId,
    producerId: body.v3AndBelowProducerId,
    producerEpoch: body.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: body.v3AndBelowTopics,
  };
}

function partitionsOf(topics: Topics): Partitions {
  const entries = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map((partition) => [topicPartitionKey(topic, partition), { topic, partition }] as const),
  );
  return new Map(entries);
}

/** Partitions that cannot be added: one of them, and nothing is attempted. */
function refusals(
  broker: BrokerContext,
  partitions: Partitions,
  mayWrite: (topic: string) => boolean,
): Map<TopicPartitionKey, number> {
  const refused = new Map<TopicPartitionKey, number>();
  for (const [key, { topic, partition }] of partitions) {
    if (!mayWrite(topic)) refused.set(key, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    else if (partitionOf(broker.image(), topic, partition) === undefined) refused.set(key, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
  return refused;
}

function resultsOf(topics: Topics, errorOf: (key: TopicPartitionKey) => number): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(topicPartitionKey(name, partitionIndex)),
    })),
  }));
}
