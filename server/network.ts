/** TCP, and TLS on it. What is queued for a peer that does not read is bounded by `send` saying false; its requests wait in its own machine. */
import net from 'node:net';
import { constants } from 'node:os';
import tls from 'node:tls';
import type {
  CloseReason,
  Connection,
  ConnectionHandlers,
  Listener,
  Network,
  TlsClientSettings,
  TlsServerSettings,
} from '../ports/network.ts';
import { Outbox } from './outbox.ts';
import type { ReservedPort } from './ports.ts';
import type { NodeProcess, Resource } from './process.ts';
import { subjectOf } from './tls/distinguished-name.ts';
import { secureContextOptions } from './tls/options.ts';
import type { Line, NodeTraffic } from './traffic.ts';

/** Above this many queued bytes `send` says false. */
const SEND_BUFFER_BYTES = 1 << 20;

/** A peer has this long to take what was sent before an orderly close. */
const LINGER_MS = 10_000;

export interface TcpNetworkOptions {
  /** The ports that this node may listen on. */
  readonly ports: readonly ReservedPort[];
  readonly traffic: NodeTraffic;
  /** Hears why a connection that this side opened could not be made, or broke. */
  readonly onConnectionError?: (host: string, port: number, error: NodeJS.ErrnoException) => void;
}

export class TcpNetwork implements Network {
  readonly #process: NodeProcess;
  readonly #options: TcpNetworkOptions;

  constructor(process: NodeProcess, options: TcpNetworkOptions) {
    this.#process = process;
    this.#options = options;
  }

  connect(host: string, port: number, handlers: ConnectionHandlers, settings?: TlsClientSettings): Connection {
    const where = { host, port, noDelay: true, keepAlive: true };
    const { onConnectionError, traffic } = this.#options;
    const line = traffic.line(port);
    const waits = settings === undefined && line.isCut();
    const socket = settings === undefined ? new net.Socket() : tlsSocket(where, clientOptions(host, settings));
    if (settings === undefined && !waits) socket.connect(where);
    if (onConnectionError !== undefined) socket.on('error', (error) => onConnectionError(host, port, error));
    const dial = waits ? () => void socket.connect(where) : null;
    return new TcpConnection(this.#process, socket, host, port, { handlers, line, dial, traffic });
  }

  listen(port: number, accept: (connection: Connection) => ConnectionHandlers, settings?: TlsServerSettings): Listener {
    const reserved = this.#options.ports.find((candidate) => candidate.port === port);
    if (reserved === undefined || !reserved.isFree) throw new Error(`${this.#process.name} cannot listen on port ${port}.`);
    const open = (socket: net.Socket): void => {
      if (!this.#process.alive || socket.remoteAddress === undefined) {
        drop(socket);
        return;
      }
      this.#process.run(() => {
        // It may have gone while the process was paused.
        if (socket.destroyed) return;
        const host = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
        const { traffic } = this.#options;
        const line = traffic.line(null);
        const way = { handlers: null, line, dial: null, traffic };
        const connection = new TcpConnection(this.#process, socket, host, socket.remotePort ?? 0, way);
        connection.begin(accept(connection));
      });
    };
    const accepted = settings === undefined ? open : tlsHandshakes(this.#process, settings, open);
    // Until it is taken over nobody else hears of its errors; a paused process may let it wait for long.
    const takeOver = (socket: net.Socket): void => {
      socket.on('error', () => {});
      if (this.#process.alive) this.#process.run(() => accepted(socket));
      else drop(socket);
    };
    const listener = new TcpListener(this.#process, reserved);
    reserved.open(takeOver);
    return listener;
  }
}

/** Agrees on TLS with whoever connects, then hands the connection over; who fails is dropped. */
function tlsHandshakes(process: NodeProcess, settings: TlsServerSettings, open: (socket: tls.TLSSocket) => void) {
  const { clientAuth } = settings;
  const server = tls.createServer({
    ...secureContextOptions(settings),
    requestCert: clientAuth !== 'none',
    rejectUnauthorized: clientAuth === 'required',
  });
  const handshakes = new Map<string, Resource>();
  const nameOf = (socket: net.Socket): string => `${socket.remoteAddress}:${socket.remotePort}`;
  const letGo = (name: string): void => {
    const handshake = handshakes.get(name);
    if (handshake !== undefined) process.letGo(handshake);
    handshakes.delete(name);
  };
  server.on('secureConnection', (socket) => {
    letGo(nameOf(socket));
    // Asked for and shown, but not trusted: no better than one that must be shown.
    if (clientAuth === 'requested' && !socket.authorized && socket.getPeerX509Certificate() !== undefined) drop(socket);
    else open(socket);
  });
  server.on('tlsClientError', (_, socket) => drop(socket));
  return (socket: net.Socket): void => {
    if (!process.alive) {
      drop(socket);
      return;
    }
    const name = nameOf(socket);
    const handshake: Resource = { release: () => socket.destroy() };
    handshakes.set(name, handshake);
    process.hold(handshake);
    socket.once('close', () => {
      if (handshakes.get(name) === handshake) letGo(name);
    });
    server.emit('connection', socket);
  };
}

/** What cannot even begin fails as what could not be agreed on. */
function tlsSocket(where: net.TcpNetConnectOpts, options: tls.ConnectionOptions | Error): net.Socket {
  return options instanceof Error ? new net.Socket().destroy(options) : tls.connect({ ...where, ...options });
}

function drop(socket: net.Socket): void {
  socket.on('error', () => {});
  socket.destroy();
}

function clientOptions(host: string, settings: TlsClientSettings): tls.ConnectionOptions | Error {
  let context: tls.SecureContextOptions;
  try {
    context = secureContextOptions(settings);
  } catch (error) {
    return error as Error;
  }
  return {
    ...context,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    // Of the name that was dialled, wherever that resolves to.
    checkServerIdentity: (_, certificate) => (settings.verifyHost ? tls.checkServerIdentity(host, certificate) : undefined),
  };
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

interface ConnectionWay {
  /** Of a connection that was dialled. */
  readonly handlers: ConnectionHandlers | null;
  readonly line: Line;
  /** How to connect it when its line is no longer cut, if it is not yet. */
  readonly dial: (() => void) | null;
  readonly traffic: NodeTraffic;
}

class TcpConnection implements Connection, Resource {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly peerSubject?: string;
  handlers: ConnectionHandlers | null;
  readonly #process: NodeProcess;
  readonly #socket: net.Socket;
  readonly #line: Line;
  readonly #outbox: Outbox;
  /** Connects it, once its line is no longer cut. */
  #dial: (() => void) | null;
  #endsWhenSent = false;
  #reason: CloseReason = 'closed';
  #detail: string | undefined;
  #held = false;
  #wantsDrain = false;
  #closed = false;

  constructor(process: NodeProcess, socket: net.Socket, host: string, port: number, way: ConnectionWay) {
    const { handlers, line, dial, traffic } = way;
    this.#line = line;
    this.#dial = dial;
    this.#outbox = new Outbox(
      line,
      (bytes) => {
        if (!socket.destroyed) socket.write(bytes);
      },
      () => this.#onSent(),
    );
    this.#process = process;
    this.#socket = socket;
    this.remoteHost = host;
    this.remotePort = port;
    this.handlers = handlers;
    process.hold(this);
    if (socket instanceof tls.TLSSocket) {
      const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
      if (certificate !== undefined) this.peerSubject = subjectOf(certificate.raw);
    }
    const opened = socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect';
    socket.on(opened, () => process.run(() => this.#tell((to) => to.onOpen?.())));
    socket.on('data', (chunk: Buffer) => process.run(() => this.#onData(chunk)));
    socket.on('drain', () => process.run(() => this.#onDrain()));
    socket.on('end', () => process.run(() => this.#onPeerEnd()));
    socket.on('error', (error) => {
      this.#reason = reasonOf(error);
      this.#detail = error.message;
    });
    const forgetLine = traffic.onChange(() => this.#onLineChanged());
    socket.on('close', () => {
      forgetLine();
      this.#outbox.drop();
      process.run(() => this.#onEnded(this.#reason));
    });
    if (handlers === null) socket.pause();
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#outbox.heldBytes;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    if (bytes.length === 0) return true;
    this.#outbox.send(bytes);
    if (this.bufferedBytes <= SEND_BUFFER_BYTES) return true;
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
    this.#read();
  }

  hold(on: boolean): void {
    if (this.#closed) return;
    this.#held = on;
    this.#read();
  }

  onPaused(): void {
    this.#read();
  }

  /** The process is over: the peer sees a reset. */
  release(): void {
    this.#closed = true;
    this.handlers = null;
    this.#outbox.drop();
    if (this.#dial !== null || this.#socket.connecting || this.#socket instanceof tls.TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #read(): void {
    if (this.#closed || this.handlers === null) return;
    if (this.#held || this.#process.paused || this.#line.isCut()) this.#socket.pause();
    else this.#socket.resume();
  }

  #onLineChanged(): void {
    if (this.#dial !== null && !this.#closed && !this.#line.isCut()) {
      this.#dial();
      this.#dial = null;
    }
    this.#outbox.flush();
    this.#read();
  }

  #onSent(): void {
    if (this.#endsWhenSent) this.#socket.end();
    else if (!this.#socket.writableNeedDrain) this.#process.run(() => this.#onDrain());
  }

  #onData(chunk: Buffer): void {
    if (this.handlers === null) return;
    // A plain array: a Buffer's own slice() would share memory.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#tell((to) => to.onData(bytes));
  }

  #onDrain(): void {
    // What the line still holds will tell of its own end.
    if (!this.#wantsDrain || !this.#outbox.isEmpty) return;
    this.#wantsDrain = false;
    this.#tell((to) => to.onDrain?.());
  }

  #onPeerEnd(): void {
    if (this.handlers?.onPeerEnd === undefined) this.#onEnded(this.#reason);
    else this.#tell((to) => to.onPeerEnd?.());
  }

  #onEnded(reason: CloseReason): void {
    if (this.#closed) return;
    this.#process.letGo(this);
    this.#closed = true;
    const { handlers } = this;
    this.handlers = null;
    this.#finishSending();
    if (handlers !== null) this.#process.run(() => handlers.onClose(reason, this.#detail));
  }

  #tell(event: (handlers: ConnectionHandlers) => void): void {
    const { handlers } = this;
    if (handlers !== null) this.#process.run(() => event(handlers));
  }

  #finishSending(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (this.#dial !== null || socket.connecting) {
      socket.destroy();
      return;
    }
    // What still arrives is dropped, so that the peer's end is seen.
    socket.resume();
    if (this.#outbox.isEmpty) socket.end();
    else this.#endsWhenSent = true;
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
      return isOfTls(error.code) ? 'untrusted' : 'reset';
  }
}

/** Codes of TLS are ERR_SSL_..., ERR_TLS_..., or OpenSSL's own of certificates; without a code it did not even begin. */
function isOfTls(code: string | undefined): boolean {
  if (code === undefined || /^ERR_(SSL|TLS)_/.test(code)) return true;
  return !(code in constants.errno) && !code.startsWith('ERR_');
}
