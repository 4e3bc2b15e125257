/** A producer whose sends are written to the history. */
import type { ApiRanges } from '../../core/rpc/api-versions.ts';
import type { ClientConfigName, GivenConfigs } from '../../core/config/index.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { Producer } from '../../core/client/producer/producer.ts';
import { utf8 } from '../../core/client/serializers.ts';
import type { GroupMetadata } from '../../core/client/consumer/group-metadata.ts';
import type { Invocation, PartitionOffset, Session } from '../history.ts';
import type { Recorder } from './recorder.ts';
import { type CallOutcome, RecordingTransactions } from './recording-transactions.ts';
import { tombstone } from './tombstone.ts';

export interface SendRequest {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: string | null;
  /** Must be unique in the run: `context.uniqueValue()`. */
  readonly value: string;
  /** It deletes its key: what is sent is a tombstone, which the history knows by `value`. */
  readonly deletes?: true;
  /** The value of the record that it is made of, of one that is consumed, transformed and produced. */
  readonly input?: string;
}

export type SendOutcome =
  | { readonly ok: true; readonly partition: number; readonly offset: number }
  | {
      readonly ok: false /** It certainly is not and never will be in the log. */;
      readonly definite: boolean;
      readonly error: string;
    };

export class RecordingProducer {
  readonly #recorder: Recorder;
  readonly #producer: Producer<string, string>;
  readonly session: Session;
  readonly #env: ClientEnvironment;
  readonly #isLeftOut: () => boolean;
  readonly #transactions: RecordingTransactions;
  #closed = false;
  #sendsUnderWay = 0;
  #endsUnderWay = 0;
  #followsReads = false;
  readonly #topics = new Set<string>();
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    env: ClientEnvironment,
    recorder: Recorder,
    incarnation: number,
    properties: GivenConfigs<ClientConfigName>,
    apis?: ApiRanges,
    isLeftOut: () => boolean = () => false,
  ) {
    this.#recorder = recorder;
    this.#isLeftOut = isLeftOut;
    this.#env = env;
    this.#producer = new Producer(
      env,
      { ...properties },
      { keySerializer: utf8.serialize, valueSerializer: utf8.serialize, apis },
    );
    this.session = recorder.open(env.nodeName, incarnation, 'producer', properties);
    const transactionalId = String(properties['transactional.id'] ?? '');
    this.#transactions = new RecordingTransactions(recorder, this.session, transactionalId, this.#producer);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends that have not ended. */
  get sendsUnderWay(): number {
    return this.#sendsUnderWay;
  }

  /** Commits and aborts of transactions that have not ended. */
  get endsUnderWay(): number {
    return this.#endsUnderWay;
  }

  /** What it sends is made of what is read: it goes on for as long as there is something to read. */
  get followsReads(): boolean {
    return this.#followsReads;
  }

  /** Topics that it has sent to. */
  get topics(): ReadonlySet<string> {
    return this.#topics;
  }

  /** How long ago the newest send was begun; Infinity if there was none. */
  get sentMsAgo(): number {
    return this.#env.clock.monotonicMs() - this.#sentAtMs;
  }

  /** Sends and waits for the end of it. Never rejects: an application that must go on looks at the outcome. */
  async send(request: SendRequest): Promise<SendOutcome> {
    // A transaction without one of its records, or a pipeline that loses what it has read, would be another application.
    if (this.#transactions.current === null && request.input === undefined && this.#isLeftOut()) return this.#leaveOut();
    this.#followsReads ||= request.input !== undefined;
    this.#topics.add(request.topic);
    this.#sentAtMs = this.#env.clock.monotonicMs();
    return await this.probe(request);
  }

  /** As `send`, but not for its application, which neither sends it nor can leave it out. */
  async probe(request: SendRequest): Promise<SendOutcome> {
    const call: Invocation = {
      f: 'send',
      topic: request.topic,
      partition: request.partition ?? null,
      key: request.key ?? null,
      value: request.value,
      ...(this.#transactions.current === null ? {} : { transaction: this.#transactions.current }),
      ...(request.input === undefined ? {} : { input: request.input }),
    };
    const op = this.#recorder.invoke(this.session, call);
    this.#sendsUnderWay++;
    try {
      const metadata = await this.#producer.send({
        topic: request.topic,
        ...(request.deletes === true ? tombstone(request.value) : { value: request.value }),
        key: request.key ?? null,
        ...(request.partition === undefined ? {} : { partition: request.partition }),
      });
      if (this.session.properties['acks'] === 0 || this.session.properties['acks'] === '0') {
        this.#recorder.fail(this.session, op, call, false, 'acks=0: nothing is known');
      } else {
        this.#recorder.ok(this.session, op, call, { f: 'send', partition: metadata.partition, offset: metadata.offset });
      }
      return { ok: true, partition: metadata.partition, offset: metadata.offset };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#recorder.fail(this.session, op, call, error.definite, error.errorName);
      return { ok: false, definite: error.definite, error: error.errorName };
    } finally {
      this.#sendsUnderWay--;
    }
  }

  /** Takes a moment, so that an application that tries again comes to an end of its patience. */
  async #leaveOut(): Promise<SendOutcome> {
    await new Promise<void>((resolve) => void this.#env.timers.after(1, resolve));
    return { ok: false, definite: true, error: 'left out of the plan' };
  }

  /** Fences whoever had this transactional id before. Never rejects, as all calls here. */
  initTransactions(): Promise<CallOutcome> {
    return this.#transactions.init();
  }

  /** Every send from here on is a part of this transaction. */
  beginTransaction(): CallOutcome {
    return this.#transactions.begin();
  }

  /** `group`: what the consumer's `groupMetadata` was when the records were polled. */
  sendOffsetsToTransaction(offsets: readonly PartitionOffset[], group: GroupMetadata): Promise<CallOutcome> {
    return this.#transactions.sendOffsets(offsets, group);
  }

  /** May be called again after REQUEST_TIMED_OUT: it waits for the same end. */
  commitTransaction(): Promise<CallOutcome> {
    return this.#ending(this.#transactions.commit());
  }

  /** May be called again after REQUEST_TIMED_OUT: it waits for the same end. */
  abortTransaction(): Promise<CallOutcome> {
    return this.#ending(this.#transactions.abort());
  }

  async #ending(end: Promise<CallOutcome>): Promise<CallOutcome> {
    this.#endsUnderWay++;
    try {
      return await end;
    } finally {
      this.#endsUnderWay--;
    }
  }

  flush(): Promise<void> {
    return this.#producer.flush();
  }

  async close(): Promise<void> {
    await this.#producer.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#transactions.abandon();
    this.#recorder.end(this.session, 'closed');
  }
}
