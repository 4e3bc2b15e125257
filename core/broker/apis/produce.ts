/** Produce: checks that need no log, the append, and an answer that points to the new leader when there is one (KIP-951). */
import { ApiError } from '../../controller/api-error.ts';
import { type MetadataImage, partitionOf } from '../../metadata/image.ts';
import { DecodeError } from '../../protocol/codec.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  ProduceRequest,
  ProduceRequestTopicProduceData,
  ProduceResponsePartitionProduceResponse,
  ProduceResponseTopicProduceResponse,
} from '../../protocol/messages/index.ts';
import { BatchField, type BatchHeader, LENGTH_PREFIX, readBatchHeader } from '../../protocol/batch-header.ts';
import { NONE } from '../../protocol/numbers.ts';
import { isTransactional } from '../../protocol/records.ts';
import type { Draft } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { produceTransactionSupport } from '../../replication/transaction-support.ts';
import type { AppendEntry, AppendResult } from '../../replication/types.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTopic, onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { currentLeader, endpointOf, type Node } from '../metadata-view.ts';

/** Consumers of older versions of Fetch could not read it (KIP-110). */
const ZSTD_VERSION = 7;
const CURRENT_MAGIC = 2;
/** Base offset and length, and the shortest message that there ever was. */
const SMALLEST_BATCH = LENGTH_PREFIX + 14;

export const produceApi = defineApi({
  name: 'Produce',
  versions: [3, 13],
  // Old librdkafka compresses only if Produce 0 is offered, and then sends a newer one (KAFKA-18659).
  advertisedFrom: 0,
  failed: ({ body, errorCode, errorMessage }) =>
    body.acks === 0
      ? null
      : {
          responses: body.topicData.map(({ name, topicId, partitionData }) => ({
            name,
            topicId,
            partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, errorMessage })),
          })),
        },
  controller: null,
  broker: {
    authorization: {
      items: { write: onTopic(AclOperation.WRITE), useTransaction: onTransactionalId(AclOperation.WRITE) },
    },
    handle(broker, request, may) {
      const image = broker.image();
      const entries: AppendEntry[] = [];
      /** In request order; null where the append will tell. */
      const refused: (AppendResult | null)[] = [];
      const isForbidden = hasTransactionalRecords(request.body) && !mayUseTransaction(request.body, may.useTransaction);
      const topics = request.body.topicData.map((topic) => identified(image, topic, request.version));
      for (const { name, topicId, partitionData } of topics) {
        const mayWrite = name !== null && may.write(name);
        for (const { index, records } of partitionData) {
          let refusal: Uint8Array | AppendResult;
          if (isForbidden) refusal = refusedWith(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
          else if (name === null) refusal = refusedWith(ErrorCode.UNKNOWN_TOPIC_ID);
          else if (!mayWrite) refusal = refusedWith(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
          else if (partitionOf(image, name, index) === undefined) refusal = refusedWith(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
          else refusal = checkRecords(records, request.version);
          if (refusal instanceof Uint8Array) {
            refused.push(null);
            entries.push({ topic: name as string, topicId, partition: index, records: refusal });
          } else refused.push(refusal);
        }
      }
      if (entries.length === 0) {
        answer(broker, request, topics, refused, []);
        return;
      }
      checkOneProducer(entries);
      const { timeoutMs, acks: requiredAcks, transactionalId } = request.body;
      broker.replicas.produce({
        timeoutMs,
        requiredAcks,
        transactionalId,
        support: produceTransactionSupport(request.version),
        entries,
        done: (results) => answer(broker, request, topics, refused, results),
      });
    },
  },
});

/** Topics have ids in place of names from here on (KIP-516). */
const TOPIC_ID_VERSION = 13;

/** A topic of a request, by name and id. The name is null if the request goes by ids and this one is none of this metadata. */
interface IdentifiedTopic {
  readonly name: string | null;
  readonly topicId: string;
  readonly partitionData: ProduceRequestTopicProduceData['partitionData'];
}

function identified(
  image: MetadataImage,
  { name, topicId, partitionData }: ProduceRequestTopicProduceData,
  version: number,
): IdentifiedTopic {
  if (version >= TOPIC_ID_VERSION) return { name: image.topicsById.get(topicId)?.name ?? null, topicId, partitionData };
  return { name, topicId: image.topicIds.get(name) ?? ZERO_UUID, partitionData };
}

/** Looks at no more than the flag: whether the batches are sound is told later. */
function hasTransactionalRecords({ topicData }: ProduceRequest): boolean {
  return topicData.some(({ partitionData }) => partitionData.some(({ records }) => records !== null && isTransactional(records)));
}

/** One transaction for the whole request; without permission for it nothing of the request is written. */
function mayUseTransaction({ transactionalId }: ProduceRequest, mayUse: (transactionalId: string) => boolean): boolean {
  return transactionalId !== null && mayUse(transactionalId);
}

/** Throws ApiError where the transactional batches of a request are not all of one producer and epoch. */
function checkOneProducer(entries: readonly AppendEntry[]): void {
  let first: BatchHeader | null = null;
  for (const { records } of entries) {
    if (!isTransactional(records)) continue;
    const header = readBatchHeader(records);
    if (header.producerId < 0) continue;
    first ??= header;
    if (header.producerId === first.producerId && header.producerEpoch === first.producerEpoch) continue;
    throw new ApiError(ErrorCode.INVALID_PRODUCER_ID_MAPPING, 'The batches of a transaction are of one producer.');
  }
}

function refusedWith(error: number, message?: string): AppendResult {
  const result = { error, baseOffset: NONE, lastOffset: NONE, logAppendTimeMs: -1, logStartOffset: NONE };
  return message === undefined ? result : { ...result, message };
}

/** The first whole batch of what is left from `position`, or null; Kafka passes over an incomplete one at the end. */
function nextBatch(records: Uint8Array, position: number): Uint8Array | null {
  const left = records.length - position;
  if (left < LENGTH_PREFIX) return null;
  const view = new DataView(records.buffer, records.byteOffset + position, left);
  const sizeInBytes = view.getInt32(BatchField.length) + LENGTH_PREFIX;
  if (sizeInBytes < SMALLEST_BATCH) throw new DecodeError(`a record batch of ${sizeInBytes} bytes`);
  if (left <= BatchField.magic) return null;
  const magic = view.getInt8(BatchField.magic);
  if (magic < 0 || magic > CURRENT_MAGIC) throw new DecodeError(`a record batch of format ${magic}`);
  return left < sizeInBytes ? null : records.subarray(position, position + sizeInBytes);
}

/** A produce request carries exactly one batch of format 2 for each partition (KIP-98): that one, or why it is refused. */
function checkRecords(records: Uint8Array | null, version: number): Uint8Array | AppendResult {
  try {
    const batch = records === null ? null : nextBatch(records, 0);
    if (records === null || batch === null) return refusedWith(ErrorCode.INVALID_RECORD, 'no record batch was given');
    if (batch[BatchField.magic] !== CURRENT_MAGIC)
      return refusedWith(ErrorCode.INVALID_RECORD, 'only record format 2 is accepted');
    if (version < ZSTD_VERSION && readBatchHeader(batch).compression === 'zstd') {
      return refusedWith(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `zstd needs version ${ZSTD_VERSION} of Produce`);
    }
    if (nextBatch(records, batch.length) !== null) {
      return refusedWith(ErrorCode.INVALID_RECORD, 'exactly one record batch is accepted');
    }
    readBatchHeader(batch);
    return batch;
  } catch (error) {
    if (error instanceof DecodeError) return refusedWith(ErrorCode.CORRUPT_MESSAGE, error.message);
    throw error;
  }
}

function answer(
  broker: BrokerContext,
  request: IncomingRequest<'Produce'>,
  topics: readonly IdentifiedTopic[],
  refused: readonly (AppendResult | null)[],
  results: readonly AppendResult[],
): void {
  const responses: Draft<ProduceResponseTopicProduceResponse>[] = [];
  const nodes: Node[] = [];
  let position = 0;
  let nextResult = 0;
  let failed = false;
  for (const { name, topicId, partitionData } of topics) {
    const partitionResponses: Draft<ProduceResponsePartitionProduceResponse>[] = [];
    for (const { index } of partitionData) {
      const result = refused[position] ?? (results[nextResult++] as AppendResult);
      position++;
      failed ||= result.error !== ErrorCode.NONE;
      partitionResponses.push(describe(broker, request, name, index, result, nodes));
    }
    responses.push({ name: name ?? '', topicId, partitionResponses });
  }
  if (request.body.acks !== 0) request.respond({ responses, nodeEndpoints: nodes });
  // There is no answer to carry an error: a closed connection makes the producer look for the leader anew.
  else if (failed) request.closeConnection();
  else request.noResponse();
}

function describe(
  broker: BrokerContext,
  request: IncomingRequest<'Produce'>,
  topic: string | null,
  index: number,
  result: AppendResult,
  nodes: Node[],
): Draft<ProduceResponsePartitionProduceResponse> {
  const response = {
    index,
    errorCode: result.error,
    baseOffset: result.baseOffset,
    logAppendTimeMs: result.logAppendTimeMs,
    logStartOffset: result.logStartOffset,
    recordErrors: (result.recordErrors ?? []).map(({ batchIndex, message }) => ({ batchIndex, batchIndexErrorMessage: message })),
    errorMessage: result.message ?? null,
  };
  const pointsElsewhere = result.error === ErrorCode.NOT_LEADER_OR_FOLLOWER || result.error === ErrorCode.FENCED_LEADER_EPOCH;
  if (topic === null || !pointsElsewhere || request.version < 10) return response;
  const leader = currentLeader(broker.image(), topic, index);
  if (leader === null) return response;
  const node = endpointOf(broker.image(), leader.leaderId, request.listener);
  if (node !== null && !nodes.some(({ nodeId }) => nodeId === node.nodeId)) nodes.push(node);
  return { ...response, currentLeader: leader };
}
