/** `http.Server` of a realm: Node's, fed with the connections that a server of the simulated network accepts. Answers carry no date of the machine. */
import http, { type RequestListener, type ServerOptions } from 'node:http';
import type { Realm } from '../realm.ts';
import { RealmServer } from './server.ts';

/** Node would take the date from the clock of the machine. */
export class Undated<Request extends http.IncomingMessage = http.IncomingMessage> extends http.ServerResponse<Request> {
  override sendDate = false;
}

export class RealmHttpServer extends http.Server {
  readonly #net: RealmServer;

  constructor(realm: Realm, given: readonly unknown[]) {
    const options = given.find((one) => typeof one === 'object' && one !== null) as ServerOptions | undefined;
    const listener = given.find((one) => typeof one === 'function') as RequestListener | undefined;
    super({ ...options, ServerResponse: Undated }, listener);
    // Node's own looks after the connections by a timer of the machine.
    this.removeAllListeners('listening');
    const net = new RealmServer(realm, [(socket: unknown) => void this.emit('connection', socket)]);
    this.#net = net;
    for (const event of ['listening', 'error', 'close']) net.on(event, (...args: unknown[]) => void this.emit(event, ...args));
    Object.defineProperty(this, 'listening', { get: () => net.listening });
  }

  override listen(...args: unknown[]): this {
    this.#net.listen(...args);
    return this;
  }

  override close(callback?: (error?: Error) => void): this {
    this.#net.close(callback);
    this.closeIdleConnections();
    return this;
  }

  override address(): ReturnType<http.Server['address']> {
    return this.#net.address() as ReturnType<http.Server['address']>;
  }

  override ref(): this {
    this.#net.ref();
    return this;
  }

  override unref(): this {
    this.#net.unref();
    return this;
  }
}
