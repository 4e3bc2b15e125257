/** SaslHandshake outside of an authentication: on a listener without SASL, or when the client is known already. */
import { ErrorCode } from '../../protocol/errors.ts';
import { defineApi } from '../api.ts';

export const saslHandshakeApi = defineApi({
  name: 'SaslHandshake',
  versions: [0, 1],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    needsCrypto: true,
    authorization: 'anyone',
    handle: (_, request) => request.respond({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }),
  },
});
