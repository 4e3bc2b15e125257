/** What a client that writes in a transaction knows, by the version of its request (Kafka's TransactionSupportedOperation). */

/**
 * `verify`: it adds partitions to its transaction itself, and knows no TRANSACTION_ABORTABLE. `verify-abortable`: it does (KIP-1050). `add`:
 * its write adds the partition, and each transaction has an epoch of its own (KIP-890).
 */
export type TransactionSupport = 'verify' | 'verify-abortable' | 'add';

export function produceTransactionSupport(version: number): TransactionSupport {
  if (version >= 12) return 'add';
  return version === 11 ? 'verify-abortable' : 'verify';
}

/** Of TxnOffsetCommit. */
export function offsetCommitTransactionSupport(version: number): TransactionSupport {
  if (version >= 5) return 'add';
  return version === 4 ? 'verify-abortable' : 'verify';
}
