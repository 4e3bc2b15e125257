/**
 * A transactional producer as an application keeps one: made and initialized when it is needed, made anew after an error that it does not
 * survive, its transactions ended with as many calls as that takes.
 */
import type { RecordingProducer } from '../../sim/workload/recording-producer.ts';
import type { WorkloadContext } from '../../sim/workload/context.ts';

/** `unknown`: the producer was lost before anybody told what became of it. */
export type TransactionOutcome = 'committed' | 'aborted' | 'unknown';

/** What an application waits before it asks again for what did not come in time, or makes another producer. */
const AGAIN_MS = 200;

export class TransactionalProducer {
  readonly #context: WorkloadContext;
  readonly #transactionalId: string;
  readonly #goesOn: () => boolean;
  #producer: RecordingProducer | null = null;

  /** `goesOn`: while it is false nothing is begun any more. The id is the plan's, or else the process's name. */
  constructor(context: WorkloadContext, goesOn: () => boolean) {
    this.#context = context;
    this.#goesOn = goesOn;
    const client = context.plan.clients.find(({ name }) => name === context.name);
    this.#transactionalId = String(client?.properties['transactional.id'] ?? context.name);
  }

  /**
   * One transaction: `work` sends, and says whether to commit. It is aborted all the same if something could not be sent. Null: none was
   * begun, because there was no producer to be had.
   */
  async run(work: (producer: RecordingProducer) => Promise<boolean>): Promise<TransactionOutcome | null> {
    const producer = await this.#ready();
    if (producer === null) return null;
    const begun = producer.beginTransaction();
    if (!begun.ok) {
      // What is lost while nothing is open, the next call tells.
      await this.#discard();
      return null;
    }
    const isToCommit = await work(producer);
    return this.#end(producer, isToCommit);
  }

  /** Has a producer initialized, if one is to be had: its id is in use, and its transactions may be begun later. */
  async initialize(): Promise<void> {
    await this.#ready();
  }

  /** Another transaction is that of another producer. */
  async close(): Promise<void> {
    await this.#discard();
  }

  /** A producer that may begin a transaction; null: it was not to be had while there was anything to begin. */
  async #ready(): Promise<RecordingProducer | null> {
    while (this.#producer === null && this.#goesOn()) {
      const producer = this.#context.producer({ 'transactional.id': this.#transactionalId });
      this.#producer = producer;
      if (await this.#initialized(producer)) break;
      await this.#discard();
      await this.#context.sleep(AGAIN_MS);
    }
    return this.#producer;
  }

  async #initialized(producer: RecordingProducer): Promise<boolean> {
    while (this.#goesOn()) {
      const outcome = await producer.initTransactions();
      if (outcome.ok) return true;
      if (!isLate(outcome.error)) return false;
      await this.#context.sleep(AGAIN_MS);
    }
    return false;
  }

  async #end(producer: RecordingProducer, isToCommit: boolean): Promise<TransactionOutcome> {
    let commit = isToCommit;
    for (;;) {
      const outcome = await (commit ? producer.commitTransaction() : producer.abortTransaction());
      if (outcome.ok) return commit ? 'committed' : 'aborted';
      const { error } = outcome;
      if (isLate(error) && this.#context.running()) {
        await this.#context.sleep(AGAIN_MS);
        continue;
      }
      if (error.errorName === 'ILLEGAL_STATE') throw error;
      if (error.fatal || !commit) {
        await this.#discard();
        return 'unknown';
      }
      commit = false;
    }
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.close();
  }
}

/** What was asked for goes on, and the same call waits for its end. */
function isLate(error: { readonly errorName: string; readonly fatal: boolean }): boolean {
  return error.errorName === 'REQUEST_TIMED_OUT' && !error.fatal;
}
