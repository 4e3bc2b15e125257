/**
 * A producer whose transactions hang: it writes a record as a part of a transaction of which it tells the coordinator nothing, as a request that
 * is late by more than the transaction's time does (KIP-890). A broker that verifies with the coordinator refuses it; one that does not
 * holds a transaction open that nobody will ever end. What it writes is in the history, in a transaction that nobody asks to commit.
 */
import { ADMIN_CONFIG, type ClientConfigName, type GivenConfigs, parseConfig } from '../../core/config/index.ts';
import { AdminCalls, firstError } from '../../core/client/admin/admin-calls.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { utf8 } from '../../core/client/serializers.ts';
import { closeSession, openSession, type Session as ClientSession } from '../../core/client/session.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import { encodeBatch } from '../../core/protocol/records.ts';
import type { ApiRanges } from '../../core/rpc/api-versions.ts';
import type { Invocation, Session } from '../history.ts';
import type { Recorder } from './recorder.ts';

/** With a later version the broker itself adds the partition to the transaction (KIP-890). */
const LAST_WITHOUT_ADDING = 11;

export class StrayProducer {
  readonly session: Session;
  readonly #env: ClientEnvironment;
  readonly #recorder: Recorder;
  readonly #transactionalId: string;
  readonly #clientSession: ClientSession;
  readonly #calls: AdminCalls;

  constructor(
    env: ClientEnvironment,
    recorder: Recorder,
    incarnation: number,
    properties: GivenConfigs<ClientConfigName>,
    transactionalId: string,
    apis?: ApiRanges,
  ) {
    const config = parseConfig(ADMIN_CONFIG, properties);
    this.#env = env;
    this.#recorder = recorder;
    this.#transactionalId = transactionalId;
    this.#clientSession = openSession(env, config, { clientId: `${env.nodeName}-stray`, allowAutoTopicCreation: false, apis });
    this.#calls = new AdminCalls(this.#clientSession, config['default.api.timeout.ms']);
    this.#clientSession.metadata.requestUpdate(true);
    this.session = recorder.open(env.nodeName, incarnation, 'producer', { ...properties, 'transactional.id': transactionalId });
  }

  /** Gets a producer id, and writes with it. True if a leader took the record, and holds a transaction open from now on. */
  async write(topic: string, partition: number, value: string): Promise<boolean> {
    const transactionalId = this.#transactionalId;
    const transaction = this.#recorder.invoke(this.session, { f: 'transaction', transactionalId, attempt: 1 });
    const call: Invocation = { f: 'send', topic, partition, key: null, value, transaction };
    const op = this.#recorder.invoke(this.session, call);
    try {
      const { producerId, producerEpoch } = await this.#calls.call(
        { kind: 'transaction-coordinator', transactionalId },
        'InitProducerId',
        { transactionalId, transactionTimeoutMs: 1_000, producerId: -1, producerEpoch: -1 },
        (answer) => answer,
      );
      const records = encodeBatch([{ key: null, value: utf8.serialize(value), timestamp: this.#env.clock.wallMs() }], {
        producerId,
        producerEpoch,
        baseSequence: 0,
        isTransactional: true,
      });
      const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
      const { responses } = await this.#calls.call(
        { kind: 'leader', topic, partition },
        'Produce',
        { transactionalId, acks: -1, timeoutMs: 5_000, topicData },
        (answer) => firstError(answer.responses.flatMap((of) => of.partitionResponses)),
        undefined,
        { maxVersion: LAST_WITHOUT_ADDING },
      );
      const offset = responses[0]?.partitionResponses[0]?.baseOffset ?? -1;
      this.#recorder.ok(this.session, op, call, { f: 'send', partition, offset });
      return true;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      // An attempt before the last one may have been taken.
      this.#recorder.fail(this.session, op, call, false, error.errorName);
      return false;
    }
  }

  close(): void {
    this.#calls.close();
    closeSession(this.#clientSession);
    this.#recorder.end(this.session, 'closed');
  }
}
