/** Which topics there are when the cluster has come to rest: the plan's, and those that applications have made. */
import type { MetadataImage } from '../../core/metadata/image.ts';
import { topicByName } from '../../core/metadata/image.ts';
import type { ClusterView } from '../../sim/observe.ts';

/** How many partitions a topic has by the newest metadata that any live node has applied; 0: there is no such topic. */
export function partitionCount(view: ClusterView, topic: string): number {
  let newest: MetadataImage | null = null;
  for (const { metadata } of view.nodes.values())
    if (newest === null || metadata.provenance.offset > newest.provenance.offset) newest = metadata;
  return newest === null ? 0 : (topicByName(newest, topic)?.partitions.size ?? 0);
}
