/**
 * What a program did with Kafka, read off its frames and written to the history, whatever client it brings. Model:
 * - A send is a record in a request. A client's retry is another send of the same value: nobody can tell it from an application that
 *   sends a value twice. It ends with the answer, or as unknown, with an error or with the connection.
 * - A transaction lasts from the first record or offset that is sent in it to the answer that ends it.
 * - What it reads is in `reader-history.ts`, what it does in groups in `group-history.ts`.
 */
import { decodeRecords, forEachBatch } from '../../core/protocol/records.ts';
import { ErrorCode, errorName } from '../../core/protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../core/protocol/messages/index.ts';
import { utf8 } from '../../core/client/serializers.ts';
import type { Compression } from '../../ports/compression.ts';
import type { Network } from '../../ports/network.ts';
import type { Invocation, PartitionOffset, Session } from '../history.ts';
import type { Recorder } from '../workload/recorder.ts';
import { GroupHistory } from './group-history.ts';
import { ReaderHistory } from './reader-history.ts';
import { type SentRequest, tapped, type WireListener } from './tap.ts';

type SendCall = Extract<Invocation, { readonly f: 'send' }>;
type TransactionCall = Extract<Invocation, { readonly f: 'transaction' }>;

interface Send {
  readonly op: number;
  readonly call: SendCall;
  readonly session: Session;
}

/** Records of one partition in a Produce request, in their order. */
interface SentBatch {
  readonly topic: string;
  readonly index: number;
  readonly sends: readonly Send[];
}

interface TransactionalProducer {
  readonly session: Session;
  attempts: number;
  open: {
    readonly op: number;
    readonly call: TransactionCall;
    readonly offsets: { readonly group: string; readonly offset: PartitionOffset }[];
  } | null;
}

/** An answer may come late, and no client's time-out is known here. */
const NEVER_MS = 2 ** 31 - 1;
const APIS: ReadonlySet<ApiName> = new Set<ApiName>([
  ...(['Produce', 'InitProducerId', 'AddPartitionsToTxn', 'EndTxn', 'OffsetCommit', 'TxnOffsetCommit', 'Metadata'] as const),
  ...(['Fetch', 'JoinGroup', 'SyncGroup', 'LeaveGroup', 'OffsetFetch'] as const),
]);

export class ProgramHistory implements WireListener {
  readonly apis = APIS;
  readonly #recorder: Recorder;
  readonly #client: string;
  readonly #incarnation: number;
  readonly #program: Session;
  /** By acks, of sends outside of transactions. */
  readonly #producers = new Map<number, Session>();
  readonly #transactional = new Map<string, TransactionalProducer>();
  readonly #batches = new Map<SentRequest, readonly SentBatch[]>();
  readonly #ends = new Map<SentRequest, { readonly op: number; readonly call: Invocation }>();
  /** Names of topics, by their ids. */
  readonly #topics = new Map<string, string>();

  readonly #reads: ReaderHistory;
  readonly #memberships: GroupHistory;

  constructor(recorder: Recorder, client: string, incarnation: number, codecs: Compression) {
    this.#recorder = recorder;
    this.#client = client;
    this.#incarnation = incarnation;
    this.#program = recorder.openOfFrames(client, incarnation, 'program', {});
    const open = (properties: Session['properties']): Session =>
      recorder.openOfFrames(client, incarnation, 'consumer', properties);
    const nameOf = (name: string, topicId: string): string => this.#nameOf(name, topicId);
    this.#reads = new ReaderHistory({ recorder, open, nameOf, codecs });
    this.#memberships = new GroupHistory({ recorder, open, nameOf });
  }

  /** The network that the program is to have. */
  around(network: Network): Network {
    return tapped(network, this);
  }

  /** It says so itself: the only thing here that is not of its frames. */
  processed(place: PartitionOffset): void {
    this.#recorder.processed(this.#program, [{ ...place, topicId: null, leaderEpoch: -1, value: '' }]);
  }

  /** Its process has died. */
  crashed(): void {
    for (const session of [
      ...this.#producers.values(),
      ...[...this.#transactional.values()].map((one) => one.session),
      ...this.#reads.sessions(),
      ...this.#memberships.sessions(),
      this.#program,
    ])
      this.#recorder.end(session, 'crashed');
  }

  sent(sent: SentRequest): void {
    const { api, body } = sent.request;
    if (api === 'Produce') this.#produced(sent, body as RequestTypes['Produce']);
    else if (api === 'EndTxn') this.#ending(sent, body as RequestTypes['EndTxn']);
    else if (api === 'InitProducerId') this.#initializing(sent, body as RequestTypes['InitProducerId']);
    else if (api === 'TxnOffsetCommit') this.#offsetsInTransaction(body as RequestTypes['TxnOffsetCommit']);
    else if (api === 'Fetch') this.#reads.sent(sent);
    else this.#memberships.sent(sent);
  }

  answered(sent: SentRequest, body: ResponseTypes[ApiName]): void {
    const { api } = sent.request;
    if (api === 'Produce') this.#acknowledged(sent, body as ResponseTypes['Produce']);
    else if (api === 'EndTxn') this.#ended(sent, (body as ResponseTypes['EndTxn']).errorCode);
    else if (api === 'InitProducerId') this.#initialized(sent, (body as ResponseTypes['InitProducerId']).errorCode);
    else if (api === 'Fetch') this.#reads.answered(sent, body as ResponseTypes['Fetch']);
    else this.#memberships.answered(sent, body);
    if (api === 'OffsetCommit') this.#committed(sent, body as ResponseTypes['OffsetCommit']);
    else if (api === 'Metadata') {
      for (const { name, topicId } of (body as ResponseTypes['Metadata']).topics)
        if (name !== null) this.#topics.set(topicId, name);
    }
  }

  lost(sent: SentRequest): void {
    this.#memberships.lost(sent);
    for (const { sends } of this.#batches.get(sent) ?? []) this.#unknown(sends, 'the connection ended');
    this.#batches.delete(sent);
    const end = this.#ends.get(sent);
    this.#ends.delete(sent);
    if (end !== undefined) this.#recorder.fail(this.#sessionOf(sent), end.op, end.call, false, 'the connection ended');
  }

  #nameOf(name: string, topicId: string): string {
    return name === '' ? (this.#topics.get(topicId) ?? topicId) : name;
  }

  #produced(sent: SentRequest, { transactionalId, acks, topicData }: RequestTypes['Produce']): void {
    const transaction = transactionalId === null ? null : this.#transactionOf(transactionalId);
    const session = transactionalId === null ? this.#producerOf(acks) : this.#transactionalOf(transactionalId).session;
    const batches: SentBatch[] = [];
    for (const { name, topicId, partitionData } of topicData) {
      const topic = this.#nameOf(name, topicId);
      for (const { index, records } of partitionData) {
        if (records !== null) batches.push({ topic, index, sends: this.#sendsOf(records, topic, session, transaction) });
      }
    }
    if (acks !== 0) {
      this.#batches.set(sent, batches);
      return;
    }
    for (const { sends } of batches) this.#unknown(sends, 'acks=0: nothing is known');
  }

  #sendsOf(records: Uint8Array, topic: string, session: Session, transaction: number | null): Send[] {
    const sends: Send[] = [];
    forEachBatch(records, (_header, position) => {
      for (const { key, value } of decodeRecords(records, position)) {
        sends.push(this.#sendOf(topic, utf8.deserialize(key), utf8.deserialize(value) ?? '', session, transaction));
      }
    });
    return sends;
  }

  #sendOf(topic: string, key: string | null, value: string, session: Session, transaction: number | null): Send {
    const call: SendCall = { f: 'send', topic, partition: null, key, value, ...(transaction === null ? {} : { transaction }) };
    return { op: this.#recorder.invoke(session, call), call, session };
  }

  #acknowledged(sent: SentRequest, { responses }: ResponseTypes['Produce']): void {
    const batches = this.#batches.get(sent) ?? [];
    this.#batches.delete(sent);
    for (const { name, topicId, partitionResponses } of responses) {
      const topic = this.#nameOf(name, topicId);
      for (const { index, errorCode, baseOffset } of partitionResponses) {
        const sends = batches.find((one) => one.topic === topic && one.index === index)?.sends ?? [];
        if (errorCode !== ErrorCode.NONE) this.#unknown(sends, errorName(errorCode));
        else {
          for (const [at, { session, op, call }] of sends.entries()) {
            this.#recorder.ok(session, op, call, { f: 'send', partition: index, offset: baseOffset < 0 ? -1 : baseOffset + at });
          }
        }
      }
    }
  }

  /** Whether it is in the log, nobody has said. */
  #unknown(sends: readonly Send[], why: string): void {
    for (const { session, op, call } of sends) this.#recorder.fail(session, op, call, false, why);
  }

  #producerOf(acks: number): Session {
    let session = this.#producers.get(acks);
    if (session === undefined) {
      session = this.#open({ acks: acks === -1 ? 'all' : String(acks) });
      this.#producers.set(acks, session);
    }
    return session;
  }

  #transactionalOf(transactionalId: string): TransactionalProducer {
    let producer = this.#transactional.get(transactionalId);
    if (producer === undefined) {
      producer = { session: this.#open({ acks: 'all', 'transactional.id': transactionalId }), attempts: 0, open: null };
      this.#transactional.set(transactionalId, producer);
    }
    return producer;
  }

  /** Of idempotence nothing is claimed: whether a client sends a batch again, or another of the same value, can't be seen. */
  #open(properties: Session['properties']): Session {
    const all = { ...properties, 'enable.idempotence': false, 'delivery.timeout.ms': NEVER_MS };
    return this.#recorder.openOfFrames(this.#client, this.#incarnation, 'producer', all);
  }

  /** The number of the transaction that is open, or begins here. */
  #transactionOf(transactionalId: string): number {
    const producer = this.#transactionalOf(transactionalId);
    if (producer.open === null) {
      const call: TransactionCall = { f: 'transaction', transactionalId, attempt: ++producer.attempts };
      producer.open = { op: this.#recorder.invoke(producer.session, call), call, offsets: [] };
    }
    return producer.open.op;
  }

  #offsetsInTransaction({ transactionalId, groupId, topics }: RequestTypes['TxnOffsetCommit']): void {
    this.#transactionOf(transactionalId);
    const open = this.#transactionalOf(transactionalId).open;
    for (const { name, partitions } of topics)
      for (const { partitionIndex, committedOffset } of partitions)
        open?.offsets.push({ group: groupId, offset: { topic: name, partition: partitionIndex, offset: committedOffset } });
  }

  #ending(sent: SentRequest, { transactionalId, committed }: RequestTypes['EndTxn']): void {
    const { session, open } = this.#transactionalOf(transactionalId);
    const call: Invocation = { f: 'end-transaction', transactionalId, transaction: open?.op ?? -1, commit: committed };
    this.#ends.set(sent, { op: this.#recorder.invoke(session, call), call });
  }

  #ended(sent: SentRequest, errorCode: number): void {
    const end = this.#ends.get(sent);
    this.#ends.delete(sent);
    if (end === undefined || end.call.f !== 'end-transaction') return;
    const producer = this.#transactionalOf(end.call.transactionalId);
    if (errorCode !== ErrorCode.NONE) return this.#recorder.fail(producer.session, end.op, end.call, false, errorName(errorCode));
    this.#recorder.ok(producer.session, end.op, end.call, { f: 'end-transaction' });
    const { open } = producer;
    if (open === null || open.op !== end.call.transaction) return;
    producer.open = null;
    this.#recorder.ok(producer.session, open.op, open.call, {
      f: 'transaction',
      outcome: end.call.commit ? 'committed' : 'aborted',
    });
    if (!end.call.commit) return;
    for (const { group, offset } of open.offsets) this.#recorder.offsetsCommitted(this.#program, group, [offset]);
  }

  #initializing(sent: SentRequest, { transactionalId }: RequestTypes['InitProducerId']): void {
    if (transactionalId === null) return;
    const producer = this.#transactionalOf(transactionalId);
    const { open } = producer;
    producer.open = null;
    if (open !== null) this.#recorder.fail(producer.session, open.op, open.call, false, 'the producer began anew');
    const call: Invocation = { f: 'init-transactions', transactionalId };
    this.#ends.set(sent, { op: this.#recorder.invoke(producer.session, call), call });
  }

  #initialized(sent: SentRequest, errorCode: number): void {
    const end = this.#ends.get(sent);
    this.#ends.delete(sent);
    if (end === undefined) return;
    const session = this.#sessionOf(sent);
    if (errorCode === ErrorCode.NONE) this.#recorder.ok(session, end.op, end.call, { f: 'init-transactions' });
    else this.#recorder.fail(session, end.op, end.call, false, errorName(errorCode));
  }

  #committed({ request }: SentRequest, { topics }: ResponseTypes['OffsetCommit']): void {
    const asked = request.body as RequestTypes['OffsetCommit'];
    const refused = new Set<string>();
    for (const { name, topicId, partitions } of topics)
      for (const { partitionIndex, errorCode } of partitions)
        if (errorCode !== ErrorCode.NONE) refused.add(`${this.#nameOf(name, topicId)}-${partitionIndex}`);
    const offsets: PartitionOffset[] = [];
    for (const { name, topicId, partitions } of asked.topics) {
      const topic = this.#nameOf(name, topicId);
      for (const { partitionIndex, committedOffset } of partitions)
        if (!refused.has(`${topic}-${partitionIndex}`))
          offsets.push({ topic, partition: partitionIndex, offset: committedOffset });
    }
    if (offsets.length > 0) this.#recorder.offsetsCommitted(this.#program, asked.groupId, offsets);
  }

  #sessionOf({ request: { body } }: SentRequest): Session {
    const { transactionalId } = body as { readonly transactionalId?: string | null };
    return typeof transactionalId === 'string' ? this.#transactionalOf(transactionalId).session : this.#program;
  }
}
