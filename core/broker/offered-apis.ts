/** Every API by its record, and which of them a listener offers. Real clients switch features on by exact old versions, so ranges begin low. */
import type { ApiName } from '../protocol/messages/index.ts';
import type { VersionRange } from '../rpc/api-versions.ts';
import type { Api } from './api.ts';
import * as apis from './apis/index.ts';

export type ApiRanges = ReadonlyMap<ApiName, VersionRange>;

const ALL: readonly Api[] = Object.values(apis);

/** What a broker's listener offers, in a world with or without cryptography. */
export function brokerApis(hasCrypto: boolean): readonly Api[] {
  return ALL.filter(({ broker }) => broker !== null && (hasCrypto || broker.needsCrypto !== true));
}

/** What a controller's listener offers. */
export function controllerApis(): readonly Api[] {
  return ALL.filter(({ controller }) => controller !== null);
}

/** What a broker hands on to the active controller: nothing else may come in an Envelope. */
export function forwardedApis(): readonly Api[] {
  return ALL.filter(({ broker }) => broker !== null && 'forward' in broker);
}

export function rangesOf(offered: readonly Api[]): ApiRanges {
  return new Map(offered.map(({ name, versions }) => [name, versions]));
}
