/** Frames that no client sends: random bytes, wrong lengths, unknown APIs, mutilated requests, absurd array lengths. From a seed. */
import seedrandom from 'seedrandom';
import { RELEASE_APIS, type VersionRange } from '../core/rpc/api-versions.ts';
import { encodeRequest } from '../core/protocol/codec.ts';
import { type ApiName, ApiKey } from '../core/protocol/messages/index.ts';
import { encodeBatch } from '../core/protocol/records.ts';

const text = new TextEncoder();

/** The ends of the ranges of int64 and int32, and of what a JavaScript number holds exactly. */
const EXTREMES = [
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 0],
].map((bytes) => Uint8Array.from(bytes));

export class MalformedFrames {
  readonly #next: () => number;
  readonly #apis = Object.keys(ApiKey) as ApiName[];

  constructor(seed: string) {
    this.#next = seedrandom(seed);
  }

  #below(bound: number): number {
    return Math.floor(this.#next() * bound);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#below(256));
  }

  /** One frame, or what is sent in place of one. */
  next(): Uint8Array {
    switch (this.#below(8)) {
      case 0:
        return this.#bytes(1 + this.#below(64));
      case 1:
        return framed(this.#bytes(this.#below(200)));
      case 2:
        return this.#wrongLength();
      case 3:
        return this.#knownHeaderRandomBody();
      case 4:
        return this.#absurdLengths();
      case 5:
        return this.#unknownApi();
      default:
        return this.#mutilated();
    }
  }

  #wrongLength(): Uint8Array {
    const frame = this.#valid();
    const view = new DataView(frame.buffer, frame.byteOffset);
    view.setInt32(0, this.#pick([-1, 0, 1, 0x7fffffff, -0x80000000, frame.length, frame.length * 2, 104_857_601]));
    return frame;
  }

  #header(api: number, version: number): Uint8Array {
    const header = new Uint8Array(14);
    const view = new DataView(header.buffer);
    view.setInt16(0, api);
    view.setInt16(2, version);
    view.setInt32(4, this.#below(1000));
    view.setInt16(8, 4);
    header.set(text.encode('fuzz'), 10);
    return header;
  }

  #anyVersion(): readonly [api: number, version: number] {
    const api = this.#pick(this.#apis);
    const [min, max] = RELEASE_APIS.get(api) as VersionRange;
    return [ApiKey[api], min + this.#below(max - min + 2)];
  }

  #knownHeaderRandomBody(): Uint8Array {
    return framed(this.#header(...this.#anyVersion()), this.#bytes(this.#below(120)));
  }

  /** Lengths of 2^31 - 1, -1, -2 and their varint forms where arrays, strings and bytes begin. */
  #absurdLengths(): Uint8Array {
    const parts = Array.from({ length: 1 + this.#below(6) }, () =>
      this.#pick([
        [0x7f, 0xff, 0xff, 0xff],
        [0xff, 0xff, 0xff, 0xfe],
        [0x7f, 0xff],
        [0xff, 0xff, 0xff, 0xff, 0x0f],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0, 0, 0, 1],
        [0, 1, 97],
        [2],
        [0],
      ]),
    );
    return framed(this.#header(...this.#anyVersion()), Uint8Array.from(parts.flat()));
  }

  #unknownApi(): Uint8Array {
    return framed(this.#header(this.#pick([-1, 90, 999, 32_767, 7, 18]), this.#pick([-1, 0, 99, 32_767])), this.#bytes(20));
  }

  #mutilated(): Uint8Array {
    const frame = this.#valid();
    for (let count = 1 + this.#below(4); count > 0; count--) {
      const at = 4 + this.#below(frame.length - 4);
      if (this.#below(3) === 0) frame.set(this.#pick(EXTREMES).subarray(0, frame.length - at), at);
      else frame[at] = this.#pick([0, 1, 0x7f, 0x80, 0xff, this.#below(256)]);
    }
    return this.#below(4) === 0 ? frame.slice(0, 1 + this.#below(frame.length)) : frame;
  }

  /** A request as a client would send it; a copy that may be written to. */
  #valid(): Uint8Array {
    const id = this.#below(1000);
    const batch = encodeBatch([{ key: null, value: text.encode('fuzz'), timestamp: 1 }], {
      compression: this.#pick(['none', 'gzip', 'snappy', 'lz4', 'zstd']),
    });
    const version = (api: ApiName): number => {
      const [min, max] = RELEASE_APIS.get(api) as VersionRange;
      return min + this.#below(max - min + 1);
    };
    const member = { groupId: 'fuzz', memberId: this.#pick(['', 'm']), generationId: 1, groupInstanceId: null };
    switch (this.#below(9)) {
      case 0:
        return encodeRequest('Produce', 3 + this.#below(7), id, 'fuzz', {
          acks: this.#pick([-1, 0, 1]),
          timeoutMs: 100,
          topicData: [{ name: 'fuzz', partitionData: [{ index: 0, records: batch }] }],
        }).slice();
      case 1:
        return encodeRequest('Fetch', 4 + this.#below(9), id, 'fuzz', {
          maxWaitMs: 1,
          minBytes: 0,
          maxBytes: 1000,
          topics: [{ topic: 'fuzz', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
        }).slice();
      case 2:
        return encodeRequest('Metadata', 4 + this.#below(6), id, 'fuzz', { topics: [{ name: 'fuzz' }] }).slice();
      case 3:
        return encodeRequest('ListOffsets', 1 + this.#below(5), id, 'fuzz', {
          replicaId: -1,
          topics: [{ name: 'fuzz', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
        }).slice();
      case 4:
        return encodeRequest('JoinGroup', this.#below(6), id, 'fuzz', {
          ...member,
          sessionTimeoutMs: 10_000,
          rebalanceTimeoutMs: 10,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: new Uint8Array(4) }],
        }).slice();
      case 5:
        return encodeRequest('OffsetCommit', 2 + this.#below(6), id, 'fuzz', {
          groupId: 'fuzz',
          memberId: '',
          generationIdOrMemberEpoch: -1,
          topics: [{ name: 'fuzz', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
        }).slice();
      case 6:
        return encodeRequest('CreateTopics', 2 + this.#below(5), id, 'fuzz', {
          timeoutMs: 100,
          topics: [{ name: 'fuzz-other', numPartitions: 1, replicationFactor: 1 }],
        }).slice();
      case 7:
        return encodeRequest('FindCoordinator', this.#below(4), id, 'fuzz', { key: 'fuzz' }).slice();
      default:
        return encodeRequest('ApiVersions', version('ApiVersions'), id, 'fuzz', {}).slice();
    }
  }
}

function framed(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const frame = new Uint8Array(4 + length);
  new DataView(frame.buffer).setInt32(0, length);
  let at = 4;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
