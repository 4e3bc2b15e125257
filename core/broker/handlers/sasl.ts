/** SASL requests outside of an authentication: on a listener without SASL, or when the client is known already. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { Handler } from '../broker-context.ts';

export const handleSaslHandshake: Handler<'SaslHandshake'> = (_, request) => {
  request.respond({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] });
};

export const handleSaslAuthenticate: Handler<'SaslAuthenticate'> = (_, request) => {
  request.respond({
    errorCode: ErrorCode.ILLEGAL_SASL_STATE,
    errorMessage: 'SaslAuthenticate request received after successful authentication',
    authBytes: new Uint8Array(0),
  });
};
