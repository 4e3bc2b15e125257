/** BeginQuorumEpoch: the quorum's new leader makes itself known (KIP-595). */
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const beginQuorumEpochApi = defineApi({
  name: 'BeginQuorumEpoch',
  versions: [0, 1],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    handle: ({ raft }, request) => raft.BeginQuorumEpoch(request),
  },
});
