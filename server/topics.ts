/** Topics that a served cluster begins with. */
import { ErrorCode, errorName } from '../core/protocol/errors.ts';
import { RpcClient } from '../core/rpc/rpc-client.ts';
import type { ClusterNode } from './cluster-node.ts';
import { clientProcess } from './client-environment.ts';

export interface ServedTopic {
  readonly name: string;
  /** Default: num.partitions. */
  readonly partitions?: number;
  /** Default: default.replication.factor. */
  readonly replicationFactor?: number;
  /** Kafka's topic configs. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>;
}

const RETRY_MS = 10;

/**
 * Creates the topics by way of the broker at this address, and waits until every broker that is up knows them. A topic that is
 * there already is left as it is. Rejects with one sentence.
 */
export async function createTopics(
  topics: readonly ServedTopic[],
  at: { readonly host: string; readonly port: number },
  nodes: readonly ClusterNode[],
  timeoutMs: number,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  await request(topics, at, timeoutMs);
  const brokers = nodes.filter(({ isBroker, isUp }) => isBroker && isUp);
  while (!brokers.every((node) => topics.every(({ name }) => knows(node, name)))) {
    if (Date.now() > deadlineMs) throw new Error(`The brokers have not learned of the topics after ${timeoutMs} ms.`);
    await new Promise((resolve) => {
      setTimeout(resolve, RETRY_MS);
    });
  }
}

function request(topics: readonly ServedTopic[], at: { host: string; port: number }, timeoutMs: number): Promise<void> {
  const wanted = topics.map(({ name, partitions = -1, replicationFactor = -1, configs = {} }) => ({
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([config, value]) => ({ name: config, value: String(value) })),
  }));
  return new Promise((resolve, reject) => {
    const client = clientProcess({ name: 'topics', onFailed: ({ reason }) => reject(new Error(reason)) });
    const rpc = new RpcClient(client.environment, { clientId: 'topics', versions: 'negotiate', requestTimeoutMs: timeoutMs });
    rpc.send({ id: 'broker', ...at }, 'CreateTopics', { topics: wanted, timeoutMs, validateOnly: false }, {}, (result) => {
      client.end();
      if (!result.ok) return reject(new Error(`The topics could not be created: ${result.reason}.`));
      const refused = result.response.topics.find(
        ({ errorCode }) => errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS,
      );
      if (refused === undefined) return resolve();
      const why = refused.errorMessage ?? errorName(refused.errorCode);
      reject(new Error(`The topic ${refused.name} could not be created: ${why}`));
    });
  });
}

/** Has the broker published metadata with this topic? A broker that has ended needs none. */
function knows(node: ClusterNode, topic: string): boolean {
  const inspection = node.running?.inspect();
  if (inspection === undefined) return true;
  const { metadata, broker } = inspection;
  return broker !== null && broker.publishedOffset >= metadata.provenance.offset && metadata.topicIds.has(topic);
}
