/** A scripted broker for the clients' tests: one broker, topics in memory, and answers that a test may replace. */
import { ErrorCode } from '../../protocol/errors.ts';
import { ApiKey } from '../../protocol/messages/index.ts';
import type { ApiName, RequestTypes } from '../../protocol/messages/index.ts';
import { readBatchHeader, rebaseBatch } from '../../protocol/records.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { RpcServer } from '../../rpc/rpc-server.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import type { TestWorld } from '../../testing/test-world.ts';

const VERSIONS: ReadonlyMap<ApiName, readonly [number, number]> = new Map<ApiName, readonly [number, number]>([
  ['Produce', [3, 13]],
  ['Fetch', [4, 17]],
  ['ListOffsets', [1, 9]],
  ['Metadata', [0, 13]],
  ['InitProducerId', [0, 5]],
  ['ApiVersions', [0, 5]],
  ['FindCoordinator', [0, 6]],
  ['JoinGroup', [0, 9]],
  ['SyncGroup', [0, 5]],
  ['Heartbeat', [0, 4]],
  ['LeaveGroup', [0, 5]],
  ['OffsetCommit', [2, 9]],
  ['OffsetFetch', [1, 9]],
  ['OffsetForLeaderEpoch', [2, 4]],
  ['CreateTopics', [2, 7]],
  ['DescribeGroups', [0, 5]],
  ['DeleteRecords', [0, 2]],
  ['ConsumerGroupDescribe', [0, 0]],
  ['ConsumerGroupHeartbeat', [0, 1]],
  ['DescribeTopicPartitions', [0, 0]],
  ['IncrementalAlterConfigs', [0, 1]],
  ['ListConfigResources', [0, 1]],
  ['UpdateFeatures', [0, 1]],
  ['DescribeAcls', [1, 3]],
  ['CreateAcls', [1, 3]],
  ['DeleteAcls', [1, 3]],
  ['AddPartitionsToTxn', [0, 5]],
  ['AddOffsetsToTxn', [0, 4]],
  ['EndTxn', [0, 5]],
  ['TxnOffsetCommit', [0, 6]],
  ['WriteTxnMarkers', [1, 2]],
  ['DescribeTransactions', [0, 0]],
  ['ListTransactions', [0, 2]],
  ['DescribeProducers', [0, 0]],
]);

/** From here on committed offsets are of topic ids. */
const BY_ID: readonly [ApiName, readonly [number, number]][] = [
  ['OffsetCommit', [2, 10]],
  ['OffsetFetch', [1, 10]],
];

export class FakeBroker {
  readonly requests: IncomingRequest[] = [];
  readonly batches: Uint8Array[] = [];
  topicId = 'BAAAAAAAAAAAAAAAAAAAAA';
  endOffset = 0;
  leaderEpoch = 1;
  nextProducerId = 1_000;
  /** Of producers with a transactional id. */
  producerEpoch = 0;
  /** The finalized level of transaction.version, and the epoch of the features; null: the broker tells none. */
  transactionVersion: number | null = null;
  featuresEpoch = 1;
  committed = -1;
  generation = 0;
  heartbeatError = 0;
  #assignment: Uint8Array = new Uint8Array(0);
  /** Looks at each request first; true: it answered, or wants none. */
  script: (request: IncomingRequest) => boolean = () => false;

  readonly #after: (delayMs: number, callback: () => void) => void;
  readonly #apis: ReadonlyMap<ApiName, readonly [number, number]>;

  /** `speaks`: other versions of some APIs. */
  constructor(
    world: TestWorld,
    options: { readonly offsetsById?: boolean; readonly speaks?: readonly [ApiName, readonly [number, number]][] } = {},
  ) {
    this.#apis = new Map([...VERSIONS, ...(options.offsetsById === true ? BY_ID : []), ...(options.speaks ?? [])]);
    this.#after = (delayMs, callback) => world.after(delayMs, callback);
    const server = { port: 9092, listener: 'PLAINTEXT', apis: this.#apis, maxRequestBytes: 1_000_000, connectionsMaxIdleMs: -1 };
    new RpcServer(world.environment('b1'), server, (request) => {
      this.requests.push(request);
      if (!this.script(request)) this.answer(request);
    });
  }

  of<A extends ApiName>(api: A): IncomingRequest<A>[] {
    return this.requests.filter((request) => request.api === api) as unknown as IncomingRequest<A>[];
  }

  answer(request: IncomingRequest): void {
    switch (request.api) {
      case 'Metadata':
        this.#metadata(request as IncomingRequest<'Metadata'>);
        return;
      case 'ApiVersions': {
        const apiKeys = Array.from(this.#apis, ([api, [minVersion, maxVersion]]) => ({
          apiKey: ApiKey[api],
          minVersion,
          maxVersion,
        }));
        const level = this.transactionVersion ?? 0;
        const features = {
          finalizedFeaturesEpoch: this.featuresEpoch,
          finalizedFeatures: level === 0 ? [] : [{ name: 'transaction.version', maxVersionLevel: level, minVersionLevel: level }],
        };
        (request as IncomingRequest<'ApiVersions'>).respond({ apiKeys, ...(this.transactionVersion === null ? {} : features) });
        return;
      }
      case 'FindCoordinator': {
        const [key = 'g'] = (request as IncomingRequest<'FindCoordinator'>).body.coordinatorKeys;
        (request as IncomingRequest<'FindCoordinator'>).respond({ coordinators: [{ key, nodeId: 1, host: 'b1', port: 9092 }] });
        return;
      }
      case 'JoinGroup':
        this.#join(request as IncomingRequest<'JoinGroup'>);
        return;
      case 'SyncGroup': {
        const { assignments } = (request as IncomingRequest<'SyncGroup'>).body;
        this.#assignment = assignments[0]?.assignment ?? this.#assignment;
        (request as IncomingRequest<'SyncGroup'>).respond({ assignment: this.#assignment });
        return;
      }
      case 'Heartbeat':
        (request as IncomingRequest<'Heartbeat'>).respond({ errorCode: this.heartbeatError });
        return;
      case 'LeaveGroup':
        (request as IncomingRequest<'LeaveGroup'>).respond({});
        return;
      case 'OffsetCommit': {
        const [topic] = (request as IncomingRequest<'OffsetCommit'>).body.topics;
        const errorCode = this.#errorOf(request, topic?.topicId);
        if (errorCode === ErrorCode.NONE) this.committed = topic?.partitions[0]?.committedOffset ?? -1;
        const topics = [{ name: 'orders', topicId: topic?.topicId ?? '', partitions: [{ errorCode }] }];
        (request as IncomingRequest<'OffsetCommit'>).respond({ topics });
        return;
      }
      case 'OffsetFetch': {
        const topicId = (request as IncomingRequest<'OffsetFetch'>).body.groups[0]?.topics?.[0]?.topicId;
        const errorCode = this.#errorOf(request, topicId);
        const committedOffset = errorCode === ErrorCode.NONE ? this.committed : -1;
        const topics = [{ name: 'orders', topicId: topicId ?? '', partitions: [{ committedOffset, errorCode }] }];
        (request as IncomingRequest<'OffsetFetch'>).respond({ groups: [{ groupId: 'g', topics }] });
        return;
      }
      case 'InitProducerId':
        this.#initProducerId(request as IncomingRequest<'InitProducerId'>);
        return;
      case 'AddPartitionsToTxn': {
        const { v3AndBelowTopics } = (request as IncomingRequest<'AddPartitionsToTxn'>).body;
        const resultsByTopicV3AndBelow = v3AndBelowTopics.map(({ name, partitions }) => ({
          name,
          resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: ErrorCode.NONE })),
        }));
        (request as IncomingRequest<'AddPartitionsToTxn'>).respond({ resultsByTopicV3AndBelow });
        return;
      }
      case 'AddOffsetsToTxn':
        (request as IncomingRequest<'AddOffsetsToTxn'>).respond({});
        return;
      case 'TxnOffsetCommit':
        this.txnOffsetCommit(request as IncomingRequest<'TxnOffsetCommit'>, ErrorCode.NONE);
        return;
      case 'EndTxn': {
        const { body, version } = request as IncomingRequest<'EndTxn'>;
        if (version < 5) (request as IncomingRequest<'EndTxn'>).respond({});
        else (request as IncomingRequest<'EndTxn'>).respond({ producerId: body.producerId, producerEpoch: ++this.producerEpoch });
        return;
      }
      case 'Produce':
        this.produce(request as IncomingRequest<'Produce'>, ErrorCode.NONE);
        return;
      case 'ListOffsets':
        this.#listOffsets(request as IncomingRequest<'ListOffsets'>);
        return;
      case 'Fetch':
        this.#fetch(request as IncomingRequest<'Fetch'>);
        return;
      default:
        throw new Error(`no answer for ${request.api}`);
    }
  }

  /** The same answer for every partition. */
  txnOffsetCommit(request: IncomingRequest<'TxnOffsetCommit'>, errorCode: number): void {
    const topics = request.body.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }));
    request.respond({ topics });
  }

  #initProducerId(request: IncomingRequest<'InitProducerId'>): void {
    const { transactionalId, producerId } = request.body;
    if (transactionalId === null) request.respond({ producerId: this.nextProducerId++, producerEpoch: 0 });
    else if (producerId === -1) request.respond({ producerId: this.nextProducerId, producerEpoch: this.producerEpoch });
    else request.respond({ producerId, producerEpoch: ++this.producerEpoch });
  }

  #errorOf({ version }: IncomingRequest, topicId: string | undefined): number {
    return version >= 10 && topicId !== this.topicId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.NONE;
  }

  /** Appends unless there is an error; `lost` appends without answering. */
  produce(request: IncomingRequest<'Produce'>, error: number, lost = false): void {
    const baseOffset = this.endOffset;
    const body: RequestTypes['Produce'] = request.body;
    const [topic] = body.topicData;
    const [partition] = topic?.partitionData ?? [];
    const records = partition?.records;
    if (error === ErrorCode.NONE && records) {
      this.batches.push(rebaseBatch(records, baseOffset, this.leaderEpoch));
      this.endOffset += readBatchHeader(records).recordCount;
    }
    if (lost) return;
    const answer = {
      index: partition?.index ?? 0,
      errorCode: error,
      baseOffset: error === 0 ? baseOffset : -1,
      logAppendTimeMs: -1,
    };
    const { name = '', topicId = ZERO_UUID } = topic ?? {};
    request.respond({ responses: [{ name, topicId, partitionResponses: [answer] }] });
  }

  #join(request: IncomingRequest<'JoinGroup'>): void {
    if (request.body.memberId === '') {
      request.respond({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: 'm1' });
      return;
    }
    this.heartbeatError = 0;
    const [protocol] = request.body.protocols;
    const metadata = protocol?.metadata ?? new Uint8Array(0);
    const generationId = ++this.generation;
    const protocolName = protocol?.name ?? '';
    request.respond({ generationId, protocolName, leader: 'm1', memberId: 'm1', members: [{ memberId: 'm1', metadata }] });
  }

  #metadata(request: IncomingRequest<'Metadata'>): void {
    const partition = {
      partitionIndex: 0,
      leaderId: 1,
      leaderEpoch: this.leaderEpoch,
      replicaNodes: [1],
      isrNodes: [1],
      offlineReplicas: [],
    };
    request.respond({
      brokers: [{ nodeId: 1, host: 'b1', port: 9092, rack: null }],
      clusterId: 'c',
      controllerId: 1,
      topics: (request.body.topics ?? []).map(({ name }) => ({ name, topicId: this.topicId, partitions: [partition] })),
    });
  }

  #listOffsets(request: IncomingRequest<'ListOffsets'>): void {
    const topics = request.body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }) => ({
        partitionIndex,
        offset: timestamp === -2 ? 0 : this.endOffset,
        leaderEpoch: this.leaderEpoch,
      })),
    }));
    request.respond({ topics });
  }

  #fetch(request: IncomingRequest<'Fetch'>): void {
    const asked = request.body.topics[0]?.partitions[0];
    const batch = this.batches.find((each) => readBatchHeader(each).lastOffset >= (asked?.fetchOffset ?? this.endOffset));
    const partition = {
      partitionIndex: 0,
      highWatermark: this.endOffset,
      records: batch ?? new Uint8Array(0),
      preferredReadReplica: -1,
    };
    const responses = asked === undefined ? [] : [{ topicId: this.topicId, partitions: [partition] }];
    if (batch === undefined) this.#after(request.body.maxWaitMs, () => request.respond({ responses }));
    else request.respond({ responses });
  }
}
