/** Vote: a node of the quorum asks for votes (KIP-595), or whether it would get them (KIP-996). */
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const voteApi = defineApi({
  name: 'Vote',
  // Version 2, with pre-votes, is spoken among our own nodes alone.
  versions: [0, 2],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    handle: ({ raft }, request) => raft.Vote(request),
  },
});
