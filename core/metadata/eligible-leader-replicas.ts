/** The feature by which a cluster keeps eligible leader replicas (KIP-966). */
import type { MetadataImage } from './image.ts';

export const ELR_FEATURE = 'eligible.leader.replicas.version';

/** Level 0, or none: an ISR never becomes empty, and its last member is waited for. */
export function isElrEnabled({ features }: Pick<MetadataImage, 'features'>): boolean {
  return (features.get(ELR_FEATURE) ?? 0) > 0;
}
