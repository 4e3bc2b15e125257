/** Answers of requests that fail as a whole: Kafka repeats the error for each item where the response has no place of its own for it. */
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { Draft } from '../protocol/schema.ts';

export type ControllerApi =
  | 'AllocateProducerIds'
  | 'AlterConfigs'
  | 'AlterPartition'
  | 'AlterUserScramCredentials'
  | 'AssignReplicasToDirs'
  | 'BrokerHeartbeat'
  | 'BrokerRegistration'
  | 'ControllerRegistration'
  | 'CreateAcls'
  | 'CreatePartitions'
  | 'CreateTopics'
  | 'DeleteAcls'
  | 'DeleteTopics'
  | 'ElectLeaders'
  | 'IncrementalAlterConfigs'
  | 'UnregisterBroker';

type Failures = {
  readonly [A in ControllerApi & ApiName]: (
    request: RequestTypes[A],
    errorCode: number,
    errorMessage: string | null,
  ) => Draft<ResponseTypes[A]>;
};

const failures: Failures = {
  AllocateProducerIds: (_request, errorCode) => ({ errorCode }),
  AlterPartition: (_request, errorCode) => ({ errorCode }),
  AssignReplicasToDirs: (_request, errorCode) => ({ errorCode, directories: [] }),
  BrokerHeartbeat: (_request, errorCode) => ({ errorCode, isFenced: errorCode !== ErrorCode.NONE }),
  BrokerRegistration: (_request, errorCode) => ({ errorCode, brokerEpoch: -1 }),
  ControllerRegistration: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  UnregisterBroker: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
  ElectLeaders: (request, errorCode, errorMessage) => ({
    errorCode,
    replicaElectionResults: (request.topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  }),
  CreateAcls: (request, errorCode, errorMessage) => ({ results: request.creations.map(() => ({ errorCode, errorMessage })) }),
  DeleteAcls: (request, errorCode, errorMessage) => ({
    filterResults: request.filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })),
  }),
  CreateTopics: (request, errorCode, errorMessage) => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  }),
  DeleteTopics: (request, errorCode, errorMessage) => ({
    responses: [
      ...request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage })),
      ...request.topicNames.map((name) => ({ name, errorCode, errorMessage })),
    ],
  }),
  CreatePartitions: (request, errorCode, errorMessage) => ({
    results: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  }),
  AlterConfigs: (request, errorCode, errorMessage) => ({
    responses: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    })),
  }),
  AlterUserScramCredentials: (request, errorCode, errorMessage) => ({
    results: [...new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))].map((user) => ({
      user,
      errorCode,
      errorMessage,
    })),
  }),
  IncrementalAlterConfigs: (request, errorCode, errorMessage) => ({
    responses: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    })),
  }),
};

type AnyFailure = (request: unknown, errorCode: number, errorMessage: string | null) => Draft<ResponseTypes[ApiName]>;

/** The answer to a request that fails as a whole. APIs that are not in the table have a place for the error at the top. */
export function failedResponse<A extends ApiName>(
  api: A,
  request: RequestTypes[A],
  errorCode: number,
  errorMessage: string | null,
): Draft<ResponseTypes[A]> {
  const fail = (failures as unknown as Partial<Record<ApiName, AnyFailure>>)[api];
  return (fail === undefined ? { errorCode } : fail(request, errorCode, errorMessage)) as Draft<ResponseTypes[A]>;
}
