/** The state of one shard of the transaction coordinator: its transactional ids. */
import type { CoordinatorShard } from '../coordinator/coordinator-shard.ts';
import type { TransactionMetadata } from './transaction-metadata.ts';

export type TransactionShard = CoordinatorShard<Transactions>;

export class Transactions extends Map<string, TransactionMetadata> {}
