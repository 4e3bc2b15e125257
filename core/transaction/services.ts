/** What the parts of the transaction coordinator work with. */
import type { ClientEnvironment } from '../environment.ts';
import type { TransactionConfig } from './config.ts';
import type { MarkerChannel } from './marker-channel.ts';
import type { TransactionStateManager } from './transaction-state-manager.ts';

export interface TransactionServices {
  readonly env: ClientEnvironment;
  readonly config: TransactionConfig;
  readonly states: TransactionStateManager;
  readonly markers: MarkerChannel;
  /** A producer id that nobody ever had; null while there is none at hand. */
  readonly nextProducerId: () => number | null;
  /** The finalized level of transaction.version. */
  readonly transactionVersion: () => number;
}
