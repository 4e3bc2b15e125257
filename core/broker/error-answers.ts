/** The answer to a request that failed as a whole, for each API that a broker offers: the error stands where Kafka puts it. */
import { failedResponse } from '../controller/failures.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';

interface Failed<A extends ApiName> {
  readonly body: RequestTypes[A];
  readonly version: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

type ErrorAnswers = {
  readonly [A in ApiName]?: (failed: Failed<A>) => Draft<ResponseTypes[A]> | null;
};

/** Fetch has had a place for an error of the whole request since sessions, but old clients look at the partitions. */
const FETCH_ERROR_PER_PARTITION_UP_TO = 12;
/** FindCoordinator and OffsetFetch take several keys or groups from here on. */
const BATCHED_COORDINATORS = 4;
const BATCHED_OFFSET_FETCH = 8;

const answers: ErrorAnswers = {
  Produce: ({ body, errorCode, errorMessage }) =>
    body.acks === 0
      ? null
      : {
          responses: body.topicData.map(({ name, partitionData }) => ({
            name,
            partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, errorMessage })),
          })),
        },
  Fetch: ({ body, version, errorCode }) => ({
    errorCode,
    sessionId: body.sessionId,
    responses:
      version > FETCH_ERROR_PER_PARTITION_UP_TO
        ? []
        : body.topics.map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(({ partition }) => ({
              partitionIndex: partition,
              errorCode,
              highWatermark: -1,
              records: new Uint8Array(0),
            })),
          })),
  }),
  ListOffsets: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
  Metadata: ({ body, errorCode }) => ({
    clusterId: null,
    // Up to version 11 there is no way to give a topic without a name.
    topics: (body.topics ?? []).map(({ name, topicId }) => ({ errorCode, name: name ?? '', topicId })),
  }),
  OffsetForLeaderEpoch: ({ body, errorCode }) => ({
    topics: body.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
  FindCoordinator: ({ body, version, errorCode, errorMessage }) =>
    version < BATCHED_COORDINATORS
      ? { errorCode, errorMessage, nodeId: -1, host: '', port: -1 }
      : {
          coordinators: body.coordinatorKeys.map((key) => ({ key, nodeId: -1, host: '', port: -1, errorCode, errorMessage })),
        },
  InitProducerId: ({ errorCode }) => ({ errorCode, producerId: -1, producerEpoch: -1 }),
  DeleteRecords: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }),
  DescribeConfigs: ({ body, errorCode, errorMessage }) => ({
    results: body.resources.map(({ resourceType, resourceName }) => ({ errorCode, errorMessage, resourceType, resourceName })),
  }),
  DescribeCluster: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  DescribeQuorum: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  DescribeProducers: ({ body, errorCode, errorMessage }) => ({
    topics: body.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode, errorMessage })),
    })),
  }),
  DescribeTopicPartitions: ({ body, errorCode }) => ({ topics: body.topics.map(({ name }) => ({ errorCode, name })) }),
  OffsetCommit: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
  OffsetFetch: ({ body, version, errorCode }) => {
    if (version >= BATCHED_OFFSET_FETCH)
      return { groups: body.groups.map(({ groupId }) => ({ groupId, errorCode, topics: [] })) };
    const refused = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
    return {
      errorCode,
      // Version 1 has no place for an error of the whole.
      topics: (version < 2 ? (body.topics ?? []) : []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ ...refused, partitionIndex })),
      })),
    };
  },
  JoinGroup: ({ body, version, errorCode }) => ({
    errorCode,
    generationId: -1,
    protocolName: version >= 7 ? null : '',
    leader: '',
    memberId: body.memberId,
    members: [],
  }),
  SyncGroup: ({ errorCode }) => ({ errorCode, assignment: new Uint8Array(0) }),
  DescribeGroups: ({ body, errorCode }) => ({ groups: body.groups.map((groupId) => ({ errorCode, groupId })) }),
  DeleteGroups: ({ body, errorCode }) => ({ results: body.groupsNames.map((groupId) => ({ groupId, errorCode })) }),
};

/** Null if the client expects no answer: its connection is to be closed. */
export function errorAnswer(
  request: Pick<IncomingRequest, 'api' | 'version' | 'body'>,
  errorCode: number = ErrorCode.UNKNOWN_SERVER_ERROR,
  errorMessage: string | null = 'The server could not handle the request; its log says why.',
): Draft<ResponseTypes[ApiName]> | null {
  const answer = answers[request.api] as ((failed: Failed<ApiName>) => Draft<ResponseTypes[ApiName]> | null) | undefined;
  const { api, body, version } = request;
  if (answer === undefined) return failedResponse(api, body, errorCode, errorMessage);
  return answer({ body, version, errorCode, errorMessage });
}
