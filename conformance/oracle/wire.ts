/** A plain connection that sends one request of any version and shows every field of the answer. */
import { connect, type Socket } from 'node:net';
import { decodeResponse, encodeRequest } from '../../core/protocol/codec.ts';
import { FrameReader } from '../../core/protocol/framing.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../core/protocol/messages/index.ts';
import type { Draft } from '../../core/protocol/schema.ts';

const ANSWER_LIMIT_MS = 10_000;
const MAX_FRAME = 200 << 20;

/** What came instead of an answer. */
export type NoAnswer = 'connection closed' | 'nothing';

export class Wire {
  readonly #socket: Socket;
  readonly #frames = new FrameReader(MAX_FRAME);
  readonly #received: Uint8Array[] = [];
  #closed = false;
  #wake: (() => void) | null = null;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#frames.push(Uint8Array.from(chunk), (payload) => this.#received.push(payload));
      this.#wake?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(new Wire(socket)));
      socket.once('error', reject);
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  /** The decoded answer, or what came in its place. */
  async call<A extends ApiName>(
    api: A,
    version: number,
    body: Draft<RequestTypes[A]>,
    clientId: string | null = 'oracle',
  ): Promise<ResponseTypes[A] | NoAnswer> {
    const correlationId = ++this.#correlationId;
    const payload = await this.raw(encodeRequest(api, version, correlationId, clientId, body));
    if (typeof payload === 'string') return payload;
    const answer = decodeResponse(api, version, payload);
    if (answer.correlationId !== correlationId)
      throw new Error(`${api}: answer ${answer.correlationId} to request ${correlationId}`);
    return answer.body;
  }

  /** Sends without waiting for an answer. */
  send<A extends ApiName>(api: A, version: number, body: Draft<RequestTypes[A]>): void {
    this.#socket.write(encodeRequest(api, version, ++this.#correlationId, 'oracle', body));
  }

  /** Sends bytes and gives the next frame, without its length. */
  async raw(bytes: Uint8Array, limitMs = ANSWER_LIMIT_MS): Promise<Uint8Array | NoAnswer> {
    this.#socket.write(bytes);
    return this.next(limitMs);
  }

  async next(limitMs = ANSWER_LIMIT_MS): Promise<Uint8Array | NoAnswer> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const frame = this.#received.shift();
      if (frame !== undefined) return frame;
      if (this.#closed) return 'connection closed';
      const left = deadline - Date.now();
      if (left <= 0) return 'nothing';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
  }
}
