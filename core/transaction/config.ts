/** The settings that the transaction coordinator reads, by Kafka's names. */
export interface TransactionConfig {
  readonly 'message.max.bytes': number;
  readonly 'request.timeout.ms': number;
  readonly 'transaction.abort.timed.out.transaction.cleanup.interval.ms': number;
  readonly 'transaction.max.timeout.ms': number;
  readonly 'transaction.remove.expired.transaction.cleanup.interval.ms': number;
  readonly 'transaction.state.log.load.buffer.size': number;
  readonly 'transactional.id.expiration.ms': number;
}
