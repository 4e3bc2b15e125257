/** AlterUserScramCredentials (KIP-554). */
import { alterUserScramCredentials } from '../../controller/scram.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const alterUserScramCredentialsApi = defineApi({
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  failed: ({ body, errorCode, errorMessage }) => ({
    results: [...new Set([...body.deletions, ...body.upsertions].map(({ name }) => name))].map((user) => ({
      user,
      errorCode,
      errorMessage,
    })),
  }),
  broker: { needsCrypto: true, forward },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER) },
    decide({ env, active }, request) {
      const changes = active.begin();
      return { changes, body: alterUserScramCredentials(changes, env.crypto, request.body) };
    },
  },
});
