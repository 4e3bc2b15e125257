/**
 * Listens on the connections of a program, and tells which requests of Kafka's it makes and how they are answered. It changes nothing of
 * what passes. A connection on which something else is spoken is left alone.
 */
import { type DecodedRequest, decodeRequest, decodeRequestHeader, decodeResponse } from '../../core/protocol/codec.ts';
import { DecodeError } from '../../core/protocol/codec.ts';
import { FrameReader } from '../../core/protocol/framing.ts';
import type { ApiName, ResponseTypes } from '../../core/protocol/messages/index.ts';
import type { Connection, ConnectionHandlers, Network } from '../../ports/network.ts';

/** Largest frame that is looked at. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** A request that was sent, until its answer comes or its connection ends. */
export interface SentRequest {
  readonly request: DecodedRequest;
  /** Which connection it was sent over. */
  readonly connection: number;
}

/** Who wants to know. */
export interface WireListener {
  /** These are decoded, and their answers; the others only counted off. */
  readonly apis: ReadonlySet<ApiName>;
  sent(sent: SentRequest): void;
  answered(sent: SentRequest, body: ResponseTypes[ApiName]): void;
  /** No answer will come. */
  lost(sent: SentRequest): void;
}

/** The same network, listened to. Only connections that are opened from here. */
export function tapped(network: Network, listener: WireListener): Network {
  let connections = 0;
  return {
    listen: (port, accept, tls) => network.listen(port, accept, tls),
    connect: (host, port, handlers, tls) => {
      const tap = new Tap(listener, ++connections);
      return tap.around(network.connect(host, port, tap.handlers(handlers), tls));
    },
  };
}

class Tap {
  readonly #listener: WireListener;
  readonly #number: number;
  readonly #out = new FrameReader(FRAME_BYTES_MAX);
  readonly #in = new FrameReader(FRAME_BYTES_MAX);
  /** By correlation id. */
  readonly #pending = new Map<number, SentRequest>();
  #speaksKafka = true;

  constructor(listener: WireListener, number: number) {
    this.#listener = listener;
    this.#number = number;
  }

  handlers(inner: ConnectionHandlers): ConnectionHandlers {
    return {
      ...(inner.onOpen === undefined ? {} : { onOpen: () => inner.onOpen?.() }),
      ...(inner.onPeerEnd === undefined ? {} : { onPeerEnd: () => inner.onPeerEnd?.() }),
      ...(inner.onDrain === undefined ? {} : { onDrain: () => inner.onDrain?.() }),
      onData: (chunk) => {
        this.#listen(() => this.#in.push(chunk, (payload) => this.#answered(payload)));
        inner.onData(chunk);
      },
      onClose: (reason, detail) => {
        this.#lost();
        inner.onClose(reason, detail);
      },
    };
  }

  around(connection: Connection): Connection {
    return {
      remoteHost: connection.remoteHost,
      remotePort: connection.remotePort,
      ...(connection.hold === undefined ? {} : { hold: (on: boolean) => connection.hold?.(on) }),
      get bufferedBytes() {
        return connection.bufferedBytes;
      },
      send: (bytes) => {
        this.#listen(() => this.#out.push(bytes, (payload) => this.#asked(payload)));
        return connection.send(bytes);
      },
      close: () => {
        this.#lost();
        connection.close();
      },
    };
  }

  #listen(take: () => void): void {
    if (!this.#speaksKafka) return;
    try {
      take();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#speaksKafka = false;
      this.#lost();
    }
  }

  #asked(payload: Uint8Array): void {
    const { api, correlationId } = decodeRequestHeader(payload);
    if (!this.#listener.apis.has(api)) return;
    const sent: SentRequest = { request: decodeRequest(payload), connection: this.#number };
    this.#pending.set(correlationId, sent);
    this.#listener.sent(sent);
  }

  #answered(payload: Uint8Array): void {
    const correlationId = new DataView(payload.buffer, payload.byteOffset).getInt32(0);
    const sent = this.#pending.get(correlationId);
    if (sent === undefined) return;
    this.#pending.delete(correlationId);
    const { api, version } = sent.request;
    this.#listener.answered(sent, decodeResponse(api, version, payload).body as ResponseTypes[ApiName]);
  }

  #lost(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const sent of pending) this.#listener.lost(sent);
  }
}
