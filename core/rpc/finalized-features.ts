/** The finalized features of the cluster, as the newest of the brokers' ApiVersions answers tells them (KIP-584). */
import type { ApiVersionsResponse } from '../protocol/messages/api-versions-response.ts';

export class FinalizedFeatures {
  #epoch = -1;
  #levels: ReadonlyMap<string, number> = new Map();

  /** Of the answer that they are from; -1: no broker has told any. */
  get epoch(): number {
    return this.#epoch;
  }

  /** 0: the feature is off, or not known. */
  level(feature: string): number {
    return this.#levels.get(feature) ?? 0;
  }

  /** Takes what a broker says, if it is newer than what is known. */
  learn({ finalizedFeaturesEpoch, finalizedFeatures }: ApiVersionsResponse): void {
    if (finalizedFeaturesEpoch <= this.#epoch) return;
    this.#epoch = finalizedFeaturesEpoch;
    this.#levels = new Map(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]));
  }
}
