import test from 'ava';
import fc from 'fast-check';
import {
  decodeMessage,
  decodeMetadataRecord,
  DecodeError,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  decodeVersionedMessage,
  EncodeError,
  encodeMessage,
  encodeMetadataRecord,
  encodeRequest,
  encodeResponse,
  encodeVersionedMessage,
  MAX_INT64,
  MIN_INT64,
} from './codec.ts';
import { type FieldLayout, layoutOf, type Primitive, type StructLayout, versionRange } from './layout.ts';
import {
  type ApiName,
  APIS,
  DATA,
  type DataName,
  type DataTypes,
  METADATA_RECORDS,
  type MetadataRecordName,
  type RequestTypes,
  type ResponseTypes,
} from './messages/index.ts';
import type { Draft, MessageSchema } from './schema.ts';
import { uuidFromBytes } from './uuid.ts';

const PRIMITIVES: { readonly [P in Primitive]: fc.Arbitrary<unknown> } = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffffffff }),
  hash64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  int64: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(MAX_INT64, MIN_INT64)),
  float64: fc.double({ noNaN: true }),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes),
  string: fc.oneof(fc.string({ unit: 'binary', maxLength: 90 }), fc.string({ maxLength: 10 })),
  bytes: fc.uint8Array({ maxLength: 20 }),
  records: fc.uint8Array({ maxLength: 200 }),
};

function valueOf(field: FieldLayout): fc.Arbitrary<unknown> {
  let value = typeof field.type === 'string' ? PRIMITIVES[field.type] : structOf(field.type);
  if (field.isArray) value = fc.array(value, { maxLength: 3 });
  return field.nullable ? fc.option(value, { freq: 4 }) : value;
}

function structOf(struct: StructLayout): fc.Arbitrary<{ [name: string]: unknown }> {
  const model: { [name: string]: fc.Arbitrary<unknown> } = {};
  for (const field of struct.fields) if (field.place !== 'absent') model[field.name] = valueOf(field);
  return fc.record(model, { requiredKeys: [] });
}

interface Coding {
  readonly label: string;
  readonly schema: MessageSchema;
  readonly version: number;
  readonly encode: (body: object) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => object;
}

function* codings(): Generator<Coding> {
  const versions = function* (schema: MessageSchema): Generator<number> {
    const [lowest, highest] = versionRange(schema.validVersions);
    for (let version = lowest; version <= highest; version++) yield version;
  };
  for (const { name, request, response } of APIS) {
    for (const version of versions(request)) {
      yield {
        label: `${name} request v${version}`,
        schema: request,
        version,
        encode: (body) => encodeRequest(name, version, 7, 'client', body as Draft<RequestTypes[ApiName]>).subarray(4),
        decode: (bytes) => decodeRequest(bytes).body,
      };
    }
    for (const version of versions(response)) {
      yield {
        label: `${name} response v${version}`,
        schema: response,
        version,
        encode: (body) => encodeResponse(name, version, 7, body as Draft<ResponseTypes[ApiName]>).subarray(4),
        decode: (bytes) => decodeResponse(name, version, bytes).body,
      };
    }
  }
  for (const [name, schema] of Object.entries(DATA)) {
    for (const version of versions(schema)) {
      yield {
        label: `${name} v${version}`,
        schema,
        version,
        encode: (body) => encodeMessage(name as DataName, version, body as Draft<DataTypes[DataName]>),
        decode: (bytes) => decodeMessage(name as DataName, version, bytes),
      };
    }
  }
  for (const [name, schema] of Object.entries(METADATA_RECORDS)) {
    for (const version of versions(schema)) {
      yield {
        label: `${name} v${version}`,
        schema,
        version,
        encode: (body) => encodeMetadataRecord(name as MetadataRecordName, version, body),
        decode: (bytes) => decodeMetadataRecord(bytes).data,
      };
    }
  }
}

/** Is everything that the draft says in the decoded message? */
function holds(draft: unknown, decoded: unknown): boolean {
  if (typeof draft !== 'object' || draft === null) return Object.is(draft, decoded) || (draft === 0 && decoded === 0);
  if (draft instanceof Uint8Array) return decoded instanceof Uint8Array && draft.join() === decoded.join();
  if (Array.isArray(draft))
    return Array.isArray(decoded) && draft.length === decoded.length && draft.every((v, i) => holds(v, decoded[i]));
  return Object.entries(draft).every(([name, value]) => holds(value, (decoded as { [name: string]: unknown })[name]));
}

test('every version of every message survives a round trip', (t) => {
  for (const { label, schema, version, encode, decode } of codings()) {
    const property = fc.property(structOf(layoutOf(schema, version)), (draft) => {
      const bytes = encode(draft);
      const decoded = decode(bytes);
      if (!holds(draft, decoded)) throw new Error(`${label}: ${JSON.stringify(draft)} became ${JSON.stringify(decoded)}`);
      const again = encode(decoded);
      if (bytes.join() !== again.join()) throw new Error(`${label}: not the same bytes again`);
    });
    fc.assert(property, { numRuns: 8, seed: 1 });
  }
  t.pass();
});

test('malformed bytes give DecodeError and nothing else', (t) => {
  const mutation = fc.tuple(fc.constantFrom('cut', 'set', 'random'), fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  let refused = 0;
  for (const { label, schema, version, encode, decode } of codings()) {
    const property = fc.property(
      structOf(layoutOf(schema, version)),
      mutation,
      fc.uint8Array({ maxLength: 40 }),
      (draft, how, noise) => {
        let bytes = encode(draft);
        const at = bytes.length === 0 ? 0 : how[1] % bytes.length;
        if (how[0] === 'cut') bytes = bytes.subarray(0, at);
        else if (how[0] === 'set') bytes.fill(how[2], at, at + 5);
        else bytes.set(noise.subarray(0, bytes.length - at), at);
        try {
          decode(bytes);
        } catch (error) {
          if (!(error instanceof DecodeError)) throw new Error(`${label}: ${String(error)}`);
          refused++;
        }
      },
    );
    fc.assert(property, { numRuns: 10, seed: 2 });
  }
  t.true(refused > 1000);
});

test('an array length beyond the input is refused before anything is allocated', (t) => {
  const frame = encodeRequest('Metadata', 1, 1, null, { topics: [] }).subarray(4);
  frame.set([0x7f, 0xff, 0xff, 0xff], frame.length - 4);
  t.throws(() => decodeRequest(frame), { instanceOf: DecodeError });
});

test('int64: safe integers and the two ends of the range, nothing between', (t) => {
  const record = encodeMessage('OffsetCommitValue', 1, { offset: 5, commitTimestamp: 6, expireTimestamp: MAX_INT64 });
  t.deepEqual([...record.subarray(-8)], [0x7f, 255, 255, 255, 255, 255, 255, 255]);
  t.is(decodeMessage('OffsetCommitValue', 1, record).expireTimestamp, MAX_INT64);
  record.set([0, 0x20, 0, 0, 0, 0, 0, 0], record.length - 8);
  t.throws(() => decodeMessage('OffsetCommitValue', 1, record), { instanceOf: DecodeError });
  t.throws(() => encodeMessage('OffsetCommitValue', 1, { offset: 2 ** 60 }), { instanceOf: EncodeError });
});

test('unknown tagged fields and bytes behind a request are skipped', (t) => {
  const frame = encodeRequest('Heartbeat', 4, 1, 'c', { groupId: 'g' }).subarray(4);
  t.is(frame.at(-1), 0);
  const tagged = Uint8Array.of(...frame.subarray(0, -1), 1, 99, 3, 1, 2, 3);
  t.is((decodeRequest(tagged).body as RequestTypes['Heartbeat']).groupId, 'g');
  t.is((decodeRequest(Uint8Array.of(...frame, 0)).body as RequestTypes['Heartbeat']).groupId, 'g');
});

test('a request may announce a wrong size of a tagged field that is known, an answer may not', (t) => {
  const body = { topics: [], clusterId: 'c' };
  const request = encodeRequest('Fetch', 12, 1, null, body).slice(4);
  // The last bytes: one tag, its number 0, its size, and the string of one character.
  t.deepEqual([...request.slice(-5)], [1, 0, 2, 2, 99]);
  request[request.length - 3] = 1;
  t.is((decodeRequest(request).body as RequestTypes['Fetch']).clusterId, 'c');
  const answer = encodeResponse('ApiVersions', 3, 1, { finalizedFeaturesEpoch: 5 }).slice(4);
  const at = answer.lastIndexOf(8);
  t.deepEqual(decodeResponse('ApiVersions', 3, answer).body.finalizedFeaturesEpoch, 5);
  answer[at] = 7;
  t.throws(() => decodeResponse('ApiVersions', 3, answer), { instanceOf: DecodeError });
});

test('headers: ApiVersions is answered with header v0, and its header is readable in unknown versions', (t) => {
  const response = encodeResponse('ApiVersions', 3, 9, {});
  t.deepEqual([...response.subarray(4, 10)], [0, 0, 0, 9, 0, 0]);
  const future = encodeRequest('ApiVersions', 4, 5, 'c', {}).subarray(4);
  future[3] = 77;
  t.deepEqual(decodeRequestHeader(future), { api: 'ApiVersions', apiKey: 18, version: 77, correlationId: 5, clientId: 'c' });
});

test('values that the wire cannot hold are refused', (t) => {
  t.throws(() => encodeRequest('Heartbeat', 4, 1, 'c', { generationId: Number.NaN }), { instanceOf: EncodeError });
  t.throws(() => encodeRequest('Heartbeat', 4, 1, 'c', { groupId: null as unknown as string }), { instanceOf: EncodeError });
  t.throws(() => encodeRequest('Heartbeat', 99, 1, 'c', {}), { instanceOf: EncodeError });
});

test('a struct in a tagged field that may be null is written as Kafka writes it', (t) => {
  // Kafka 4.4.0 wrote it: the member of a consumer group, without a part of the classic protocol.
  const written = '00000000076f7261636c650b2f3132372e302e302e31020661736b6564010000ea600001000100';
  const bytes = Uint8Array.from(Buffer.from(written, 'hex'));
  const member = decodeVersionedMessage('ConsumerGroupMemberMetadataValue', bytes).data;
  t.is(member.classicMemberMetadata, null);
  t.deepEqual(encodeVersionedMessage('ConsumerGroupMemberMetadataValue', 0, member), bytes);
  const metadata = new Uint8Array(300);
  const classic = { ...member, classicMemberMetadata: { sessionTimeoutMs: 1, supportedProtocols: [{ name: 'n', metadata }] } };
  const long = encodeVersionedMessage('ConsumerGroupMemberMetadataValue', 0, classic);
  // The tag, its size, that there is one, and how it begins.
  t.is(Buffer.from(long.subarray(bytes.length - 3, bytes.length + 5)).toString('hex'), '00b8020100000001');
  t.deepEqual(decodeVersionedMessage('ConsumerGroupMemberMetadataValue', long).data, classic);
});
