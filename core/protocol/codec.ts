/**
 * Kafka's messages to bytes and back. Encoders and decoders are compiled from the schemas when a (message, version) is first
 * met. Decoding malformed bytes throws DecodeError and nothing else; encoding what the wire can't hold throws EncodeError.
 *
 * `bytes` and `records` fields decode to views of the input, not copies.
 */
import { compileDecoder, type Decode } from './compile-decoder.ts';
import { compileEncoder, type Encode } from './compile-encoder.ts';
import { inVersions, layoutOf, versionRange } from './layout.ts';
import {
  type ApiName,
  APIS,
  DATA,
  type DataName,
  type DataTypes,
  METADATA_RECORDS,
  type MetadataRecordName,
  type MetadataRecordTypes,
  type RequestTypes,
  type ResponseTypes,
} from './messages/index.ts';
import { DecodeError, Reader } from './reader.ts';
import type { Draft, MessageSchema } from './schema.ts';
import { EncodeError, Writer } from './writer.ts';

export { DecodeError, MAX_INT64, MIN_INT64 } from './reader.ts';
export { EncodeError } from './writer.ts';

/** The bytes are of a version that the codec does not know. */
export class UnsupportedVersionError extends DecodeError {
  override readonly name = 'UnsupportedVersionError';
}

/** One message with its compiled versions. */
class MessageCodec {
  readonly schema: MessageSchema;
  readonly lowest: number;
  readonly highest: number;
  readonly firstFlexible: number;
  readonly #decoders: (Decode | undefined)[] = [];
  readonly #encoders: (Encode | undefined)[] = [];

  constructor(schema: MessageSchema) {
    this.schema = schema;
    [this.lowest, this.highest] = versionRange(schema.validVersions);
    const [lowest, highest] = versionRange(schema.flexibleVersions);
    this.firstFlexible = highest < lowest ? 0x8000 : lowest;
  }

  decoder(version: number): Decode {
    return this.#decoders[version] ?? this.#makeDecoder(version);
  }

  encoder(version: number): Encode {
    return this.#encoders[version] ?? this.#makeEncoder(version);
  }

  #makeDecoder(version: number): Decode {
    if (!inVersions(version, this.schema.validVersions))
      throw new UnsupportedVersionError(`${this.schema.name} has no version ${version}`);
    const made = compileDecoder(layoutOf(this.schema, version));
    this.#decoders[version] = made;
    return made;
  }

  #makeEncoder(version: number): Encode {
    if (!inVersions(version, this.schema.validVersions)) throw new EncodeError(`${this.schema.name} has no version ${version}`);
    const made = compileEncoder(layoutOf(this.schema, version));
    this.#encoders[version] = made;
    return made;
  }
}

interface Api {
  readonly apiKey: number;
  readonly name: ApiName;
  readonly request: MessageCodec;
  readonly response: MessageCodec;
}

const apisByName = new Map<string, Api>();
const apisByKey: (Api | undefined)[] = [];
for (const { apiKey, name, request, response } of APIS) {
  const api: Api = { apiKey, name, request: new MessageCodec(request), response: new MessageCodec(response) };
  apisByName.set(name, api);
  apisByKey[apiKey] = api;
}

const data = new Map<string, MessageCodec>();
for (const [name, schema] of Object.entries(DATA)) data.set(name, new MessageCodec(schema));

const metadataRecords = new Map<string, MessageCodec>();
const metadataRecordsByKey: (MessageCodec | undefined)[] = [];
for (const [name, schema] of Object.entries(METADATA_RECORDS)) {
  const codec = new MessageCodec(schema);
  metadataRecords.set(name, codec);
  metadataRecordsByKey[schema.apiKey as number] = codec;
}

// Encoding and decoding are never nested, so one reader and one writer do for all.
const reader = new Reader();
const writer = new Writer();

const API_VERSIONS_KEY = 18;
const METADATA_FRAME_VERSION = 1;
const COORDINATOR_KEY_VERSION = 0;

function apiByName(name: ApiName): Api {
  const api = apisByName.get(name);
  if (api === undefined) throw new EncodeError(`no API ${name}`);
  return api;
}

/** The API of a key, or undefined if Kafka's clients and brokers of this version know none. */
export function apiName(apiKey: number): ApiName | undefined {
  return apisByKey[apiKey]?.name;
}

/** The versions of an API that the codec knows, both ends included. */
export function codecVersions(api: ApiName): readonly [lowest: number, highest: number] {
  const { request } = apiByName(api);
  return [request.lowest, request.highest];
}

/** A stored record, header or embedded message, without any frame or version prefix. */
export function encodeMessage<K extends DataName>(name: K, version: number, body: Draft<DataTypes[K]>): Uint8Array {
  const codec = data.get(name) as MessageCodec;
  const encode = codec.encoder(version);
  encode(writer.reset(), body);
  return writer.finish();
}

/** The inverse of `encodeMessage`. Bytes after the message are ignored, as in Kafka: a newer writer may have put them there. */
export function decodeMessage<K extends DataName>(name: K, version: number, bytes: Uint8Array): DataTypes[K] {
  const codec = data.get(name) as MessageCodec;
  const decode = codec.decoder(version);
  try {
    return decode(reader.reset(bytes, 0, bytes.length)) as DataTypes[K];
  } finally {
    reader.release();
  }
}

/** A message with its version as int16 before it: values of the internal topics, embedded consumer protocol. */
export function encodeVersionedMessage<K extends DataName>(name: K, version: number, body: Draft<DataTypes[K]>): Uint8Array {
  const encode = (data.get(name) as MessageCodec).encoder(version);
  writer.reset().int16(version);
  encode(writer, body);
  return writer.finish();
}

/** A record key of an internal topic: the number of its kind as int16, then the key, which has no versions. */
export function encodeCoordinatorKey<K extends DataName>(name: K, body: Draft<DataTypes[K]>): Uint8Array {
  const codec = data.get(name) as MessageCodec;
  const encode = codec.encoder(COORDINATOR_KEY_VERSION);
  writer.reset().int16(codec.schema.apiKey as number);
  encode(writer, body);
  return writer.finish();
}

/** The inverse of `encodeCoordinatorKey`, of a key of this kind. */
export function decodeCoordinatorKey<K extends DataName>(name: K, bytes: Uint8Array): DataTypes[K] {
  return decodeMessage(name, COORDINATOR_KEY_VERSION, bytes.subarray(2));
}

/** What an internal topic's key or value begins with: the kind of a key, the version of a value. */
export function messageVersion(bytes: Uint8Array): number {
  if (bytes.length < 2) throw new DecodeError('no version prefix');
  return (((bytes[0] as number) << 24) >> 16) | (bytes[1] as number);
}

/** The inverse of `encodeVersionedMessage`; UnsupportedVersionError (a DecodeError) if the version is unknown. */
export function decodeVersionedMessage<K extends DataName>(name: K, bytes: Uint8Array): { version: number; data: DataTypes[K] } {
  const version = messageVersion(bytes);
  return { version, data: decodeMessage(name, version, bytes.subarray(2)) };
}

/** A record of the metadata log in Kafka's frame: frame version 1, record type and version, as unsigned varints. */
export function encodeMetadataRecord<K extends MetadataRecordName>(
  name: K,
  version: number,
  body: Draft<MetadataRecordTypes[K]>,
): Uint8Array {
  const codec = metadataRecords.get(name) as MessageCodec;
  const encode = codec.encoder(version);
  writer.reset().uvarint(METADATA_FRAME_VERSION);
  writer.uvarint(codec.schema.apiKey as number);
  writer.uvarint(version);
  encode(writer, body);
  return writer.finish();
}

/** A decoded record of the metadata log. */
export type MetadataRecord = {
  [K in MetadataRecordName]: { readonly type: K; readonly version: number; readonly data: MetadataRecordTypes[K] };
}[MetadataRecordName];

/** The inverse of `encodeMetadataRecord`. */
export function decodeMetadataRecord(bytes: Uint8Array): MetadataRecord {
  try {
    reader.reset(bytes, 0, bytes.length);
    const frameVersion = reader.uvarint();
    if (frameVersion !== METADATA_FRAME_VERSION) reader.fail(`metadata frame version ${frameVersion}`);
    const type = reader.uvarint();
    const codec = metadataRecordsByKey[type];
    if (codec === undefined) return reader.fail(`metadata record type ${type}`);
    const version = reader.uvarint();
    const decode = codec.decoder(version);
    const record = { type: codec.schema.name, version, data: decode(reader) };
    reader.finish();
    return record as MetadataRecord;
  } finally {
    reader.release();
  }
}

/** Request header versions: 2 with tagged fields, 1 without. */
function writeRequestHeader(api: Api, version: number, correlationId: number, clientId: string | null): void {
  writer.int16(api.apiKey);
  writer.int16(version);
  writer.int32(correlationId);
  writer.nullableString(clientId);
  if (version >= api.request.firstFlexible) writer.uvarint(0);
}

/** Puts the frame's length into the four bytes that were left for it. */
function finishFrame(): Uint8Array {
  const frame = writer.finishPooled();
  const length = frame.length - 4;
  frame[0] = length >> 24;
  frame[1] = length >> 16;
  frame[2] = length >> 8;
  frame[3] = length;
  return frame;
}

/** A whole request frame with its 4-byte length. */
export function encodeRequest<A extends ApiName>(
  apiName: A,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: Draft<RequestTypes[A]>,
): Uint8Array {
  const api = apiByName(apiName);
  const encode = api.request.encoder(version);
  writer.resetPooled().int32(0);
  writeRequestHeader(api, version, correlationId, clientId);
  encode(writer, body);
  return finishFrame();
}

export interface RequestHeader {
  readonly api: ApiName;
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

export interface DecodedRequest extends RequestHeader {
  readonly body: RequestTypes[ApiName];
}

interface HeaderInReader extends RequestHeader {
  readonly entry: Api;
}

function readRequestHeader(): HeaderInReader {
  const apiKey = reader.int16();
  const version = reader.int16();
  const correlationId = reader.int32();
  const entry = apiKey < 0 ? undefined : apisByKey[apiKey];
  if (entry === undefined) throw new UnsupportedVersionError(`no API has key ${apiKey}`);
  const clientId = reader.nullableString();
  if (version >= entry.request.firstFlexible) reader.skipTags();
  return { entry, api: entry.name, apiKey, version, correlationId, clientId };
}

/**
 * The header alone, also for versions of the API that the codec does not know: so that a server can answer an ApiVersions
 * request from the future (KIP-511). `payload` is a frame without its length.
 */
export function decodeRequestHeader(payload: Uint8Array): RequestHeader {
  try {
    reader.reset(payload, 0, payload.length);
    const { api, apiKey, version, correlationId, clientId } = readRequestHeader();
    return { api, apiKey, version, correlationId, clientId };
  } finally {
    reader.release();
  }
}

/** A whole request; `payload` is a frame without its length. UnsupportedVersionError for an unknown API or version. */
export function decodeRequest(payload: Uint8Array): DecodedRequest {
  try {
    reader.reset(payload, 0, payload.length);
    // It may come from anybody's client: of a tagged field that it knows Kafka reads what is there, whatever size is announced.
    reader.checksTagSizes = false;
    const { entry, api, apiKey, version, correlationId, clientId } = readRequestHeader();
    const decode = entry.request.decoder(version);
    // Bytes behind the body are let pass, as in Kafka: librdkafka 2.12 sends three with the Metadata request for all topics.
    const body = decode(reader) as RequestTypes[ApiName];
    return { api, apiKey, version, correlationId, clientId, body };
  } finally {
    reader.release();
  }
}

/** Response header v1 has tagged fields; ApiVersions is always answered with v0, since the client may not know ours yet. */
function hasResponseTags(api: Api, version: number): boolean {
  return api.apiKey !== API_VERSIONS_KEY && version >= api.response.firstFlexible;
}

/** A whole response frame with its 4-byte length. */
export function encodeResponse<A extends ApiName>(
  apiName: A,
  version: number,
  correlationId: number,
  body: Draft<ResponseTypes[A]>,
): Uint8Array {
  const api = apiByName(apiName);
  const encode = api.response.encoder(version);
  writer.resetPooled().int32(0);
  writer.int32(correlationId);
  if (hasResponseTags(api, version)) writer.uvarint(0);
  encode(writer, body);
  return finishFrame();
}

/** A whole response to a request of this API and version; `payload` is a frame without its length. */
export function decodeResponse<A extends ApiName>(
  apiName: A,
  version: number,
  payload: Uint8Array,
): { correlationId: number; body: ResponseTypes[A] } {
  const api = apiByName(apiName);
  const decode = api.response.decoder(version);
  try {
    reader.reset(payload, 0, payload.length);
    const correlationId = reader.int32();
    if (hasResponseTags(api, version)) reader.skipTags();
    const body = decode(reader) as ResponseTypes[A];
    reader.finish();
    return { correlationId, body };
  } finally {
    reader.release();
  }
}
