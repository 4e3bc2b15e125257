/**
 * Which operation on the cluster each API of a controller needs. Those that are absent are open (ApiVersions), or decide by the
 * resources that a request names.
 */
import type { ApiName } from '../protocol/messages/index.ts';
import { AclOperation, AclResourceType, CLUSTER_NAME } from '../security/acl.ts';
import type { AuthHelper } from '../security/auth-helper.ts';
import type { Requester } from '../security/authorizer.ts';

const { ALTER, CLUSTER_ACTION, DESCRIBE } = AclOperation;

export const CLUSTER_OPERATIONS: Partial<Record<ApiName, number>> = {
  // Among the nodes of the cluster.
  AllocateProducerIds: CLUSTER_ACTION,
  AlterPartition: CLUSTER_ACTION,
  AssignReplicasToDirs: CLUSTER_ACTION,
  BeginQuorumEpoch: CLUSTER_ACTION,
  BrokerHeartbeat: CLUSTER_ACTION,
  BrokerRegistration: CLUSTER_ACTION,
  ControllerRegistration: CLUSTER_ACTION,
  EndQuorumEpoch: CLUSTER_ACTION,
  Envelope: CLUSTER_ACTION,
  Fetch: CLUSTER_ACTION,
  FetchSnapshot: CLUSTER_ACTION,
  Vote: CLUSTER_ACTION,
  // For those who administer it.
  AlterUserScramCredentials: ALTER,
  CreateAcls: ALTER,
  DeleteAcls: ALTER,
  DescribeCluster: ALTER,
  DescribeQuorum: DESCRIBE,
  ElectLeaders: ALTER,
  UnregisterBroker: ALTER,
};

/** What the sender of a request may do. */
export interface Access {
  /** False: there is no authorizer, and everything is allowed. */
  readonly isRestricted: boolean;
  topic(operation: number, name: string): boolean;
  group(operation: number, name: string): boolean;
  cluster(operation: number): boolean;
}

export function accessOf(auth: AuthHelper, requester: Requester): Access {
  return {
    isRestricted: auth.authorizer !== null,
    topic: (operation, name) => auth.authorize(requester, operation, AclResourceType.TOPIC, name),
    group: (operation, name) => auth.authorize(requester, operation, AclResourceType.GROUP, name),
    cluster: (operation) => auth.authorize(requester, operation, AclResourceType.CLUSTER, CLUSTER_NAME),
  };
}
