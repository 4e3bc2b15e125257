/** A raw connection to a broker: what it was answered, and how it ended. */
import net from 'node:net';
import type { ExecutionContext } from 'ava';
import { decodeResponse, encodeRequest } from '../../core/protocol/codec.ts';
import { FrameReader } from '../../core/protocol/framing.ts';
import type { Cluster } from '../serve.ts';

export class Wire {
  readonly socket: net.Socket;
  readonly answers: Uint8Array[] = [];
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #frames = new FrameReader(1 << 28);
  #waiting: (() => void) | null = null;

  constructor(t: ExecutionContext, port: number, options: Partial<net.SocketConstructorOpts> = {}) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, ...options });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) =>
      this.#frames.push(new Uint8Array(chunk), (payload) => {
        this.answers.push(payload);
        this.#waiting?.();
      }),
    );
    this.connected = new Promise((resolve) => {
      this.socket.on('connect', () => resolve());
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
    t.teardown(() => this.socket.destroy());
  }

  /** Resolves when there are that many answers; rejects if the connection ends before. */
  async answered(count: number): Promise<void> {
    while (this.answers.length < count) {
      if (this.isClosed) throw new Error(`closed after ${this.answers.length} of ${count} answers`);
      const more = new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      await Promise.race([more, this.closed]);
    }
  }

  correlationIds(): number[] {
    return this.answers.map((payload) => new DataView(payload.buffer, payload.byteOffset).getInt32(0));
  }
}

/** The port of a broker of the cluster, by its place. */
export function portOf(cluster: Cluster, broker = 0): number {
  return Number(cluster.bootstrapServers.split(',')[broker]?.split(':')[1]);
}

export function metadata(correlationId: number, topics: readonly { name: string }[] = []): Uint8Array {
  return encodeRequest('Metadata', 9, correlationId, 'test', { topics });
}

export function brokersOf(answer: Uint8Array): number[] {
  return decodeResponse('Metadata', 9, answer).body.brokers.map(({ nodeId }) => nodeId);
}
