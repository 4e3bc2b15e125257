/**
 * A socket of a realm: Node's stream over a simulated connection. Model:
 * - Bytes are copied on their way out and in: the world keeps what it is given, and applications write to what they read.
 * - Events are those of Node's sockets, in their order: `lookup`, `connect`, `ready`, then data; `end` and `close`; or `error` and `close`.
 * - A write calls back at once, unless the send buffer is full: then when it has drained.
 * - There are no half-open connections: a peer that has sent its last byte has closed.
 */
import { AsyncResource } from 'node:async_hooks';
import { Duplex } from 'node:stream';
import type { CloseReason, Connection, ConnectionHandlers } from '../../ports/network.ts';
import { OutsideError } from '../outside.ts';
import type { Realm } from '../realm.ts';
import type { Timeout } from '../timers.ts';
import { connectArguments } from './connect-arguments.ts';

type Done = (error?: Error | null) => void;

const CODES: Readonly<Record<Exclude<CloseReason, 'closed' | 'local'>, { readonly code: string; readonly call: string }>> = {
  reset: { code: 'ECONNRESET', call: 'read' },
  refused: { code: 'ECONNREFUSED', call: 'connect' },
  'timed-out': { code: 'ETIMEDOUT', call: 'connect' },
  untrusted: { code: 'ECONNRESET', call: 'read' },
};

/** `net.Socket`. */
export class RealmSocket extends Duplex {
  readonly #realm: Realm;
  #connection: Connection | null = null;
  readonly #context = new AsyncResource('application socket');
  #forget = (): void => {};
  #waiting: Done | null = null;
  #idle: Timeout | null = null;
  #idleMs = 0;
  #isHeld = false;
  #hasRef = true;
  connecting = false;
  pending = true;
  bytesRead = 0;
  bytesWritten = 0;
  remoteAddress: string | undefined;
  remotePort: number | undefined;
  remoteFamily: string | undefined;
  localAddress: string | undefined;
  localPort: number | undefined;

  constructor(realm: Realm) {
    super({ allowHalfOpen: false, autoDestroy: true, emitClose: true });
    this.#realm = realm;
  }

  get readyState(): string {
    if (this.connecting) return 'opening';
    return this.#connection === null ? 'closed' : 'open';
  }

  get timeout(): number | undefined {
    return this.#idleMs === 0 ? undefined : this.#idleMs;
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  connect(...given: unknown[]): this {
    const { options, callback } = connectArguments(given);
    if (options.path !== undefined && options.path !== null)
      throw this.#realm.stop(new OutsideError('node:net', 'connect to a path', 'there are no pipes'));
    const host = options.host ?? 'localhost';
    const port = Number(options.port);
    if (callback !== undefined) this.once('connect', callback);
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    this.connecting = true;
    this.#hold(true);
    const name = this.#realm.hosts.nameOf(host);
    if (name === null) throw this.#realm.stop(outsideHost(`connect to ${host}:${port}`));
    this.#begin(this.#realm.env.network.connect(name, port, this.#handlers(host, port)));
    return this;
  }

  /** The other end of a connection that a server has accepted. */
  accept(connection: Connection): ConnectionHandlers {
    const { remoteHost, remotePort } = connection;
    this.#begin(connection);
    this.#opened(this.#realm.hosts.addressOf(remoteHost), remotePort);
    this.#hold(true);
    return this.#handlers(remoteHost, remotePort);
  }

  #begin(connection: Connection): void {
    this.#connection = connection;
    this.#forget = this.#realm.opened(() => connection.close());
  }

  #opened(address: string, port: number): void {
    this.connecting = false;
    this.pending = false;
    this.remoteAddress = address;
    this.remotePort = port;
    this.remoteFamily = 'IPv4';
    this.localAddress = this.#realm.hosts.addressOf(this.#realm.env.host);
    this.localPort = this.#realm.nextPort();
  }

  #handlers(host: string, port: number): ConnectionHandlers {
    const run = (callback: () => void): void => this.#realm.run(() => this.#context.runInAsyncScope(callback));
    return {
      onOpen: () =>
        run(() => {
          if (this.destroyed) return;
          this.#opened(this.#realm.hosts.addressOf(host), port);
          this.emit('lookup', null, this.remoteAddress, 4, host);
          this.emit('connect');
          this.emit('ready');
          this.#busy();
          this.read(0);
        }),
      onData: (chunk) =>
        run(() => {
          if (this.destroyed) return;
          this.bytesRead += chunk.length;
          this.#busy();
          if (!this.push(Buffer.from(chunk))) this.#connection?.hold?.(true);
        }),
      onDrain: () => run(() => this.#drained()),
      onClose: (reason) => run(() => this.#closed(reason, host, port)),
    };
  }

  #closed(reason: CloseReason, host: string, port: number): void {
    this.#connection = null;
    if (this.destroyed) return;
    if (reason === 'closed' || reason === 'local') {
      this.#drained();
      this.push(null);
      // Whoever reads nothing has Node's sockets read for him, so that the end is seen.
      this.read(0);
      return;
    }
    const { code, call } = CODES[reason];
    const place = call === 'connect' ? ` ${this.#realm.hosts.addressOf(host)}:${port}` : '';
    const details = {
      errno: -1,
      code,
      syscall: call,
      ...(call === 'connect' ? { address: this.#realm.hosts.addressOf(host), port } : {}),
    };
    this.destroy(Object.assign(new this.#realm.global.Error(`${call} ${code}${place}`), details));
  }

  #drained(): void {
    const done = this.#waiting;
    this.#waiting = null;
    done?.();
  }

  #hold(on: boolean): void {
    if (on === this.#isHeld) return;
    this.#isHeld = on;
    if (this.#hasRef) this.#realm.hold(on ? 1 : -1);
  }

  override _read(): void {
    this.#connection?.hold?.(false);
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    const connection = this.#connection;
    if (connection === null) {
      done(Object.assign(new this.#realm.global.Error('write EPIPE'), { errno: -32, code: 'EPIPE', syscall: 'write' }));
      return;
    }
    this.bytesWritten += chunk.length;
    this.#busy();
    if (connection.send(new Uint8Array(chunk))) done();
    else this.#waiting = done;
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: Done): void {
    // What was sent is still delivered; without half-open connections nothing comes back any more.
    this.#connection?.close();
    this.#connection = null;
    done();
    if (!this.readableEnded) this.push(null);
    this.read(0);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#connection?.close();
    this.#connection = null;
    this.connecting = false;
    this.#waiting = null;
    if (this.#idle !== null) this.#realm.timers.remove(this.#idle);
    this.#forget();
    this.#hold(false);
    done(error);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.#idleMs = ms;
    if (callback !== undefined) {
      if (ms === 0) this.removeListener('timeout', callback);
      else this.once('timeout', callback);
    }
    if (this.#idle !== null) this.#realm.timers.remove(this.#idle);
    this.#idle = ms === 0 ? null : this.#realm.timers.setTimeout(() => this.emit('timeout'), ms, []).unref();
    return this;
  }

  /** Something happened: the time-out begins anew. */
  #busy(): void {
    if (this.#idle !== null) this.#idle.refresh();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  address(): object {
    return this.localPort === undefined ? {} : { address: this.localAddress, family: 'IPv4', port: this.localPort };
  }

  ref(): this {
    if (this.#isHeld && !this.#hasRef) this.#realm.hold(1);
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    if (this.#isHeld && this.#hasRef) this.#realm.hold(-1);
    this.#hasRef = false;
    return this;
  }
}

function outsideHost(call: string): OutsideError {
  const why = 'no process of the simulated world has this name';
  return new OutsideError('node:net', call, why, 'give the application a name of the world (KAFKA_BROKERS has the brokers)');
}
