/** Topic properties that the controller itself decides by, from the overrides in the image and the node's own properties. */
import type { BrokerConfig } from '../config/index.ts';
import type { MetadataImage } from '../metadata/image.ts';

type SettingName = 'min.insync.replicas' | 'unclean.leader.election.enable';

function override(image: MetadataImage, topic: string, name: SettingName): string | undefined {
  return image.configs.get(`topic:${topic}`)?.[name] ?? image.configs.get('broker:')?.[name];
}

/** May a replica outside the ISR lead this topic? */
export function isUncleanElectionEnabled(image: MetadataImage, config: BrokerConfig, topic: string): boolean {
  const value = override(image, topic, 'unclean.leader.election.enable');
  return value === undefined ? config['unclean.leader.election.enable'] : value.trim().toLowerCase() === 'true';
}

/** min.insync.replicas, at most the number of replicas. */
export function effectiveMinIsr(image: MetadataImage, config: BrokerConfig, topic: string, replicas: number): number {
  const value = override(image, topic, 'min.insync.replicas');
  return Math.min(value === undefined ? config['min.insync.replicas'] : Number(value), replicas);
}
