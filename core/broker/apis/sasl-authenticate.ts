/** SaslAuthenticate outside of an authentication: on a listener without SASL, or when the client is known already. */
import { ErrorCode } from '../../protocol/errors.ts';
import { defineApi } from '../api.ts';

export const saslAuthenticateApi = defineApi({
  name: 'SaslAuthenticate',
  versions: [0, 2],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  controller: null,
  broker: {
    needsCrypto: true,
    authorization: 'anyone',
    handle: (_, request) =>
      request.respond({
        errorCode: ErrorCode.ILLEGAL_SASL_STATE,
        errorMessage: 'SaslAuthenticate request received after successful authentication',
        authBytes: new Uint8Array(0),
      }),
  },
});
