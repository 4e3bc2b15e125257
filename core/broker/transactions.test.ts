/** Transactions asked of a node, by their APIs. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import { TestWorld } from '../testing/test-world.ts';
import { formatStorage, startNode } from './index.ts';

/** A combined node with a topic `t` of two partitions, and the coordinator of `tx`. */
function node(transactionVersion = 2) {
  const world = new TestWorld();
  const env = world.environment('n1');
  formatStorage(env.disk, env.random.stream('format'), {
    clusterId: 'c1usterAAAAAAAAAAAAAAA',
    nodeId: 1,
    directories: ['data'],
    controller: { metadataDirectory: 'data', features: { transactionVersion } },
    wallMs: 0,
  });
  const running = startNode(env, {
    'node.id': 1,
    'process.roles': 'broker,controller',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'controller.quorum.voters': '1@n1:9093',
    'log.dirs': 'data',
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 3,
    'transaction.max.timeout.ms': 60_000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
  });
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
    world.runUntil(() => response !== null, 30_000);
    return response as unknown as ResponseTypes[A];
  }
  world.runUntil(() => running.inspect().broker?.state === 'RUNNING', 20_000);
  call('CreateTopics', 5, { topics: [{ name: 't', numPartitions: 2, replicationFactor: 1 }], timeoutMs: 1_000 });
  const coordinators = { keyType: 1, coordinatorKeys: ['tx'] };
  world.runUntil(() => call('FindCoordinator', 4, coordinators).coordinators[0]?.errorCode === ErrorCode.NONE, 20_000);
  const describe = () => call('DescribeTransactions', 0, { transactionalIds: ['tx'] }).transactionStates[0];
  world.runUntil(() => describe()?.errorCode === ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, 20_000);
  const init = (version = 5, expected = { producerId: -1, producerEpoch: -1 }) => {
    let answer = call('InitProducerId', version, { transactionalId: 'tx', transactionTimeoutMs: 10_000, ...expected });
    world.runUntil(() => {
      const isBusy =
        answer.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || answer.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS;
      if (isBusy) answer = call('InitProducerId', version, { transactionalId: 'tx', transactionTimeoutMs: 10_000, ...expected });
      return !isBusy;
    }, 20_000);
    return answer;
  };
  return { world, call, describe, init };
}

test('a transaction of transaction.version 1: begun by its partitions, committed, its markers written', (t) => {
  const { world, call, describe, init } = node(1);
  const { producerId, producerEpoch } = init();
  t.is(producerEpoch, 0);
  const added = call('AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: 'tx',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 't', partitions: [0, 1] }],
  });
  t.deepEqual(
    added.resultsByTopicV3AndBelow[0]?.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    [0, 0],
  );
  t.like(describe(), { transactionState: 'Ongoing', topics: [{ topic: 't', partitions: [0, 1] }] });
  t.is(call('EndTxn', 4, { transactionalId: 'tx', producerId, producerEpoch, committed: true }).errorCode, ErrorCode.NONE);
  world.runUntil(() => describe()?.transactionState === 'CompleteCommit', 5_000);
  t.like(describe(), { producerId, producerEpoch, topics: [] });
  const markers = world.events('transaction-markers-answered');
  t.deepEqual(
    markers.flatMap(({ errors }) => errors ?? [-1]),
    [0, 0],
  );
});
