/** Makes transactional ids of the records of a partition of `__transaction_state`. */
import type { Replay } from '../coordinator/replay.ts';
import { decodeStored } from './records.ts';
import { TransactionMetadata } from './transaction-metadata.ts';
import { Transactions } from './transactions.ts';

export class TransactionReplay implements Replay<Transactions> {
  readonly state = new Transactions();

  apply(key: Uint8Array, value: Uint8Array | null): void {
    const stored = decodeStored(key, value);
    if (stored.kind === 'unknown') return;
    const { transactionalId, transaction } = stored;
    if (transaction === null) this.state.delete(transactionalId);
    else this.state.set(transactionalId, new TransactionMetadata(transactionalId, transaction));
  }

  endTransaction(): void {
    // The coordinator's own records are part of no transaction.
  }

  finish(): void {
    // Every record stands for itself.
  }
}
