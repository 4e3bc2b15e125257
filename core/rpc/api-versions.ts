/** Which version of an API two sides speak. */
import { type ApiName, APIS } from '../protocol/messages/index.ts';
import { inVersions, versionRange } from '../protocol/layout.ts';

export type VersionRange = readonly [lowest: number, highest: number];

const stable = new Map<ApiName, VersionRange>();
const internal = new Map<ApiName, number>();
const namesByKey = new Map<number, ApiName>();
for (const { apiKey, name, request } of APIS) {
  const [lowest, highest] = versionRange(request.publishedVersions ?? request.validVersions);
  const newest = request.latestVersionUnstable === true && highest > lowest ? highest - 1 : highest;
  stable.set(name, [lowest, newest]);
  // Vote v2 (pre-vote, KIP-996) is not published yet, but our own nodes speak it.
  const ownOnly = request.publishedVersions !== undefined && !inVersions(highest + 1, request.publishedVersions);
  internal.set(name, ownOnly ? versionRange(request.validVersions)[1] : newest);
  namesByKey.set(apiKey, name);
}

/** The versions of an API that are published and stable: what we offer to, and ask of, anyone. */
export function stableVersions(api: ApiName): VersionRange {
  return stable.get(api) as VersionRange;
}

/** The version that nodes of one cluster use among themselves. */
export function latestVersion(api: ApiName): number {
  return internal.get(api) as number;
}

/** What an ApiVersions answer says, by API; keys that we do not know are left out. */
export function rangesOf(
  apiKeys: readonly { apiKey: number; minVersion: number; maxVersion: number }[],
): Map<ApiName, VersionRange> {
  const ranges = new Map<ApiName, VersionRange>();
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    const name = namesByKey.get(apiKey);
    if (name !== undefined) ranges.set(name, [minVersion, maxVersion]);
  }
  return ranges;
}

/**
 * The highest version, of at most `max`, that both sides know, or `wanted` if the other side knows it; null if they have none
 * in common.
 */
export function negotiate(
  api: ApiName,
  theirs: ReadonlyMap<ApiName, VersionRange>,
  wanted: number | undefined,
  max: number = Number.POSITIVE_INFINITY,
): number | null {
  const range = theirs.get(api);
  if (range === undefined) return null;
  const [lowest, highest] = wanted === undefined ? stableVersions(api) : [wanted, wanted];
  const version = Math.min(highest, range[1], max);
  return version >= lowest && version >= range[0] ? version : null;
}
