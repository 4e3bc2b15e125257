/** Feature levels that a node of this version can run with (KIP-584). */
export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 0 },
  { name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion: 22 },
];
