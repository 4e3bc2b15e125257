/** Every API by its record, and which of them a listener offers. Real clients switch features on by exact old versions, so ranges begin low. */
import { type ApiRanges, RELEASE_APIS } from '../rpc/api-versions.ts';
import type { Api } from './api.ts';
import * as apis from './apis/index.ts';

const ALL: readonly Api[] = Object.values(apis);

/** What a broker's listener offers, in a world with or without cryptography, of a release that speaks `spoken`. */
export function brokerApis(hasCrypto: boolean, spoken: ApiRanges = RELEASE_APIS): readonly Api[] {
  return within(
    spoken,
    ALL.filter(({ broker }) => broker !== null && (hasCrypto || broker.needsCrypto !== true)),
  );
}

/** What a controller's listener offers, of a release that speaks `spoken`. */
export function controllerApis(spoken: ApiRanges = RELEASE_APIS): readonly Api[] {
  return within(
    spoken,
    ALL.filter(({ controller }) => controller !== null),
  );
}

/** What a broker hands on to the active controller: nothing else may come in an Envelope. */
export function forwardedApis(spoken: ApiRanges = RELEASE_APIS): readonly Api[] {
  return within(
    spoken,
    ALL.filter(({ broker }) => broker !== null && 'forward' in broker),
  );
}

/** Records whose versions end where the release's do. What they begin with is for clients and may be older than what nodes speak. */
function within(spoken: ApiRanges, apis: readonly Api[]): readonly Api[] {
  return apis.flatMap((api) => {
    const [lowest, highest] = api.versions;
    const end = Math.min(highest, spoken.get(api.name)?.[1] ?? -1);
    if (end < lowest) return [];
    return end === highest ? [api] : [{ ...api, versions: [lowest, end] }];
  });
}

export function rangesOf(offered: readonly Api[]): ApiRanges {
  return new Map(offered.map(({ name, versions }) => [name, versions]));
}
