/** Requests as brokers and clients of a test send them. */
import { SUPPORTED_FEATURES } from '../../metadata/features.ts';
import type { RequestTypes } from '../../protocol/messages/index.ts';
import { uuidFromBytes, ZERO_UUID } from '../../protocol/uuid.ts';

/** A uuid that says in its first bytes what it is of. */
export function testUuid(kind: number, id: number, incarnation = 0): string {
  const bytes = new Uint8Array(16).fill(7);
  bytes[0] = kind;
  bytes[1] = id;
  bytes[2] = incarnation & 255;
  bytes[3] = incarnation >>> 8;
  return uuidFromBytes(bytes);
}

export function registration(
  brokerId: number,
  incarnation = 0,
  more: Partial<RequestTypes['BrokerRegistration']> = {},
): RequestTypes['BrokerRegistration'] {
  return {
    brokerId,
    clusterId: 'test',
    incarnationId: testUuid(1, brokerId, incarnation),
    listeners: [{ name: 'PLAINTEXT', host: `b${brokerId}`, port: 9092, securityProtocol: 0 }],
    features: [...SUPPORTED_FEATURES],
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [testUuid(2, brokerId)],
    previousBrokerEpoch: -1,
    ...more,
  };
}

export function heartbeat(
  brokerId: number,
  brokerEpoch: number,
  currentMetadataOffset: number,
  more: Partial<RequestTypes['BrokerHeartbeat']> = {},
): RequestTypes['BrokerHeartbeat'] {
  return {
    brokerId,
    brokerEpoch,
    currentMetadataOffset,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
    cordonedLogDirs: null,
    ...more,
  };
}

export function creation(
  name: string,
  numPartitions: number,
  replicationFactor: number,
  configs: Record<string, string> = {},
): RequestTypes['CreateTopics'] {
  const list = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
  return {
    topics: [{ name, numPartitions, replicationFactor, assignments: [], configs: list }],
    timeoutMs: 1000,
    validateOnly: false,
  };
}

export function manualCreation(
  name: string,
  assignments: readonly number[][],
  configs: Record<string, string> = {},
): RequestTypes['CreateTopics'] {
  const request = creation(name, -1, -1, configs);
  const topic = request.topics[0];
  if (topic !== undefined) {
    topic.assignments = assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] }));
  }
  return request;
}

export function isrChange(
  brokerId: number,
  brokerEpoch: number,
  topicId: string,
  partition: {
    leaderEpoch: number;
    partitionEpoch: number;
    isr: readonly (readonly [id: number, epoch: number])[];
    index?: number;
  },
): RequestTypes['AlterPartition'] {
  return {
    brokerId,
    brokerEpoch,
    topics: [
      {
        topicId: topicId === '' ? ZERO_UUID : topicId,
        partitions: [
          {
            partitionIndex: partition.index ?? 0,
            leaderEpoch: partition.leaderEpoch,
            partitionEpoch: partition.partitionEpoch,
            newIsr: [],
            newIsrWithEpochs: partition.isr.map(([id, epoch]) => ({ brokerId: id, brokerEpoch: epoch })),
            leaderRecoveryState: 0,
          },
        ],
      },
    ],
  };
}
