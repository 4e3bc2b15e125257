/** The codec: time per frame of the three requests that matter most, as they occur in the scenario `reference`. */
import type { ApiName, RequestTypes, ResponseTypes } from '../core/protocol/messages/index.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../core/protocol/codec.ts';
import { encodeBatch } from '../core/protocol/records.ts';
import type { Draft } from '../core/protocol/schema.ts';
import { ErrorCode } from '../core/protocol/errors.ts';
import type { Figure } from './figure.ts';
import { spread, stopwatch } from './statistics.ts';

const LENGTH_BYTES = 4;
const TOPIC_ID = 'Zx0vTs1QRW2bYcD3eFgHiA';
const text = new TextEncoder();
const batch = encodeBatch([{ key: text.encode('k7'), value: text.encode('writer-1/12345'), timestamp: 1_700_000_000_000 }]);

interface Sample<A extends ApiName> {
  readonly api: A;
  readonly version: number;
  readonly request: Draft<RequestTypes[A]>;
  readonly response: Draft<ResponseTypes[A]>;
}

const PRODUCE: Sample<'Produce'> = {
  api: 'Produce',
  version: 11,
  request: {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: 'orders', partitionData: [{ index: 1, records: batch }] }],
  },
  response: {
    responses: [
      { name: 'orders', partitionResponses: [{ index: 1, errorCode: ErrorCode.NONE, baseOffset: 1234, logStartOffset: 0 }] },
    ],
  },
};

const FETCH: Sample<'Fetch'> = {
  api: 'Fetch',
  version: 17,
  request: {
    replicaState: { replicaId: 2, replicaEpoch: 17 },
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 10_485_760,
    sessionId: 123_456_789,
    sessionEpoch: 42,
    topics: [
      {
        topicId: TOPIC_ID,
        partitions: [
          {
            partition: 1,
            currentLeaderEpoch: 3,
            fetchOffset: 1234,
            lastFetchedEpoch: 3,
            logStartOffset: 0,
            partitionMaxBytes: 1_048_576,
          },
        ],
      },
    ],
  },
  response: {
    sessionId: 123_456_789,
    responses: [
      {
        topicId: TOPIC_ID,
        partitions: [
          {
            partitionIndex: 1,
            errorCode: ErrorCode.NONE,
            highWatermark: 1234,
            lastStableOffset: 1234,
            logStartOffset: 0,
            records: batch,
          },
        ],
      },
    ],
  },
};

const METADATA: Sample<'Metadata'> = {
  api: 'Metadata',
  version: 12,
  request: { topics: [{ name: 'orders' }], allowAutoTopicCreation: true },
  response: {
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092 })),
    clusterId: 'trial',
    controllerId: 1,
    topics: [
      {
        name: 'orders',
        topicId: TOPIC_ID,
        partitions: [0, 1, 2].map((partitionIndex) => ({
          partitionIndex,
          leaderId: partitionIndex + 1,
          leaderEpoch: 3,
          replicaNodes: [1, 2, 3],
          isrNodes: [1, 2, 3],
        })),
      },
    ],
  },
};

/** Encoding and decoding, frame header included. `frames` per round. */
export function measureCodec(frames: number, rounds: number): Figure[] {
  return [...figuresOf(PRODUCE, frames, rounds), ...figuresOf(FETCH, frames, rounds), ...figuresOf(METADATA, frames, rounds)];
}

function figuresOf<A extends ApiName>(sample: Sample<A>, frames: number, rounds: number): Figure[] {
  const { api, version, request, response } = sample;
  const sent = encodeRequest(api, version, 7, 'client-1', request);
  const answered = encodeResponse(api, version, 7, response);
  const sentPayload = sent.subarray(LENGTH_BYTES);
  const answeredPayload = answered.subarray(LENGTH_BYTES);
  const cases: readonly [string, number, () => unknown][] = [
    ['request encode', sent.length, () => encodeRequest(api, version, 7, 'client-1', request)],
    ['request decode', sent.length, () => decodeRequest(sentPayload)],
    ['response encode', answered.length, () => encodeResponse(api, version, 7, response)],
    ['response decode', answered.length, () => decodeResponse(api, version, answeredPayload)],
  ];
  return cases.map(([what, bytes, once]) => ({
    id: `codec.${api.toLowerCase()}.${what.replace(' ', '-')}`,
    title: `${api} v${version} ${what}, ${bytes} bytes`,
    unit: 'ns',
    clock: 'cpu',
    value: spread(timesOf(once, frames, rounds)),
  }));
}

function timesOf(once: () => unknown, frames: number, rounds: number): number[] {
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const elapsed = stopwatch();
    for (let i = 0; i < frames; i++) once();
    if (round >= 0) times.push((elapsed().threadMs * 1e6) / frames);
  }
  return times;
}
