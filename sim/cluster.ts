/** The nodes of a plan: their names, ids, addresses and Kafka properties. */
import type { BrokerConfigName, GivenConfigs } from '../core/config/index.ts';
import type { InitialFeatures } from '../core/metadata/features.ts';
import type { Plan } from './plan.ts';

export const CLUSTER_ID = 'dHJpYWwtY2x1c3Rlci0wMQ';
export const BROKER_PORT = 9092;
export const CONTROLLER_PORT = 9093;
const FIRST_CONTROLLER_ID = 1001;

/** Machine, process and host of a second process with a broker's id (`faults/twin.ts`). */
export const TWIN = 'twin';

export interface NodePlan {
  /** Process, machine and host name. */
  readonly name: string;
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly rack: string;
  readonly logDirs: readonly string[];
  /** Kafka's properties. */
  readonly properties: GivenConfigs<BrokerConfigName>;
}

/** What the cluster begins with. */
export function featuresOf({ cluster: { features = {} } }: Pick<Plan, 'cluster'>): InitialFeatures {
  return {
    metadataVersion: features['metadata.version'],
    // Plans that are older than a feature did without it.
    eligibleLeaderReplicas: features['eligible.leader.replicas.version'] ?? 0,
    groupVersion: features['group.version'] ?? 0,
    transactionVersion: features['transaction.version'] ?? 0,
  };
}

/** Broker properties with the size of the topics that brokers make for themselves when the first client needs them. */
export const INTERNAL_TOPICS = [
  { partitions: 'offsets.topic.num.partitions', replicas: 'offsets.topic.replication.factor' },
  { partitions: 'transaction.state.log.num.partitions', replicas: 'transaction.state.log.replication.factor' },
] as const;

/** All nodes, brokers first. */
export function nodesOf(plan: Pick<Plan, 'cluster'>): readonly NodePlan[] {
  const { brokers, controllers, combined, racks, logDirs } = plan.cluster;
  const voters = Array.from({ length: controllers }, (_, index) =>
    combined ? { id: index + 1, host: `b${index + 1}` } : { id: FIRST_CONTROLLER_ID + index, host: `c${index + 1}` },
  );
  const shared: GivenConfigs<BrokerConfigName> = {
    'controller.quorum.voters': voters.map(({ id, host }) => `${id}@${host}:${CONTROLLER_PORT}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    // Kafka's default of 3 would leave a smaller cluster without an offsets topic, and its groups without a coordinator.
    'offsets.topic.replication.factor': Math.min(3, brokers),
    // And its transactions without theirs.
    'transaction.state.log.replication.factor': Math.min(3, brokers),
    'transaction.state.log.min.isr': Math.min(2, brokers),
    // Its scenario is the place for it, until it holds there.
    'log.cleaner.enable': false,
    ...plan.cluster.properties,
  };
  const node = (name: string, nodeId: number, isBroker: boolean, isController: boolean, index: number): NodePlan => {
    const roles = [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])];
    const listeners = [
      ...(isBroker ? [`PLAINTEXT://${name}:${BROKER_PORT}`] : []),
      ...(isController ? [`CONTROLLER://${name}:${CONTROLLER_PORT}`] : []),
    ];
    const rack = `rack-${index % racks}`;
    const directories = Array.from({ length: isBroker ? logDirs : 1 }, (_, dir) => `/kafka-${dir}`);
    return {
      name,
      nodeId,
      isBroker,
      isController,
      rack,
      logDirs: directories,
      properties: {
        ...shared,
        'node.id': nodeId,
        'process.roles': roles.join(','),
        listeners: listeners.join(','),
        ...(isBroker ? { 'advertised.listeners': `PLAINTEXT://${name}:${BROKER_PORT}`, 'broker.rack': rack } : {}),
        'log.dirs': directories.join(','),
      },
    };
  };
  const nodes: NodePlan[] = [];
  for (let index = 0; index < brokers; index++)
    nodes.push(node(`b${index + 1}`, index + 1, true, combined && index < controllers, index));
  if (!combined)
    for (let index = 0; index < controllers; index++)
      nodes.push(node(`c${index + 1}`, FIRST_CONTROLLER_ID + index, false, true, index));
  return nodes;
}

/** The same broker as somebody runs it a second time, elsewhere. */
export function twinOf(node: NodePlan): NodePlan {
  const listener = `PLAINTEXT://${TWIN}:${BROKER_PORT}`;
  return { ...node, name: TWIN, properties: { ...node.properties, listeners: listener, 'advertised.listeners': listener } };
}

export function bootstrapServers(plan: Plan): string {
  return Array.from({ length: plan.cluster.brokers }, (_, index) => `b${index + 1}:${BROKER_PORT}`).join(',');
}
