/** TCP. What is queued for a peer that does not read is bounded by `send` saying false; its requests wait in its own machine. */
import net from 'node:net';
import type { CloseReason, Connection, ConnectionHandlers, Listener, Network } from '../core/environment.ts';
import type { ReservedPort } from './ports.ts';
import type { NodeProcess, Resource } from './process.ts';

/** Above this many queued bytes `send` says false. */
const SEND_BUFFER_BYTES = 1 << 20;

/** A peer has this long to take what was sent before an orderly close. */
const LINGER_MS = 10_000;

export interface TcpNetworkOptions {
  /** The ports that this node may listen on. */
  readonly ports: readonly ReservedPort[];
  /** Where a host name is really reached; names that the clients know need not be known to this machine. */
  readonly resolve: (host: string) => string;
}

export class TcpNetwork implements Network {
  readonly #process: NodeProcess;
  readonly #options: TcpNetworkOptions;

  constructor(process: NodeProcess, options: TcpNetworkOptions) {
    this.#process = process;
    this.#options = options;
  }

  connect(host: string, port: number, handlers: ConnectionHandlers): Connection {
    const socket = net.connect({ host: this.#options.resolve(host), port, noDelay: true, keepAlive: true });
    return new TcpConnection(this.#process, socket, host, port, handlers);
  }

  listen(port: number, accept: (connection: Connection) => ConnectionHandlers): Listener {
    const reserved = this.#options.ports.find((candidate) => candidate.port === port);
    if (reserved === undefined || !reserved.isFree) throw new Error(`${this.#process.name} cannot listen on port ${port}.`);
    const listener = new TcpListener(this.#process, reserved);
    reserved.open((socket) => {
      if (!this.#process.alive || socket.remoteAddress === undefined) {
        socket.on('error', () => {});
        socket.destroy();
        return;
      }
      this.#process.run(() => {
        const host = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
        const connection = new TcpConnection(this.#process, socket, host, socket.remotePort ?? 0, null);
        connection.begin(accept(connection));
      });
    });
    return listener;
  }
}

class TcpListener implements Listener, Resource {
  readonly #process: NodeProcess;
  readonly #port: ReservedPort;

  constructor(process: NodeProcess, port: ReservedPort) {
    this.#process = process;
    this.#port = port;
    process.hold(this);
  }

  close(): void {
    this.#process.letGo(this);
    this.release();
  }

  release(): void {
    this.#port.close();
  }
}

class TcpConnection implements Connection, Resource {
  readonly remoteHost: string;
  readonly remotePort: number;
  handlers: ConnectionHandlers | null;
  readonly #process: NodeProcess;
  readonly #socket: net.Socket;
  #reason: CloseReason = 'closed';
  #held = false;
  #wantsDrain = false;
  #closed = false;

  constructor(process: NodeProcess, socket: net.Socket, host: string, port: number, handlers: ConnectionHandlers | null) {
    this.#process = process;
    this.#socket = socket;
    this.remoteHost = host;
    this.remotePort = port;
    this.handlers = handlers;
    process.hold(this);
    socket.on('connect', () => this.#tell((to) => to.onOpen?.()));
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onPeerEnd());
    socket.on('error', (error) => {
      this.#reason = reasonOf(error);
    });
    socket.on('close', () => this.#onEnded(this.#reason));
    if (handlers === null) socket.pause();
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    if (bytes.length === 0) return true;
    this.#socket.write(bytes);
    if (this.#socket.writableLength <= SEND_BUFFER_BYTES) return true;
    this.#wantsDrain = true;
    return false;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.handlers = null;
    this.#process.letGo(this);
    this.#finishSending();
  }

  /** An accepted connection is read from once it has handlers, unless those have held or closed it already. */
  begin(handlers: ConnectionHandlers): void {
    if (this.#closed) return;
    this.handlers = handlers;
    if (!this.#held) this.#socket.resume();
  }

  hold(on: boolean): void {
    if (this.#closed) return;
    this.#held = on;
    if (on) this.#socket.pause();
    else this.#socket.resume();
  }

  /** The process is over: the peer sees a reset. */
  release(): void {
    this.#closed = true;
    this.handlers = null;
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #onData(chunk: Buffer): void {
    if (this.handlers === null) return;
    // A plain array: a Buffer's own slice() would share memory.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#tell((to) => to.onData(bytes));
  }

  #onDrain(): void {
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.#tell((to) => to.onDrain?.());
  }

  #onPeerEnd(): void {
    if (this.handlers?.onPeerEnd === undefined) this.#onEnded('closed');
    else this.#tell((to) => to.onPeerEnd?.());
  }

  #onEnded(reason: CloseReason): void {
    if (this.#closed) return;
    this.#process.letGo(this);
    this.#closed = true;
    const { handlers } = this;
    this.handlers = null;
    this.#finishSending();
    if (handlers !== null) this.#process.run(() => handlers.onClose(reason));
  }

  #tell(event: (handlers: ConnectionHandlers) => void): void {
    const { handlers } = this;
    if (handlers !== null) this.#process.run(() => event(handlers));
  }

  #finishSending(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (socket.connecting) {
      socket.destroy();
      return;
    }
    // What still arrives is dropped, so that the peer's end is seen.
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }
}

function reasonOf(error: NodeJS.ErrnoException): CloseReason {
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timed-out';
    default:
      return 'reset';
  }
}
