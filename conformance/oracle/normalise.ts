/**
 * What may differ between two runs of the same server is replaced: ids by the order of their first appearance, times by a
 * word, ports by theirs. Lists of named things are put in the order of their names, since Kafka keeps many in hash maps.
 * Texts are reduced to whether there is one, as this project writes its own.
 */
import { apiName } from '../../core/protocol/codec.ts';
import { decodeRecords, forEachBatch } from '../../core/protocol/records.ts';

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [field: string]: Plain };

const DAY_MS = 24 * 3_600_000;
const UUID_TEXT = /^[A-Za-z0-9_-]{22}$/;
/** A member id as this project makes it: the client's id, a dash, and 16 random bytes. Kafka writes them as Java does. */
const MEMBER_ID = /^(oracle|one|two|kafkajs)-([A-Za-z0-9_-]{22})$/;
/** Where the servers keep their data. */
const DIRECTORY = /\/\S*trial-oracle-\w+\/\S*/g;
const JAVA_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Fields with sentences for people. */
const TEXTS = new Set(['errorMessage', 'batchIndexErrorMessage', 'documentation']);
/** Lists of brokers, or of partitions by number, that Kafka keeps in hash sets. */
const SETS = new Set(['isrNodes', 'eligibleLeaderReplicas', 'lastKnownElr', 'offlineReplicas', 'partitions']);
/** Numbers given out by the server; -1 and 0 mean "none" in all of them but the producer id. */
const GIVEN_OUT = new Set(['sessionId', 'producerId']);
/** Numbers that depend on how much was written before, by API. */
const MEASURED_IN: Readonly<Record<string, readonly string[]>> = {
  finalizedFeaturesEpoch: ['ApiVersions'],
  leaderEpoch: ['DescribeQuorum'],
  totalBytes: ['DescribeLogDirs'],
  usableBytes: ['DescribeLogDirs'],
  logEndOffset: ['DescribeQuorum'],
  highWatermark: ['DescribeQuorum'],
};
/** By which field the entries of a list are known. */
const IDENTITIES = [
  'name',
  'topic',
  'topicName',
  'partitionIndex',
  'partition',
  'partitionId',
  'index',
  'groupId',
  'group',
  'resourceName',
  'key',
  'apiKey',
  'nodeId',
  'brokerId',
  'topicId',
  'memberId',
  'transactionalId',
  'baseOffset',
  'producerId',
];

export class Normaliser {
  /** By the port of each broker, what is written in its place. */
  readonly #ports: ReadonlyMap<number, string>;
  readonly #given = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** `ports` are those of the brokers from 1 on. */
  constructor(ports: readonly number[]) {
    this.#ports = new Map(ports.map((port, index) => [port, index === 0 ? '<port>' : `<port of broker ${index + 1}>`]));
  }

  /** A copy that can be compared; `context` names the API. */
  plain(value: unknown, context: string, field = ''): Plain {
    if (value === null || value === undefined) return null;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return this.#number(value, context, field);
    if (typeof value === 'string') return this.#string(value, field);
    if (value instanceof Uint8Array) return field === 'records' ? this.#records(value, context) : text(value);
    if (Array.isArray(value) && SETS.has(field) && value.every((item) => typeof item === 'number'))
      return (value as number[]).toSorted((a, b) => a - b);
    // In order before names are given to what is random, and again with those.
    if (Array.isArray(value)) return inOrder(inOrder(value as Plain[]).map((item) => this.plain(item, context, field)));
    const fields: Record<string, Plain> = {};
    for (const [name, item] of Object.entries(value as object)) fields[name] = this.plain(item, context, name);
    return fields;
  }

  #number(value: number, context: string, field: string): Plain {
    if (field === 'port') return this.#ports.get(value) ?? (value < 1 ? value : '<another port>');
    if (MEASURED_IN[field]?.includes(context)) return value < 0 ? value : '<measured>';
    if (field === 'apiKey') return apiName(value) ?? value;
    if (GIVEN_OUT.has(field))
      return value < 0 || (value === 0 && field !== 'producerId') ? value : this.#id(field, String(value));
    return Math.abs(value - Date.now()) < DAY_MS ? '<time>' : value;
  }

  #string(value: string, field: string): Plain {
    if (field === 'logDir') return '<directory>';
    if (TEXTS.has(field)) return value === '' ? '' : '<text>';
    if (value === ZERO_UUID) return value;
    if (UUID_TEXT.test(value) && field !== 'name') return this.#id('uuid', value);
    const member = MEMBER_ID.exec(value);
    if (member !== null) return `${member[1]}-${this.#id('uuid', member[2] as string)}`;
    return value
      .replaceAll(JAVA_UUID, (found) => this.#id('uuid', found))
      .replaceAll(
        /(127\.0\.0\.1):(\d+)/g,
        (_, host: string, port: string) => `${host}:${this.#ports.get(Number(port)) ?? '<another port>'}`,
      )
      .replaceAll(DIRECTORY, '<directory>');
  }

  /** The same name for the same value, numbered by first appearance. */
  #id(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    let name = this.#given.get(key);
    if (name === undefined) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      name = `<${kind} ${count}>`;
      this.#given.set(key, name);
    }
    return name;
  }

  #records(bytes: Uint8Array, context: string): Plain {
    const batches: Plain[] = [];
    forEachBatch(bytes, (header, position) => {
      const { crc, sizeInBytes, ...rest } = header;
      void crc;
      // Two encoders pack the same records into different numbers of bytes.
      const size = header.compression === 'none' ? sizeInBytes : null;
      batches.push(this.plain({ ...rest, size, records: null, contents: decodeRecords(bytes, position) }, context));
    });
    return batches;
  }
}

function text(bytes: Uint8Array): string {
  const long = bytes.length > 200;
  return `${Buffer.from(long ? bytes.subarray(0, 40) : bytes).toString('latin1')}${long ? `... (${bytes.length} bytes)` : ''}`;
}

/** The field that tells the entries of a list apart, if there is one. */
export function identityOf(list: readonly Plain[]): string | null {
  for (const field of IDENTITIES) {
    const isKey = list.every((item) => isFields(item) && item[field] !== undefined && item[field] !== null);
    if (isKey && list.length > 0) return field;
  }
  return null;
}

function inOrder(list: Plain[]): Plain[] {
  const identity = identityOf(list);
  if (identity === null) return list;
  const keyOf = (item: Plain): string | number => (item as Record<string, string | number>)[identity] as string | number;
  return list.toSorted((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

export function isFields(value: Plain): value is { readonly [field: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
