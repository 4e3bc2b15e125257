/** A producer whose sends are written to the history. */
import type { ApiRanges } from '../../core/rpc/api-versions.ts';
import type { ClientConfigName, GivenConfigs } from '../../core/config/index.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { Producer } from '../../core/client/producer/producer.ts';
import { utf8 } from '../../core/client/serializers.ts';
import type { Invocation, Session } from '../history.ts';
import type { Recorder } from './recorder.ts';

export interface SendRequest {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: string | null;
  /** Must be unique in the run: `context.uniqueValue()`. */
  readonly value: string;
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
  #closed = false;
  #sendsUnderWay = 0;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    env: ClientEnvironment,
    recorder: Recorder,
    incarnation: number,
    properties: GivenConfigs<ClientConfigName>,
    apis?: ApiRanges,
  ) {
    this.#recorder = recorder;
    this.#env = env;
    this.#producer = new Producer(
      env,
      { ...properties },
      { keySerializer: utf8.serialize, valueSerializer: utf8.serialize, apis },
    );
    this.session = recorder.open(env.nodeName, incarnation, 'producer', properties);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends that have not ended. */
  get sendsUnderWay(): number {
    return this.#sendsUnderWay;
  }

  /** How long ago the newest send was begun; Infinity if there was none. */
  get sentMsAgo(): number {
    return this.#env.clock.monotonicMs() - this.#sentAtMs;
  }

  /** Sends and waits for the end of it. Never rejects: an application that must go on looks at the outcome. */
  async send(request: SendRequest): Promise<SendOutcome> {
    const call: Invocation = {
      f: 'send',
      topic: request.topic,
      partition: request.partition ?? null,
      key: request.key ?? null,
      value: request.value,
    };
    const op = this.#recorder.invoke(this.session, call);
    this.#sendsUnderWay++;
    this.#sentAtMs = this.#env.clock.monotonicMs();
    try {
      const metadata = await this.#producer.send({
        topic: request.topic,
        value: request.value,
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

  flush(): Promise<void> {
    return this.#producer.flush();
  }

  async close(): Promise<void> {
    await this.#producer.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#recorder.end(this.session, 'closed');
  }
}
