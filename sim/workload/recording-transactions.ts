/** A transactional producer's calls, each and the transactions that they make up written to the history. */
import { KafkaError } from '../../core/client/errors.ts';
import type { GroupMetadata } from '../../core/client/consumer/consumer.ts';
import type { TransactionalCalls } from '../../core/client/producer/transactional-calls.ts';
import type { Completion, Invocation, PartitionOffset, Session } from '../history.ts';
import type { Recorder } from './recorder.ts';

/** How a call ended. An application looks at the error to know what it may do next: `fatal`, `retriable`, its name. */
export type CallOutcome = { readonly ok: true } | { readonly ok: false; readonly error: KafkaError };

type TransactionCall = Extract<Invocation, { readonly f: 'transaction' }>;

const OK: CallOutcome = { ok: true };

export class RecordingTransactions {
  readonly #recorder: Recorder;
  readonly #session: Session;
  readonly #transactionalId: string;
  readonly #calls: TransactionalCalls;
  #attempts = 0;
  #open: { readonly op: number; readonly call: TransactionCall; lastError: string } | null = null;

  constructor(recorder: Recorder, session: Session, transactionalId: string, calls: TransactionalCalls) {
    this.#recorder = recorder;
    this.#session = session;
    this.#transactionalId = transactionalId;
    this.#calls = calls;
  }

  /** The operation that the open transaction is; null: none is open. */
  get current(): number | null {
    return this.#open?.op ?? null;
  }

  init(): Promise<CallOutcome> {
    return this.#run({ f: 'init-transactions', transactionalId: this.#transactionalId }, { f: 'init-transactions' }, () =>
      this.#calls.initTransactions(),
    );
  }

  /** What became of the one before is not known, if nobody has told. */
  begin(): CallOutcome {
    try {
      this.#calls.beginTransaction();
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return { ok: false, error };
    }
    this.abandon();
    const call: TransactionCall = { f: 'transaction', transactionalId: this.#transactionalId, attempt: ++this.#attempts };
    this.#open = { op: this.#recorder.invoke(this.#session, call), call, lastError: 'it was not ended' };
    return OK;
  }

  async sendOffsets(offsets: readonly PartitionOffset[], group: GroupMetadata): Promise<CallOutcome> {
    const call: Invocation = {
      f: 'send-offsets',
      transactionalId: this.#transactionalId,
      transaction: this.#open?.op ?? -1,
      group: group.groupId,
      offsets,
    };
    return this.#run(call, { f: 'send-offsets' }, () => this.#calls.sendOffsetsToTransaction(offsets, group));
  }

  commit(): Promise<CallOutcome> {
    return this.#end(true);
  }

  abort(): Promise<CallOutcome> {
    return this.#end(false);
  }

  /** Nobody will hear of the open transaction any more. */
  abandon(): void {
    if (this.#open === null) return;
    const { op, call, lastError } = this.#open;
    this.#open = null;
    this.#recorder.fail(this.#session, op, call, false, lastError);
  }

  async #end(commit: boolean): Promise<CallOutcome> {
    const open = this.#open;
    const call: Invocation = {
      f: 'end-transaction',
      transactionalId: this.#transactionalId,
      transaction: open?.op ?? -1,
      commit,
    };
    const outcome = await this.#run(call, { f: 'end-transaction' }, () =>
      commit ? this.#calls.commitTransaction() : this.#calls.abortTransaction(),
    );
    if (open === null || this.#open !== open) return outcome;
    if (outcome.ok) {
      this.#open = null;
      const result: Completion = { f: 'transaction', outcome: commit ? 'committed' : 'aborted' };
      this.#recorder.ok(this.#session, open.op, open.call, result);
    } else open.lastError = outcome.error.errorName;
    return outcome;
  }

  /** Whatever fails of a transaction may have been done all the same. */
  async #run(call: Invocation, result: Completion, act: () => Promise<void>): Promise<CallOutcome> {
    const op = this.#recorder.invoke(this.#session, call);
    try {
      await act();
      this.#recorder.ok(this.#session, op, call, result);
      return OK;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#recorder.fail(this.#session, op, call, error.definite, error.errorName);
      return { ok: false, error };
    }
  }
}
