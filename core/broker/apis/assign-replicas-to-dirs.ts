/** AssignReplicasToDirs: a broker says in which of its log directories its replicas lie (KIP-858). */
import { assignReplicasToDirectories } from '../../controller/assign-directories.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const assignReplicasToDirsApi = defineApi({
  name: 'AssignReplicasToDirs',
  versions: [0, 0],
  failed: ({ errorCode }) => ({ errorCode, directories: [] }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    decide({ active }, request) {
      const changes = active.begin();
      return { changes, body: assignReplicasToDirectories(changes, active.config, request.body) };
    },
  },
});
