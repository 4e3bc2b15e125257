/** Envelope: a client's request that a broker forwards (KIP-590); it is answered in one. */
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { openEnvelope } from '../envelope.ts';

export const envelopeApi = defineApi({
  name: 'Envelope',
  versions: [0, 0],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    handle({ forwarded, handle }, request) {
      const enveloped = openEnvelope(request, forwarded);
      if (typeof enveloped === 'number') request.respond({ errorCode: enveloped, responseData: null });
      else handle(enveloped);
    },
  },
});
