/** EndQuorumEpoch: the quorum's leader resigns, and says who should follow (KIP-595). */
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const endQuorumEpochApi = defineApi({
  name: 'EndQuorumEpoch',
  versions: [0, 1],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    handle: ({ raft }, request) => raft.EndQuorumEpoch(request),
  },
});
