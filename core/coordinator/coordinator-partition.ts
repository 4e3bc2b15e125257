/** Which partition of a coordinator's topic a group or a transactional id belongs to. */

/** Java's String.hashCode. */
function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The partition of `__consumer_offsets` or `__transaction_state` that is responsible for a key. */
export function coordinatorPartition(key: string, partitions: number): number {
  const hash = javaHashCode(key);
  // As Kafka's Utils.abs: the smallest integer has no positive counterpart.
  return (hash === -2_147_483_648 ? 0 : Math.abs(hash)) % partitions;
}
