/** DescribeQuorum: voters and observers of the metadata log, and how far they are (KIP-595). */
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const describeQuorumApi = defineApi({
  name: 'DescribeQuorum',
  versions: [0, 2],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: { forward },
  controller: {
    authorization: { request: onCluster(AclOperation.DESCRIBE) },
    handle: ({ raft }, request) => raft.DescribeQuorum(request),
  },
});
