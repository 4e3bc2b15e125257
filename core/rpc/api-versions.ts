/** Which version of an API two sides speak. What a side speaks is a value, so that nodes of different releases can meet in a cluster. */
import { type ApiName, APIS } from '../protocol/messages/index.ts';
import { versionRange } from '../protocol/layout.ts';

export type VersionRange = readonly [lowest: number, highest: number];

/** The versions that one side speaks, by API; it does not speak APIs that are missing. */
export type ApiRanges = ReadonlyMap<ApiName, VersionRange>;

const released = new Map<ApiName, VersionRange>();
const namesByKey = new Map<number, ApiName>();
for (const { apiKey, name, request } of APIS) {
  const [lowest, highest] = versionRange(request.validVersions);
  released.set(name, [lowest, request.latestVersionUnstable === true ? highest - 1 : highest]);
  namesByKey.set(apiKey, name);
}

/** What clients and nodes of this release speak: what Kafka has defined and released. */
export const RELEASE_APIS: ApiRanges = released;

/**
 * What a release spoke in which these APIs ended earlier than in `ranges`; 'none': it did not have the API. What begins later than it
 * would have to end is left out, too.
 */
export function endingAt(ranges: ApiRanges, highest: { readonly [A in ApiName]?: number | 'none' }): ApiRanges {
  const earlier = new Map(ranges);
  for (const [name, end] of Object.entries(highest) as [ApiName, number | 'none'][]) {
    const range = ranges.get(name);
    if (range === undefined) continue;
    if (end === 'none' || end < range[0]) earlier.delete(name);
    else earlier.set(name, [range[0], Math.min(range[1], end)]);
  }
  return earlier;
}

/** What an ApiVersions answer says, by API; keys that we do not know are left out. */
export function rangesOf(apiKeys: readonly { apiKey: number; minVersion: number; maxVersion: number }[]): ApiRanges {
  const ranges = new Map<ApiName, VersionRange>();
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    const name = namesByKey.get(apiKey);
    if (name !== undefined) ranges.set(name, [minVersion, maxVersion]);
  }
  return ranges;
}

/** In which versions a request can be written. */
export interface RequestVersions {
  /** This one, whether or not this side speaks it otherwise. */
  readonly version?: number | undefined;
  /** The lowest and the highest that the request can be written in, within what this side speaks. */
  readonly minVersion?: number | undefined;
  readonly maxVersion?: number | undefined;
}

/**
 * The highest version that both sides speak and that the request can be written in; null if there is none. `theirs` null: the other
 * side is of the same release, so that nobody has to ask it.
 */
export function negotiate(
  api: ApiName,
  ours: ApiRanges,
  theirs: ApiRanges | null,
  { version, minVersion = 0, maxVersion = Number.POSITIVE_INFINITY }: RequestVersions,
): number | null {
  if (theirs === null && version !== undefined) return version;
  const own = version === undefined ? ours.get(api) : ([version, version] as const);
  const other = theirs === null ? own : theirs.get(api);
  if (own === undefined || other === undefined) return null;
  const lowest = Math.max(own[0], other[0], minVersion);
  const highest = Math.min(own[1], other[1], maxVersion);
  return highest >= lowest ? highest : null;
}
