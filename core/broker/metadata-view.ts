/** Questions to a metadata image as clients ask them: who is alive, where, and who leads. */
import type { BrokerRegistration, MetadataImage, PartitionRegistration } from '../metadata/image.ts';
import { topicByName } from '../metadata/image.ts';
import type { BrokerId } from '../protocol/numbers.ts';

export interface Node {
  readonly nodeId: BrokerId;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** A registered broker's address on a listener, fenced or not. */
export function endpointOf(image: MetadataImage, brokerId: BrokerId, listener: string): Node | null {
  const broker = image.brokers.get(brokerId);
  const endpoint = broker?.endpoints.get(listener);
  if (broker === undefined || endpoint === undefined) return null;
  return { nodeId: brokerId, host: endpoint.host, port: endpoint.port, rack: broker.rack };
}

/** The unfenced brokers that serve a listener. */
export function aliveNodes(image: MetadataImage, listener: string): Node[] {
  return nodesOf(image, listener, false);
}

/** The fenced brokers that are registered with an address for a listener. */
export function fencedNodes(image: MetadataImage, listener: string): Node[] {
  return nodesOf(image, listener, true);
}

function nodesOf(image: MetadataImage, listener: string, fenced: boolean): Node[] {
  const nodes: Node[] = [];
  for (const broker of image.brokers.values()) {
    const node = broker.fenced === fenced ? endpointOf(image, broker.id, listener) : null;
    if (node !== null) nodes.push(node);
  }
  return nodes;
}

function isReplicaOffline(broker: BrokerRegistration | undefined, listener: string): boolean {
  return broker === undefined || broker.fenced || !broker.endpoints.has(listener);
}

/** Replicas that cannot serve. */
export function offlineReplicas(image: MetadataImage, partition: PartitionRegistration, listener: string): number[] {
  return partition.replicas.filter((id) => isReplicaOffline(image.brokers.get(id), listener));
}

/** Leader and epoch of a partition, for answers that point a client to the right broker (KIP-951). */
export function currentLeader(
  image: MetadataImage,
  topic: string,
  partition: number,
): { readonly leaderId: BrokerId; readonly leaderEpoch: number } | null {
  const registration = topicByName(image, topic)?.partitions.get(partition);
  return registration === undefined ? null : { leaderId: registration.leader, leaderEpoch: registration.leaderEpoch };
}
