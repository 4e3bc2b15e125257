/** Names of topics: what is legal, and which ones are the cluster's own. */
export const GROUP_TOPIC = '__consumer_offsets';
export const TRANSACTION_TOPIC = '__transaction_state';
export const METADATA_TOPIC = '__cluster_metadata';

export function isInternalTopic(name: string): boolean {
  return name === GROUP_TOPIC || name === TRANSACTION_TOPIC;
}

export function isValidTopicName(name: string): boolean {
  return name !== '.' && name !== '..' && name.length <= 249 && /^[a-zA-Z0-9._-]+$/.test(name);
}
