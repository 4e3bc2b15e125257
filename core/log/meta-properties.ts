/** `meta.properties` of a log directory (KIP-858, version 1): to which cluster, node and directory id it belongs. */

export interface MetaProperties {
  readonly version: number;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

export const META_PROPERTIES = 'meta.properties';

export function formatMetaProperties(meta: MetaProperties): string {
  return `version=1\ncluster.id=${meta.clusterId}\ndirectory.id=${meta.directoryId}\nnode.id=${meta.nodeId}\n`;
}

/** Null if the file is absent, torn, or of another version. */
export function parseMetaProperties(text: string | null): MetaProperties | null {
  if (text === null) return null;
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const clusterId = values.get('cluster.id');
  const nodeId = values.get('node.id');
  const directoryId = values.get('directory.id');
  if (values.get('version') !== '1' || !clusterId || !/^\d+$/.test(nodeId ?? '') || !/^[\w-]{22}$/.test(directoryId ?? ''))
    return null;
  return { version: 1, clusterId, nodeId: Number(nodeId), directoryId: directoryId as string };
}
