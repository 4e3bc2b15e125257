/** Properties of one listener: `listener.name.<name>.<property>` and `listener.name.<name>.<mechanism>.<property>`, names in lower case. */
import type { ConfigKey, ConfigKeys } from './definition.ts';
import { MECHANISM_KEYS } from './security.ts';

const LISTENER = /^listener\.name\.([a-z0-9_]+)\.(.+)$/;
const MECHANISM = /^[a-z0-9-]+\.(.+)$/;

/** The key of such a name, or null. `keys` holds the properties that a listener can have. */
export function composedBrokerKey(keys: ConfigKeys, name: string): ConfigKey | null {
  const property = LISTENER.exec(name)?.[2];
  if (property === undefined) return null;
  const ofListener = keys[property];
  if (ofListener !== undefined) return ofListener;
  const ofMechanism = MECHANISM.exec(property)?.[1];
  return ofMechanism === undefined ? null : (MECHANISM_KEYS[ofMechanism] ?? null);
}
