/**
 * TCP ports that are bound before their node starts: a taken port is told at once and in order, port 0 becomes a real one
 * before it is written into a configuration, and who connects while the node starts waits instead of being refused.
 */
import net from 'node:net';

/** Connections that wait for a starting node. */
const MAX_WAITING = 1024;

export class ReservedPort {
  readonly host: string;
  readonly port: number;
  readonly #server: net.Server;
  readonly #waiting = new Set<net.Socket>();
  #accept: ((socket: net.Socket) => void) | null = null;
  #closed = false;

  private constructor(server: net.Server, host: string, port: number) {
    this.#server = server;
    this.host = host;
    this.port = port;
    server.on('connection', (socket) => this.#onConnection(socket));
    // Out of file descriptors: the connection is lost, the server goes on.
    server.on('error', () => {});
  }

  /** Binds `port`, or any free one if it is 0. Rejects with one sentence if it is taken. */
  static bind(host: string, port: number): Promise<ReservedPort> {
    return new Promise((resolve, reject) => {
      const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true });
      server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(bindFailure(error, host, port))));
      server.listen({ host, port, exclusive: true, backlog: 1024 }, () => {
        server.removeAllListeners('error');
        const address = server.address() as net.AddressInfo;
        resolve(new ReservedPort(server, host, address.port));
      });
    });
  }

  get isFree(): boolean {
    return !this.#closed && this.#accept === null;
  }

  /** Hands over the connections that wait, each in an event of its own, and all that come. The sockets are paused. */
  open(accept: (socket: net.Socket) => void): void {
    this.#accept = accept;
    for (const socket of this.#waiting) {
      setImmediate(() => {
        if (!this.#waiting.delete(socket)) return;
        socket.removeAllListeners();
        accept(socket);
      });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #onConnection(socket: net.Socket): void {
    if (this.#closed || (this.#accept === null && this.#waiting.size >= MAX_WAITING)) {
      socket.on('error', () => {});
      socket.destroy();
    } else if (this.#accept !== null) {
      this.#accept(socket);
    } else {
      this.#waiting.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#waiting.delete(socket));
    }
  }
}

function bindFailure(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} of ${host} is taken by another program.`;
  if (error.code === 'EACCES') return `Port ${port} of ${host} may not be used: it needs more rights.`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') return `${host} is no address of this machine.`;
  return `Port ${port} of ${host} cannot be used: ${error.message}.`;
}
