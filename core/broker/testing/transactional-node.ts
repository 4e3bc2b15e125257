/** A combined node with a topic `t` of two partitions, and short ways to write to it in transactions and to read what they left. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { FetchResponsePartitionData, ProduceResponsePartitionProduceResponse } from '../../protocol/messages/index.ts';
import { encodeBatch } from '../../protocol/records.ts';
import { combinedNode } from './combined-node.ts';

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
  const properties = {
    'transaction.state.log.num.partitions': 1,
    'transaction.partition.verification.enable': isVerified,
  };
  const { world, running, call } = combinedNode(properties, { transactionVersion });
  const create = (topic: string): void => {
    call('CreateTopics', 5, { topics: [{ name: topic, numPartitions: 2, replicationFactor: 1 }], timeoutMs: 1_000 });
    world.runUntil(() => latest(topic) === ErrorCode.NONE, 10_000);
  };
  const latest = (name: string): number | undefined => {
    const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    const [topic] = call('ListOffsets', 1, { replicaId: -1, topics: [{ name, partitions }] }).topics;
    return topic?.partitions.find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? ErrorCode.NONE;
  };
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
