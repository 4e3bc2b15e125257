/** Names that have a meaning of their own. */

export const METADATA_LOG = '__cluster_metadata-0';
