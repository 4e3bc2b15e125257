/** FetchSnapshot: a part of a snapshot of the metadata log (KIP-630). */
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const fetchSnapshotApi = defineApi({
  name: 'FetchSnapshot',
  versions: [0, 1],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    handle: ({ raft }, request) => raft.FetchSnapshot(request),
  },
});
