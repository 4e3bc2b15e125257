import test, { type ExecutionContext } from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { decodeRecords, encodeBatch } from '../protocol/records.ts';
import type { Draft } from '../protocol/schema.ts';
import { type ApiRanges, endingAt, RELEASE_APIS, type VersionRange } from '../rpc/api-versions.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import type { InitialFeatures } from '../metadata/features.ts';
import { formatStorage, type RunningNode, startNode } from './index.ts';
import type { NodeOptions } from './node.ts';
import { TestWorld } from '../testing/test-world.ts';

const CLUSTER = 'c1usterAAAAAAAAAAAAAAA';

class Cluster {
  readonly world = new TestWorld();
  /** Ids of nodes that are down. */
  readonly down = new Set<number>();
  readonly nodes: RunningNode[] = [];
  readonly #size: number;
  readonly #client: RpcClient;
  readonly #roles: (id: number) => string;
  readonly #voterCount: number;
  readonly #directories: readonly string[];
  readonly #options: (id: number) => NodeOptions;

  /** Nodes 1 to `size`; by default each is broker and controller. */
  constructor(
    size: number,
    roles: (id: number) => string = () => 'broker,controller',
    directories: readonly string[] = ['data'],
    options: (id: number) => NodeOptions = () => ({}),
    features: InitialFeatures = {},
  ) {
    this.#options = options;
    this.#directories = directories;
    this.#size = size;
    this.#roles = roles;
    this.#voterCount = Array.from({ length: size }, (_, i) => roles(i + 1)).filter((role) => role.includes('controller')).length;
    this.#client = new RpcClient(this.world.environment('client'), {
      clientId: 'test',
      versions: 'negotiate',
      requestTimeoutMs: 30_000,
    });
    for (let id = 1; id <= size; id++) {
      const env = this.world.environment(`n${id}`);
      const controller = roles(id).includes('controller') ? { metadataDirectory: directories[0] ?? '', features } : null;
      const wallMs = env.clock.wallMs();
      formatStorage(env.disk, env.random.stream('format'), { clusterId: CLUSTER, nodeId: id, directories, controller, wallMs });
      this.start(id);
    }
  }

  start(id: number): void {
    this.down.delete(id);
    const voters = Array.from({ length: this.#voterCount }, (_, i) => `${i + 1}@n${i + 1}:9093`).join(',');
    const properties = {
      'node.id': id,
      'process.roles': this.#roles(id),
      listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      'controller.quorum.voters': voters,
      'log.dirs': this.#directories.join(','),
      'default.replication.factor': this.#size,
      'offsets.topic.replication.factor': this.#size,
      'offsets.topic.num.partitions': 2,
    };
    this.nodes[id - 1] = startNode(this.world.environment(`n${id}`), properties, this.#options(id));
  }

  crash(id: number): void {
    this.down.add(id);
    this.world.process(`n${id}`).kill();
  }

  node(id: number): RunningNode {
    return this.nodes[id - 1] as RunningNode;
  }

  get allRunning(): boolean {
    return this.nodes.every((node, i) => {
      const { broker } = node.inspect();
      return this.down.has(i + 1) || broker === null || broker.state === 'RUNNING';
    });
  }

  call<A extends ApiName>(id: number, api: A, request: Draft<RequestTypes[A]>): ResponseTypes[A] {
    let response: ResponseTypes[A] | null = null;
    this.#client.send({ id: String(id), host: `n${id}`, port: 9092 }, api, request, {}, (result) => {
      if (!result.ok) throw new Error(`${api}: ${result.reason}`);
      response = result.response;
    });
    this.world.runUntil(() => response !== null, 30_000);
    return response as unknown as ResponseTypes[A];
  }

  topicId(name: string): string {
    return this.node(1).inspect().metadata.topicIds.get(name) as string;
  }

  /** What a listener says that it offers. */
  apisOf(id: number, listener: 'broker' | 'controller'): ApiRanges {
    const port = listener === 'broker' ? 9092 : 9093;
    let ranges: ApiRanges | null = null;
    this.#client.apiVersions({ id: `${id}:${port}`, host: `n${id}`, port }, (result) => {
      if (result.ok) ranges = result.response;
    });
    this.world.runUntil(() => ranges !== null, 30_000);
    return ranges as unknown as ApiRanges;
  }

  leaderOf(topic: string, via = 1): number {
    const { topics } = this.call(via, 'Metadata', { topics: [{ name: topic }], allowAutoTopicCreation: false });
    return topics[0]?.partitions[0]?.leaderId ?? -1;
  }
}

function produceAndFetch(t: ExecutionContext, cluster: Cluster, topic: string): void {
  cluster.world.runUntil(() => cluster.leaderOf(topic) > 0, 10_000);
  const leader = cluster.leaderOf(topic);
  const value = new TextEncoder().encode('hello');
  const records = encodeBatch([{ key: null, value, timestamp: cluster.world.environment('client').clock.wallMs() }]);
  const topicId = cluster.topicId(topic);
  const produced = cluster.call(leader, 'Produce', {
    acks: -1,
    timeoutMs: 10_000,
    // Older releases know names alone.
    topicData: [{ name: topic, topicId, partitionData: [{ index: 0, records }] }],
  });
  t.is(produced.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE);
  t.is(produced.responses[0]?.partitionResponses[0]?.baseOffset, 0);
  const fetched = cluster.call(leader, 'Fetch', {
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 1_000_000,
    sessionEpoch: -1,
    topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1 }] }],
  });
  const partition = fetched.responses[0]?.partitions[0];
  t.is(partition?.errorCode, ErrorCode.NONE);
  t.is(partition?.highWatermark, 1);
  const [record] = decodeRecords(partition?.records as Uint8Array);
  t.is(new TextDecoder().decode(record?.value as Uint8Array), 'hello');
}

function createTopic(t: ExecutionContext, cluster: Cluster, via: number, replicationFactor: number): void {
  const created = cluster.call(via, 'CreateTopics', {
    topics: [{ name: 'orders', numPartitions: 1, replicationFactor }],
    timeoutMs: 10_000,
  });
  t.is(created.topics[0]?.errorCode, ErrorCode.NONE, created.topics[0]?.errorMessage ?? '');
}

test('a combined node elects itself, registers, and serves produce and fetch', (t) => {
  const cluster = new Cluster(1);
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  createTopic(t, cluster, 1, 1);
  produceAndFetch(t, cluster, 'orders');
});

test('three combined nodes replicate a record before it is acknowledged', (t) => {
  const cluster = new Cluster(3);
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  // Any broker will do: it forwards to the active controller.
  for (const id of [1]) createTopic(t, cluster, id, 3);
  produceAndFetch(t, cluster, 'orders');
  cluster.world.run(2_000);
  for (const node of cluster.nodes) {
    const replica = node.inspect().broker?.replicas.find(({ partition }) => partition === 'orders-0');
    t.is(replica?.logEndOffset, 1);
    t.is(replica?.highWatermark, 1);
  }
});

test('a broker that stops in order hands over its leadership, and comes back with its logs', (t) => {
  const cluster = new Cluster(3);
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  createTopic(t, cluster, 1, 3);
  produceAndFetch(t, cluster, 'orders');
  const leader = cluster.leaderOf('orders');
  let done = false;
  cluster.node(leader).shutdown(() => {
    done = true;
  });
  cluster.world.runUntil(() => done, 60_000);
  const other = leader === 1 ? 2 : 1;
  const registration = () => {
    const { metadata } = cluster.node(other).inspect();
    return metadata.topicsById.get(metadata.topicIds.get('orders') as string)?.partitions.get(0);
  };
  t.not(registration()?.leader, leader);
  cluster.crash(leader);
  cluster.start(leader);
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  cluster.world.runUntil(() => registration()?.isr.length === 3, 60_000);
  t.pass();
});

test('a topic that a client asks for is created on the way', (t) => {
  const cluster = new Cluster(1);
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  const first = cluster.call(1, 'Metadata', { topics: [{ name: 'clicks' }], allowAutoTopicCreation: true });
  t.is(first.topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  produceAndFetch(t, cluster, 'clicks');
});

test('producer ids are given once', (t) => {
  const cluster = new Cluster(1);
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  const ids = new Set<number>();
  while (ids.size < 3) {
    const { errorCode, producerId } = cluster.call(1, 'InitProducerId', { transactionalId: null, transactionTimeoutMs: 1000 });
    if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) cluster.world.run(100);
    else t.false(ids.has(producerId));
    if (errorCode === ErrorCode.NONE) ids.add(producerId);
  }
  t.is(ids.size, 3);
});

test('a crashed leader is fenced, another replica leads, and the crashed one rejoins the ISR', (t) => {
  const cluster = new Cluster(3);
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  createTopic(t, cluster, 1, 3);
  produceAndFetch(t, cluster, 'orders');
  const leader = cluster.leaderOf('orders');
  const other = leader === 1 ? 2 : 1;
  cluster.crash(leader);
  const partition = () => {
    const { metadata } = cluster.node(other).inspect();
    return metadata.topicsById.get(metadata.topicIds.get('orders') as string)?.partitions.get(0);
  };
  cluster.world.runUntil(() => ![leader, -1].includes(partition()?.leader ?? -1), 60_000);
  t.false(partition()?.isr.includes(leader));
  // KIP-1073: fenced brokers are told of when they are asked for.
  const nodesOf = (includeFencedBrokers: boolean): readonly [id: number, isFenced: boolean][] =>
    cluster
      .call(other, 'DescribeCluster', { endpointType: 1, includeFencedBrokers })
      .brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]);
  const alive = [1, 2, 3].filter((id) => id !== leader).map((id) => [id, false] as const);
  t.deepEqual(
    nodesOf(false).toSorted(([a], [b]) => a - b),
    alive,
  );
  t.deepEqual(nodesOf(true).at(-1), [leader, true]);
  t.is(nodesOf(true).length, 3);
  cluster.start(leader);
  cluster.world.runUntil(() => cluster.allRunning && partition()?.isr.length === 3, 60_000);
  const replica = cluster
    .node(leader)
    .inspect()
    .broker?.replicas.find(({ partition: key }) => key === 'orders-0');
  t.is(replica?.logEndOffset, 1);
});

/** As a release might have been in which these APIs ended earlier. */
const OLDER = endingAt(RELEASE_APIS, {
  Fetch: 14,
  Vote: 1,
  BeginQuorumEpoch: 0,
  EndQuorumEpoch: 0,
  AlterPartition: 2,
  BrokerHeartbeat: 0,
  BrokerRegistration: 3,
  CreateTopics: 5,
  ApiVersions: 2,
  DescribeTopicPartitions: 'none',
});

test('nodes of two releases make one cluster: each pair uses what both know', (t) => {
  const cluster = new Cluster(3, undefined, undefined, (id) => ({
    peers: 'any-release',
    ...(id === 2 && { apis: OLDER }),
  }));
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  createTopic(t, cluster, 2, 3);
  produceAndFetch(t, cluster, 'orders');
  const partition = (via: number) => {
    const { metadata } = cluster.node(via).inspect();
    return metadata.topicsById.get(metadata.topicIds.get('orders') as string)?.partitions.get(0);
  };
  // Each in turn is away, so that each leads, elects and is elected, and each pair of nodes replicates without the third.
  for (const away of [1, 2, 3]) {
    const via = away === 1 ? 2 : 1;
    cluster.crash(away);
    cluster.world.runUntil(() => partition(via)?.isr.length === 2, 60_000);
    cluster.start(away);
    cluster.world.runUntil(() => cluster.allRunning && partition(via)?.isr.length === 3, 60_000);
  }
  cluster.world.run(2_000);
  for (const node of cluster.nodes) {
    const replica = node.inspect().broker?.replicas.find(({ partition: key }) => key === 'orders-0');
    t.is(replica?.logEndOffset, 1);
    t.is(replica?.highWatermark, 1);
  }
});

test('a cluster of the oldest level serves, and when it is upgraded controllers and log directories become known', (t) => {
  const cluster = new Cluster(3, undefined, undefined, undefined, { metadataVersion: 7 });
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  cluster.call(1, 'CreateTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 3 }], timeoutMs: 5_000 });
  produceAndFetch(t, cluster, 't');
  const metadata = () => cluster.node(1).inspect().metadata;
  t.is(metadata().controllers.size, 0);
  t.deepEqual(
    [...metadata().brokers.values()].map(({ directories }) => directories.length),
    [0, 0, 0],
  );
  const epochs = [...metadata().brokers.values()].map(({ epoch }) => epoch);
  const featureUpdates = [{ feature: 'metadata.version', maxVersionLevel: 33, upgradeType: 1 }];
  t.is(cluster.call(1, 'UpdateFeatures', { timeoutMs: 5_000, featureUpdates }).errorCode, 0);
  cluster.world.runUntil(() => metadata().controllers.size === 3, 20_000);
  cluster.world.runUntil(() => [...metadata().brokers.values()].every(({ directories }) => directories.length === 1), 20_000);
  t.deepEqual(
    [...metadata().brokers.values()].map(({ epoch }) => epoch),
    epochs,
  );
  cluster.call(1, 'CreateTopics', { topics: [{ name: 'u', numPartitions: 1, replicationFactor: 3 }], timeoutMs: 5_000 });
  produceAndFetch(t, cluster, 'u');
});

test('ApiVersions of an older node ends where its release does', (t) => {
  const cluster = new Cluster(2, undefined, undefined, (id) => ({
    peers: 'any-release',
    ...(id === 2 && { apis: OLDER }),
  }));
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  const versions = (id: number, listener: 'broker' | 'controller', apis: readonly ApiName[]): (VersionRange | undefined)[] => {
    const offered = cluster.apisOf(id, listener);
    return apis.map((api) => offered.get(api));
  };
  const clientApis = ['Fetch', 'ApiVersions', 'DescribeTopicPartitions'] as const;
  t.deepEqual(versions(1, 'broker', clientApis), [
    [4, 18],
    [0, 5],
    [0, 0],
  ]);
  t.deepEqual(versions(2, 'broker', clientApis), [[4, 14], [0, 2], undefined]);
  const quorumApis = ['Vote', 'AlterPartition', 'BrokerHeartbeat', 'BrokerRegistration'] as const;
  t.deepEqual(versions(1, 'controller', quorumApis), [
    [0, 2],
    [2, 3],
    [0, 2],
    [0, 4],
  ]);
  t.deepEqual(versions(2, 'controller', quorumApis), [
    [0, 1],
    [2, 2],
    [0, 0],
    [0, 3],
  ]);
});

test('a broker offers no more of what it hands on than the active controller knows', (t) => {
  const cluster = new Cluster(
    2,
    (id) => (id === 1 ? 'broker,controller' : 'broker'),
    undefined,
    (id) => ({ peers: 'any-release', ...(id === 1 && { apis: OLDER }) }),
  );
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  const ask = () => cluster.call(2, 'Metadata', { topics: [{ name: 'clicks' }], allowAutoTopicCreation: true }).topics[0];
  // The broker does not know what the controller knows before it has handed something on.
  cluster.world.runUntil(() => ask()?.errorCode === ErrorCode.NONE, 10_000);
  const offered = cluster.apisOf(2, 'broker');
  t.deepEqual(offered.get('CreateTopics'), [2, 5]);
  t.deepEqual(offered.get('Fetch'), [4, 18]);
});

test('brokers and controllers can be nodes of their own; configs are altered through a broker', (t) => {
  const cluster = new Cluster(3, (id) => (id === 1 ? 'controller' : 'broker'));
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  const created = cluster.call(2, 'CreateTopics', {
    topics: [{ name: 'orders', numPartitions: 2, replicationFactor: 2 }],
    timeoutMs: 10_000,
  });
  t.is(created.topics[0]?.errorCode, ErrorCode.NONE);
  const altered = cluster.call(3, 'IncrementalAlterConfigs', {
    resources: [
      { resourceType: 2, resourceName: 'orders', configs: [{ name: 'retention.ms', configOperation: 0, value: '1000' }] },
    ],
  });
  t.is(altered.responses[0]?.errorCode, ErrorCode.NONE);
  cluster.world.run(2_000);
  const described = cluster.call(2, 'DescribeConfigs', {
    resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms', 'segment.bytes'] }],
  });
  t.deepEqual(
    described.results[0]?.configs.map(({ name, value, configSource }) => [name, value, configSource]),
    [
      ['retention.ms', '1000', 1],
      ['segment.bytes', '1073741824', 5],
    ],
  );
  t.is(cluster.call(2, 'DescribeCluster', { endpointType: 1 }).brokers.length, 2);
  t.is(
    cluster.call(2, 'DescribeQuorum', { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] })
      .errorCode,
    0,
  );
  t.is(cluster.call(2, 'DescribeTopicPartitions', { topics: [], responsePartitionLimit: 1 }).nextCursor?.partitionIndex, 1);
});

test('the same seed gives the same trace', (t) => {
  const traces = [1, 2].map(() => {
    const cluster = new Cluster(3);
    cluster.world.runUntil(() => cluster.allRunning, 30_000);
    return JSON.stringify(cluster.world.trace);
  });
  t.is(traces[0], traces[1]);
});

test('a follower that is asked to write names the leader (KIP-951)', (t) => {
  const cluster = new Cluster(3);
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  createTopic(t, cluster, 1, 3);
  cluster.world.runUntil(() => cluster.leaderOf('orders') > 0, 10_000);
  cluster.world.run(500);
  const leader = cluster.leaderOf('orders');
  const records = encodeBatch([{ key: null, value: null, timestamp: 1_700_000_000_000 }]);
  const answer = cluster.call(leader === 3 ? 2 : 3, 'Produce', {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        topicId: cluster.topicId('orders'),
        partitionData: [
          { index: 0, records },
          { index: 7, records },
        ],
      },
    ],
  });
  const [wrongBroker, unknown] = answer.responses[0]?.partitionResponses ?? [];
  t.is(wrongBroker?.errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  t.is(wrongBroker?.currentLeader.leaderId, leader);
  t.deepEqual(
    answer.nodeEndpoints.map(({ nodeId, host, port }) => [nodeId, host, port]),
    [[leader, `n${leader}`, 9092]],
  );
  t.is(unknown?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('looking for a coordinator creates its topic, and the broker then answers for groups', (t) => {
  const cluster = new Cluster(1, () => 'broker,controller');
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  const find = () => cluster.call(1, 'FindCoordinator', { keyType: 0, coordinatorKeys: ['g'] }).coordinators[0];
  t.is(find()?.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  cluster.world.run(1_000);
  t.like(find(), { errorCode: ErrorCode.NONE, nodeId: 1, host: 'n1', port: 9092 });
  t.is(cluster.call(1, 'Heartbeat', { groupId: 'g', generationId: 1, memberId: 'm' }).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a broker whose only log directory fails ends itself', (t) => {
  const cluster = new Cluster(3, (id) => (id === 1 ? 'controller' : 'broker'));
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  createTopic(t, cluster, 2, 2);
  cluster.world.runUntil(() => cluster.leaderOf('orders', 2) > 0, 10_000);
  const leader = `n${cluster.leaderOf('orders', 2)}`;
  cluster.world.process(leader).machine.disk.failDirectory('data/replication-offset-checkpoint.tmp');
  cluster.world.runUntil(() => cluster.world.halted.has(leader), 300_000);
  t.regex(cluster.world.halted.get(leader) ?? '', /log directories/);
});

test('one of two log directories fails: its partitions get other leaders, the broker stays, and leads them again after a restart', (t) => {
  const cluster = new Cluster(3, (id) => (id === 1 ? 'controller' : 'broker'), ['data', 'more']);
  const { world } = cluster;
  world.runUntil(() => cluster.allRunning, 30_000);
  const created = cluster.call(2, 'CreateTopics', {
    topics: [
      {
        name: 'orders',
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [2, 3] })),
      },
    ],
    timeoutMs: 10_000,
  });
  t.is(created.topics[0]?.errorCode, ErrorCode.NONE);
  const of = (index: number) => {
    const { topicIds, topicsById } = cluster.node(1).inspect().metadata;
    return topicsById.get(topicIds.get('orders') ?? '')?.partitions.get(index);
  };
  world.run(1_000);
  const placed = [0, 1].map((index) => of(index)?.directories[0]);
  t.is(new Set(placed).size, 2);
  const { disk } = world.process('n2').machine;
  const mend = disk.failDirectory('more');
  const isInData = (index: number) => disk.files('data').some((path) => path.startsWith(`/data/orders-${index}/`));
  const lost = [0, 1].find((index) => isInData(1 - index));
  t.not(lost, undefined);
  const index = lost ?? 0;
  world.runUntil(() => of(index)?.leader === 3, 120_000);
  t.deepEqual(of(index)?.isr, [3]);
  t.like(of(1 - index), { leader: 2, isr: [2, 3] });
  t.false(world.halted.has('n2'));
  cluster.crash(2);
  world.run(10_000);
  cluster.start(2);
  world.runUntil(() => cluster.allRunning, 30_000);
  world.run(5_000);
  t.deepEqual(of(index)?.isr, [3], 'nothing takes the place of the log that cannot be reached');
  t.false(isInData(index));
  mend();
  cluster.crash(2);
  world.run(10_000);
  cluster.start(2);
  world.runUntil(() => of(index)?.isr.length === 2, 60_000);
  t.is(of(index)?.directories[0], placed[index]);
});

test('storage of another cluster or node, or unformatted, is refused', (t) => {
  const world = new TestWorld();
  const env = world.environment('n1');
  const properties = { 'node.id': 1, 'process.roles': 'broker', 'controller.quorum.voters': '9@c:9093', 'log.dirs': 'a,b' };
  t.throws(() => startNode(env, properties), { message: /not formatted/ });
  formatStorage(env.disk, env.random.stream('format'), { clusterId: CLUSTER, nodeId: 2, directories: ['a', 'b'], wallMs: 0 });
  t.throws(() => startNode(env, properties), { message: /formatted for node 2/ });
});

test('a second incarnation of a live broker is refused, and ends itself after initial.broker.registration.timeout.ms', (t) => {
  const cluster = new Cluster(3, (id) => (id === 1 ? 'controller' : 'broker'));
  cluster.world.runUntil(() => cluster.allRunning, 30_000);
  const env = cluster.world.environment('impostor');
  formatStorage(env.disk, env.random.stream('format'), { clusterId: CLUSTER, nodeId: 2, directories: ['data'], wallMs: 0 });
  startNode(env, { 'node.id': 2, 'process.roles': 'broker', 'controller.quorum.voters': '1@n1:9093', 'log.dirs': 'data' });
  cluster.world.runUntil(() => cluster.world.halted.has('impostor'), 70_000);
  t.regex(cluster.world.halted.get('impostor') ?? '', /could not register/);
  const rejected = cluster.world.trace.filter(({ node, event }) => node === 'impostor' && event.type === 'request-rejected');
  t.true(
    rejected.some(({ event }) => event.type === 'request-rejected' && event.error === ErrorCode.DUPLICATE_BROKER_REGISTRATION),
  );
  t.true(cluster.allRunning);
});

test('every replica tells of the producers that it knows (KIP-664)', (t) => {
  const cluster = new Cluster(3);
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  cluster.call(1, 'CreateTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 3 }], timeoutMs: 5_000 });
  cluster.call(1, 'CreateTopics', { topics: [{ name: 'one', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 5_000 });
  cluster.world.runUntil(() => cluster.leaderOf('t') > 0 && cluster.leaderOf('one') > 0, 10_000);
  const timestamp = cluster.world.environment('client').clock.wallMs();
  const records = encodeBatch([{ key: null, value: null, timestamp }], { producerId: 5, producerEpoch: 0, baseSequence: 0 });
  const topicData = [{ topicId: cluster.topicId('t'), partitionData: [{ index: 0, records }] }];
  cluster.call(cluster.leaderOf('t'), 'Produce', { acks: -1, timeoutMs: 10_000, topicData });
  const describe = (id: number, name: string, index = 0) =>
    cluster.call(id, 'DescribeProducers', { topics: [{ name, partitionIndexes: [index] }] }).topics[0]?.partitions[0];
  for (const id of [1, 2, 3]) {
    const { errorCode, activeProducers } = describe(id, 't') ?? {};
    t.is(errorCode, ErrorCode.NONE, `broker ${id}`);
    t.deepEqual(
      activeProducers?.map(({ producerId }) => producerId),
      [5],
    );
    const isReplica = cluster.leaderOf('one') === id;
    t.is(describe(id, 'one')?.errorCode, isReplica ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER);
    t.is(describe(id, 't', 9)?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    t.is(describe(id, 'nobody')?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    t.is(describe(id, 'no topic!')?.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION);
  }
});

test("a broker hands on no other broker's configs", (t) => {
  const cluster = new Cluster(3);
  cluster.world.runUntil(() => cluster.allRunning, 20_000);
  const asked = ['2', '', '1', '3'];
  const errors = (id: number, names: readonly string[]) => {
    const configs = [{ name: 'log.retention.ms', value: '900000000' }];
    const resources = names.map((resourceName) => ({ resourceType: 4, resourceName, configs }));
    const body = { resources, validateOnly: true };
    const answers = [cluster.call(id, 'IncrementalAlterConfigs', body), cluster.call(id, 'AlterConfigs', body)];
    return answers.map(({ responses }) => responses.map(({ resourceName, errorCode }) => [resourceName, errorCode]));
  };
  for (const id of [1, 2, 3]) {
    const expected = (ofCluster: number): unknown => {
      const own = new Map([
        ['', ofCluster],
        [String(id), ErrorCode.NONE],
      ]);
      return asked.map((name) => [name, own.get(name) ?? ErrorCode.INVALID_REQUEST]);
    };
    // The older call would take away the cluster's min.insync.replicas.
    t.deepEqual(errors(id, asked), [expected(ErrorCode.NONE), expected(ErrorCode.INVALID_CONFIG)]);
  }
  t.deepEqual(errors(1, ['2']), [[['2', ErrorCode.INVALID_REQUEST]], [['2', ErrorCode.INVALID_REQUEST]]]);
});
