/** A server of a realm: it listens in the simulated network, on a port of its process. */
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { Connection, ConnectionHandlers, Listener } from '../../ports/network.ts';
import { OutsideError } from '../outside.ts';
import type { Realm } from '../realm.ts';
import { connectArguments } from './connect-arguments.ts';
import { RealmSocket } from './socket.ts';

/** `net.Server`. */
export class RealmServer extends EventEmitter {
  readonly #realm: Realm;
  readonly #context = new AsyncResource('application server');
  readonly #sockets = new Set<RealmSocket>();
  #listener: Listener | null = null;
  #forget = (): void => {};
  #port = 0;
  #hasRef = true;
  maxConnections: number | undefined;

  constructor(realm: Realm, given: readonly unknown[]) {
    super();
    this.#realm = realm;
    const onConnection = given.find((one) => typeof one === 'function') as ((socket: RealmSocket) => void) | undefined;
    if (onConnection !== undefined) this.on('connection', onConnection);
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  listen(...given: unknown[]): this {
    const { options, callback } = connectArguments(given);
    if (callback !== undefined) this.once('listening', callback);
    if (options.path !== undefined)
      throw this.#realm.stop(new OutsideError('node:net', 'listen at a path', 'there are no pipes'));
    const asked = Number(options.port ?? 0);
    this.#port = asked === 0 ? this.#realm.nextPort() : asked;
    this.#realm.run(() => this.#context.runInAsyncScope(() => this.#begin()));
    return this;
  }

  #begin(): void {
    try {
      this.#listener = this.#realm.env.network.listen(this.#port, (connection) => this.#accepted(connection));
    } catch {
      const message = `listen EADDRINUSE: address already in use :::${this.#port}`;
      this.emit(
        'error',
        Object.assign(new this.#realm.global.Error(message), { code: 'EADDRINUSE', syscall: 'listen', port: this.#port }),
      );
      return;
    }
    const listener = this.#listener;
    this.#forget = this.#realm.opened(() => listener.close());
    if (this.#hasRef) this.#realm.hold(1);
    this.emit('listening');
  }

  #accepted(connection: Connection): ConnectionHandlers {
    const socket = new RealmSocket(this.#realm);
    const handlers = socket.accept(connection);
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#closedMaybe();
    });
    this.#realm.run(() => this.#context.runInAsyncScope(() => this.emit('connection', socket)));
    return handlers;
  }

  address(): object | null {
    return this.#listener === null ? null : { address: '::', family: 'IPv6', port: this.#port };
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    this.#realm.run(() => callback(null, this.#sockets.size));
    return this;
  }

  close(callback?: (error?: Error) => void): this {
    if (this.#listener === null) {
      const error = Object.assign(new this.#realm.global.Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });
      if (callback !== undefined) this.#realm.run(() => callback(error));
      return this;
    }
    if (callback !== undefined) this.once('close', callback);
    this.#listener.close();
    this.#forget();
    this.#listener = null;
    if (this.#hasRef) this.#realm.hold(-1);
    this.#closedMaybe();
    return this;
  }

  #closedMaybe(): void {
    if (this.#listener !== null || this.#sockets.size > 0) return;
    this.#realm.run(() => this.emit('close'));
  }

  ref(): this {
    if (this.#listener !== null && !this.#hasRef) this.#realm.hold(1);
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    if (this.#listener !== null && this.#hasRef) this.#realm.hold(-1);
    this.#hasRef = false;
    return this;
  }
}
