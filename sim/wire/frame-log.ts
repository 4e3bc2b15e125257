/**
 * Keeps every frame that passes over a run's network: who sent what to whom, when it was read, and which request a response answers.
 * Bytes are kept by reference and decoded only when somebody asks. On a connection that speaks something else nothing is kept.
 */
import { apiName, decodeRequest, decodeResponse } from '../../core/protocol/codec.ts';
import { FrameReader } from '../../core/protocol/framing.ts';
import type { ApiName } from '../../core/protocol/messages/index.ts';
import { DecodeError } from '../../core/protocol/reader.ts';
import type { Micros } from '../../ports/time.ts';
import type { NetworkTap, TappedEnd } from '../../world/network-tap.ts';

/** Largest frame that is looked at. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** Ports of those who connect begin here. */
const FIRST_OWN_PORT = 49_152;
const REQUEST_HEADER_BYTES = 8;
const RESPONSE_HEADER_BYTES = 4;

export interface Frame {
  readonly sentUs: Micros;
  /** When the last of its bytes was read; -1: they never were. */
  readUs: Micros;
  /** Process names. */
  readonly from: string;
  readonly to: string;
  readonly isRequest: boolean;
  /** Null: of an API that nobody knows. */
  readonly api: ApiName | null;
  readonly version: number;
  readonly correlationId: number;
  /** Of a response, the index of its request, and the other way round; -1: there is none. */
  pair: number;
  /** Without its length. */
  readonly payload: Uint8Array;
}

/** What one end sends. */
interface Stream {
  readonly reader: FrameReader;
  /** Frames that were sent and are not read, with how many bytes had been sent at their end. */
  readonly underWay: { readonly frame: Frame; readonly endsAt: number }[];
  sentBytes: number;
  readBytes: number;
  speaksKafka: boolean;
  /** Requests without a response, by correlation id, as indexes of frames. */
  readonly unanswered: Map<number, number>;
}

/** As a frame is shown to people: its header and its body, or why that can't be decoded. */
export interface DecodedFrame {
  readonly title: string;
  readonly body: unknown;
}

export class FrameLog implements NetworkTap {
  readonly frames: Frame[] = [];
  readonly #nowUs: () => Micros;
  readonly #streams = new Map<TappedEnd, Stream>();

  constructor(nowUs: () => Micros) {
    this.#nowUs = nowUs;
  }

  sent(from: TappedEnd, bytes: Uint8Array): void {
    const stream = this.#streamOf(from);
    if (!stream.speaksKafka) return;
    const before = stream.sentBytes;
    stream.sentBytes += bytes.length;
    try {
      // A frame ends where this chunk does, or before: chunks that hold several frames are rare, and the difference is none in time.
      stream.reader.push(bytes, (payload) => this.#framed(from, stream, payload));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      stream.speaksKafka = false;
      stream.sentBytes = before;
    }
  }

  read(by: TappedEnd, bytes: Uint8Array): void {
    const stream = this.#streams.get(by.incoming.sender);
    if (stream === undefined) return;
    stream.readBytes += bytes.length;
    for (let next = stream.underWay[0]; next !== undefined && next.endsAt <= stream.readBytes; next = stream.underWay[0]) {
      next.frame.readUs = this.#nowUs();
      stream.underWay.shift();
    }
  }

  /** Decodes a frame of this log; never throws. */
  decoded(index: number): DecodedFrame {
    const frame = this.frames[index];
    if (frame === undefined) return { title: 'there is no such frame', body: null };
    const kind = frame.isRequest ? 'request' : 'response';
    const title = `${frame.api ?? 'unknown API'} ${kind}, version ${frame.version}, correlation id ${frame.correlationId}`;
    try {
      if (frame.isRequest) {
        const { clientId, body } = decodeRequest(frame.payload);
        return { title, body: { clientId, ...body } };
      }
      if (frame.api === null || frame.pair === -1) return { title, body: 'the request that it answers is not known' };
      return { title, body: decodeResponse(frame.api, frame.version, frame.payload).body };
    } catch (error) {
      return { title, body: `can't be decoded: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  #streamOf(end: TappedEnd): Stream {
    let stream = this.#streams.get(end);
    if (stream === undefined) {
      stream = {
        reader: new FrameReader(FRAME_BYTES_MAX),
        underWay: [],
        sentBytes: 0,
        readBytes: 0,
        speaksKafka: true,
        unanswered: new Map(),
      };
      this.#streams.set(end, stream);
    }
    return stream;
  }

  #framed(from: TappedEnd, stream: Stream, payload: Uint8Array): void {
    const isRequest = from.remotePort < FIRST_OWN_PORT;
    const index = this.frames.length;
    const frame = isRequest ? this.#request(from, stream, payload, index) : this.#response(from, payload, index);
    if (frame === null) return;
    this.frames.push(frame);
    stream.underWay.push({ frame, endsAt: stream.sentBytes });
  }

  #request(from: TappedEnd, stream: Stream, payload: Uint8Array, index: number): Frame | null {
    if (payload.length < REQUEST_HEADER_BYTES) return null;
    const view = new DataView(payload.buffer, payload.byteOffset);
    const correlationId = view.getInt32(4);
    stream.unanswered.set(correlationId, index);
    return {
      ...this.#between(from),
      isRequest: true,
      api: apiName(view.getInt16(0)) ?? null,
      version: view.getInt16(2),
      correlationId,
      pair: -1,
      payload,
    };
  }

  #response(from: TappedEnd, payload: Uint8Array, index: number): Frame | null {
    if (payload.length < RESPONSE_HEADER_BYTES) return null;
    const correlationId = new DataView(payload.buffer, payload.byteOffset).getInt32(0);
    const asked = this.#streams.get(from.incoming.sender);
    const pair = asked?.unanswered.get(correlationId) ?? -1;
    asked?.unanswered.delete(correlationId);
    const request = this.frames[pair];
    if (request !== undefined) request.pair = index;
    return {
      ...this.#between(from),
      isRequest: false,
      api: request?.api ?? null,
      version: request?.version ?? -1,
      correlationId,
      pair,
      payload,
    };
  }

  #between(from: TappedEnd): Pick<Frame, 'sentUs' | 'readUs' | 'from' | 'to'> {
    return { sentUs: this.#nowUs(), readUs: -1, from: from.incarnation.process.name, to: from.outgoing.link.to };
  }
}
