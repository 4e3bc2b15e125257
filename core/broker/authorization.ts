/** The authorizer of a node's role, by its configuration. */
import type { BrokerConfig } from '../config/index.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { AuthHelper } from '../security/auth-helper.ts';
import { Authorizer } from '../security/authorizer.ts';
import { ANONYMOUS, CLUSTER_NODE, type KafkaPrincipal } from '../security/principal.ts';
import { authorizerSettings } from '../security/settings.ts';

/** `published`: the newest image; null until the node has caught up with the metadata log. */
export function authHelper(config: BrokerConfig, published: () => MetadataImage | null): AuthHelper {
  const settings = authorizerSettings(config);
  return new AuthHelper(settings === null ? null : new Authorizer(settings, () => published()?.acls ?? null));
}

/** Whose requests come to a listener from those who do not authenticate. */
export function listenerPrincipal(internalListeners: readonly string[], listener: string): KafkaPrincipal {
  return internalListeners.includes(listener) ? CLUSTER_NODE : ANONYMOUS;
}
