/**
 * What a program's consumers are given to read, off its Fetch answers. Model:
 * - A poll is an answer: of each partition the records from the asked offset on; with read_committed, without those of aborted transactions. Which of
 *   them the application is handed, and when, can't be seen.
 * - All that a program reads at one isolation level is one session. A fetch from elsewhere than where the last one of the partition ended is a seek.
 * - Nothing is claimed of where it begins: it may be at the end.
 */
import { CompletedFetch } from '../../core/client/consumer/completed-fetch.ts';
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../core/protocol/messages/index.ts';
import { Offset } from '../../core/protocol/numbers.ts';
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import { utf8ToString } from '../../core/protocol/strings.ts';
import type { Compression } from '../../ports/compression.ts';
import type { Invocation, PartitionOffset, ReadRecord, Session } from '../history.ts';
import type { Recorder } from '../workload/recorder.ts';
import type { SentRequest } from './tap.ts';

/** From which version on topics are asked for by their ids (KIP-516). */
const BY_ID = 13;
const READ_COMMITTED = 1;

type FetchRequest = RequestTypes['Fetch'];
type FetchResponse = ResponseTypes['Fetch'];

export interface ReaderHistoryOptions {
  readonly recorder: Recorder;
  readonly open: (properties: Session['properties']) => Session;
  readonly nameOf: (name: string, topicId: string) => string;
  readonly codecs: Compression;
}

interface Reader {
  readonly session: Session;
  /** Where its next fetch of each partition goes on, if it does not jump. */
  readonly next: Map<string, number>;
}

export class ReaderHistory {
  readonly #options: ReaderHistoryOptions;
  readonly #readers = new Map<number, Reader>();
  /** By connection and partition, what was asked for last: a fetch session is not told again what has not changed. */
  readonly #asked = new Map<string, number>();

  constructor(options: ReaderHistoryOptions) {
    this.#options = options;
  }

  sessions(): Session[] {
    return [...this.#readers.values()].map(({ session }) => session);
  }

  sent({ request, connection }: SentRequest): void {
    for (const { topic, topicId, partitions } of (request.body as FetchRequest).topics) {
      const name = this.#options.nameOf(topic, topicId);
      for (const { partition, fetchOffset } of partitions) {
        this.#asked.set(`${connection}/${topicPartitionKey(name, partition)}`, fetchOffset);
      }
    }
  }

  answered({ request, connection }: SentRequest, { errorCode, responses }: FetchResponse): void {
    if (errorCode !== ErrorCode.NONE) return;
    const { isolationLevel } = request.body as FetchRequest;
    const records: ReadRecord[] = [];
    const positions: PartitionOffset[] = [];
    for (const { topic, topicId, partitions } of responses) {
      const name = this.#options.nameOf(topic, topicId);
      for (const data of partitions) {
        const key = topicPartitionKey(name, data.partitionIndex);
        const asked = this.#asked.get(`${connection}/${key}`);
        const isEmpty = data.records === null || data.records.length === 0;
        if (data.errorCode !== ErrorCode.NONE || asked === undefined || isEmpty) continue;
        const isById = request.version >= BY_ID;
        const options = { readCommitted: isolationLevel === READ_COMMITTED, checkCrcs: false };
        const fetch = new CompletedFetch(
          key,
          isById ? topicId : null,
          isById,
          Offset(asked),
          data,
          options,
          this.#options.codecs,
        );
        this.#jump(this.#readerOf(isolationLevel), key, { topic: name, partition: data.partitionIndex, offset: asked });
        for (let read = fetch.next(); read !== null; read = fetch.next()) {
          const { offset, value } = read.record;
          records.push({
            ...{ topic: name, partition: data.partitionIndex, offset, topicId: read.topicId, leaderEpoch: read.leaderEpoch },
            value: value === null ? '' : utf8ToString(value),
          });
        }
        positions.push({ topic: name, partition: data.partitionIndex, offset: fetch.nextOffset });
        this.#readerOf(isolationLevel).next.set(key, fetch.nextOffset);
      }
    }
    if (positions.length > 0)
      this.#operation(this.#readerOf(isolationLevel).session, { f: 'poll' }, { f: 'poll', records, positions });
  }

  #jump({ session, next }: Reader, key: string, to: PartitionOffset): void {
    if (next.get(key) !== to.offset) this.#operation(session, { f: 'seek', ...to }, { f: 'seek' });
  }

  #operation(session: Session, call: Invocation, result: Parameters<Recorder['ok']>[3]): void {
    const { recorder } = this.#options;
    recorder.ok(session, recorder.invoke(session, call), call, result);
  }

  #readerOf(isolationLevel: number): Reader {
    let reader = this.#readers.get(isolationLevel);
    if (reader === undefined) {
      const isolation = isolationLevel === READ_COMMITTED ? 'read_committed' : 'read_uncommitted';
      reader = { session: this.#options.open({ 'isolation.level': isolation }), next: new Map() };
      this.#readers.set(isolationLevel, reader);
    }
    return reader;
  }
}
