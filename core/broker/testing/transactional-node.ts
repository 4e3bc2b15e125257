/** A combined node with a topic `t` of two partitions, and short ways to write to it in transactions and to read what they left. */
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  ApiName,
  FetchResponsePartitionData,
  ProduceResponsePartitionProduceResponse,
  RequestTypes,
  ResponseTypes,
} from '../../protocol/messages/index.ts';
import { encodeBatch } from '../../protocol/records.ts';
import type { Draft } from '../../protocol/schema.ts';
import { RpcClient } from '../../rpc/rpc-client.ts';
import { TestWorld } from '../../testing/test-world.ts';
import { formatStorage, startNode } from '../index.ts';

export interface TransactionalNodeOptions {
  readonly transactionVersion?: number;
  /** Default true: nothing is appended that the coordinator has not agreed to. */
  readonly isVerified?: boolean;
}

interface Write {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence?: number;
  readonly partition?: number;
  readonly topic?: string;
  /** Of Produce; from 12 on a write adds its partition to the transaction. */
  readonly version?: number;
}

export function transactionalNode({ transactionVersion = 2, isVerified = true }: TransactionalNodeOptions = {}) {
  const world = new TestWorld();
  const env = world.environment('n1');
  formatStorage(env.disk, env.random.stream('format'), {
    clusterId: 'c1usterAAAAAAAAAAAAAAA',
    nodeId: 1,
    directories: ['data'],
    controller: { metadataDirectory: 'data', features: { transactionVersion } },
    wallMs: 0,
  });
  const properties = {
    'node.id': 1,
    'process.roles': 'broker,controller',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'controller.quorum.voters': '1@n1:9093',
    'log.dirs': 'data',
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.partition.verification.enable': isVerified,
  };
  const running = startNode(env, properties);
  const client = new RpcClient(world.environment('client'), {
    clientId: 'test',
    versions: 'negotiate',
    requestTimeoutMs: 30_000,
  });
  function call<A extends ApiName>(api: A, version: number, body: Draft<RequestTypes[A]>): ResponseTypes[A] {
    let response: ResponseTypes[A] | null = null;
    client.send({ id: 'n1', host: 'n1', port: 9092 }, api, body, { version }, (result) => {
      if (!result.ok) throw new Error(`${api}: ${result.reason}`);
      response = result.response;
    });
    world.runUntil(() => response !== null, 60_000);
    return response as unknown as ResponseTypes[A];
  }
  const create = (topic: string): void => {
    call('CreateTopics', 5, { topics: [{ name: topic, numPartitions: 2, replicationFactor: 1 }], timeoutMs: 1_000 });
    world.runUntil(() => latest(topic) === ErrorCode.NONE, 10_000);
  };
  const latest = (name: string): number | undefined => {
    const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    const [topic] = call('ListOffsets', 1, { replicaId: -1, topics: [{ name, partitions }] }).topics;
    return topic?.partitions.find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? ErrorCode.NONE;
  };
  world.runUntil(() => running.inspect().broker?.state === 'RUNNING', 20_000);
  create('t');

  /** A producer id and epoch of a transactional id, once its coordinator is there. */
  const init = (transactionalId = 'x'): { readonly producerId: number; readonly producerEpoch: number } => {
    const coordinators = { keyType: 1, coordinatorKeys: [transactionalId] };
    world.runUntil(() => call('FindCoordinator', 4, coordinators).coordinators[0]?.errorCode === ErrorCode.NONE, 20_000);
    const ask = () =>
      call('InitProducerId', 5, { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 });
    let answer = ask();
    world.runUntil(() => answer.errorCode === ErrorCode.NONE || (answer = ask()).errorCode === ErrorCode.NONE, 20_000);
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  };
  const produce = (write: Write): ProduceResponsePartitionProduceResponse | undefined => {
    const { producerId, producerEpoch, baseSequence = 0, partition: index = 0, topic: name = 't', version = 11 } = write;
    const of = { isTransactional: true, producerId, producerEpoch, baseSequence };
    const records = encodeBatch([{ key: null, value: Uint8Array.of(1), timestamp: 1 }], of);
    const body = { transactionalId: 'x', acks: -1, timeoutMs: 1_000, topicData: [{ name, partitionData: [{ index, records }] }] };
    return call('Produce', version, body).responses[0]?.partitionResponses[0];
  };
  /** By the version of EndTxn what comes next for the producer. */
  const end = (producer: { readonly producerId: number; readonly producerEpoch: number }, committed: boolean, version = 5) =>
    call('EndTxn', version, { transactionalId: 'x', ...producer, committed });
  const offsetOf = (isolationLevel: number, timestamp = -1): number | undefined =>
    call('ListOffsets', 6, {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }],
    }).topics[0]?.partitions[0]?.offset;
  /** Of what is committed. */
  const fetch = (fetchOffset: number): FetchResponsePartitionData | undefined =>
    call('Fetch', 12, {
      replicaId: -1,
      isolationLevel: 1,
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
    }).responses[0]?.partitions[0];
  const open = (partition = 't-0') =>
    running.inspect().broker?.replicas.find((replica) => replica.partition === partition)?.openTransactions;
  const stateOf = (transactionalId = 'x') =>
    call('DescribeTransactions', 0, { transactionalIds: [transactionalId] }).transactionStates[0]?.transactionState;
  return { world, call, create, init, produce, end, offsetOf, fetch, open, stateOf };
}
