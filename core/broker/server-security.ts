/** A broker's listener as its RpcServer needs it: SCRAM credentials are those of the broker's metadata at the moment. */
import { scramCredential } from '../metadata/image.ts';
import type { ServerSecurity } from '../rpc/rpc-server.ts';
import type { ListenerSecurity } from '../security/listener-security.ts';
import { SCRAM } from '../security/scram/mechanism.ts';
import { whereValid } from './api-versions.ts';
import type { BrokerContext } from './broker-context.ts';

/** Nothing for PLAINTEXT. */
export function serverSecurity(
  security: ListenerSecurity,
  broker: Pick<BrokerContext, 'image' | 'apiVersions'>,
): { readonly security?: ServerSecurity } {
  const { protocol, tls, sasl, mapPrincipal, failedAuthenticationDelayMs } = security;
  if (protocol === 'PLAINTEXT') return {};
  return {
    security: {
      protocol,
      tls,
      mapPrincipal,
      failedAuthenticationDelayMs,
      apiVersions: (request) => whereValid(request, broker.apiVersions),
      sasl:
        sasl === null
          ? null
          : {
              mechanisms: sasl.mechanisms,
              maxReceiveBytes: sasl.maxReceiveBytes,
              plainPassword: (username) => sasl.plainUsers.get(username) ?? null,
              scramCredential: (mechanism, username) => scramCredential(broker.image(), SCRAM[mechanism].type, username) ?? null,
              maxReauthMs: (mechanism) => sasl.maxReauthMs.get(mechanism) ?? 0,
            },
    },
  };
}
