/**
 * One end of a TCP connection; the model of the whole is in direction.ts.
 */
import type { CloseReason, Connection, ConnectionHandlers } from '../ports/network.ts';
import { type Direction, FIN, type NetworkContext, RST } from './direction.ts';
import { type EventTarget, kindId } from './event-queue.ts';
import type { Incarnation } from './process.ts';

const CHUNK = kindId('chunk');
const CLOSE = kindId('close');
const OPEN = kindId('open');

/** One end of a connection, as its process sees it. As an event target: the process reads what arrived. */
export class Socket implements Connection, EventTarget {
  readonly kind = CHUNK;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly incarnation: Incarnation;
  readonly #net: NetworkContext;
  handlers: ConnectionHandlers | null;
  state: 'connecting' | 'open' | 'closed' = 'connecting';
  /** Its process closed it in order: its machine still sees to it that everything is delivered. */
  lingering = false;
  outgoing!: Direction;
  incoming!: Direction;

  constructor(
    net: NetworkContext,
    incarnation: Incarnation,
    remoteHost: string,
    remotePort: number,
    handlers: ConnectionHandlers | null,
  ) {
    this.#net = net;
    this.incarnation = incarnation;
    this.remoteHost = remoteHost;
    this.remotePort = remotePort;
    this.handlers = handlers;
  }

  get powered(): boolean {
    return this.incarnation.process.machine.powered;
  }

  get bufferedBytes(): number {
    return this.outgoing.waitingBytes;
  }

  send(bytes: Uint8Array): boolean {
    if (this.state === 'closed' || !this.incarnation.alive) return false;
    if (bytes.length === 0) return true;
    const outgoing = this.outgoing;
    const link = outgoing.link;
    this.#net.counters.chunksSent++;
    this.#net.tap?.sent(this, bytes);
    if (link.splitPerThousand > 0 && bytes.length > 1 && link.stream.chance(link.splitPerThousand, 1000, 'split')) {
      const at = link.stream.between(1, bytes.length - 1, 'split-at');
      outgoing.push(bytes.subarray(0, at));
      outgoing.push(bytes.subarray(at));
    } else {
      outgoing.push(bytes);
    }
    if (link.flakyPerMillion > 0 && this.state === 'open' && link.stream.chance(link.flakyPerMillion, 1_000_000, 'flaky'))
      this.reset();
    if (outgoing.waitingBytes <= this.#net.options.sendBufferBytes) return true;
    outgoing.wantsDrain = true;
    return false;
  }

  close(): void {
    if (this.state === 'closed') return;
    this.#net.counters.closes++;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.handlers = null;
    this.#net.socketClosed(this);
    if (!wasOpen) return this.#dropBoth();
    this.lingering = true;
    this.outgoing.pushFin();
  }

  /** A reset out of the blue: both sides learn of it, each after what still arrives. False: over a cut there is none. */
  reset(): boolean {
    const { outgoing, incoming } = this;
    if (this.state !== 'open' || outgoing.blocked || incoming.blocked) return false;
    this.#net.counters.resets++;
    outgoing.breakOff(true);
    incoming.breakOff(true);
    return true;
  }

  /** Its process died. With power the machine resets the connection; without, it falls silent. */
  died(): void {
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.handlers = null;
    if (wasOpen) this.outgoing.breakOff(this.powered);
    else this.#dropBoth();
  }

  /** Something arrived for a connection that this machine no longer knows: answer with a reset. */
  refuseData(): void {
    const { kernel } = this.#net;
    const peer = this.incoming.sender;
    const back = this.outgoing.link;
    this.incoming.drop();
    this.#net.counters.resets++;
    kernel.schedule(kernel.now + back.latency('reset'), null, { kind: CLOSE, fire: () => peer.lost('reset') });
  }

  /** The connection is over for this side, its process is told. */
  lost(reason: CloseReason): void {
    if (this.state === 'closed') return this.#forget();
    if (!this.incarnation.alive) return;
    this.#net.kernel.dispatch(this.incarnation, { kind: CLOSE, fire: () => this.#ended(reason) }, 0);
  }

  /** The handshake is done. */
  opened(): void {
    this.#net.kernel.dispatch(
      this.incarnation,
      {
        kind: OPEN,
        fire: () => {
          if (this.state !== 'connecting') return;
          this.state = 'open';
          this.outgoing.open();
          this.handlers?.onOpen?.();
        },
      },
      0,
    );
  }

  /** The process reads one chunk. */
  fire(): void {
    const chunk = this.incoming.take();
    if (chunk === null) return;
    if (chunk === FIN) return this.#ended('closed');
    if (chunk === RST) return this.#ended('reset');
    if (this.state !== 'open' || this.handlers === null) return;
    const { counters, trace, kernel } = this.#net;
    this.#net.tap?.read(this, chunk);
    kernel.causes?.read(this.incoming.sender, chunk, kernel.handled);
    counters.chunksDelivered++;
    counters.bytesDelivered += chunk.length;
    trace.bytes(chunk);
    this.incarnation.cost += (chunk.length * this.incarnation.process.service.kibUs) >> 10;
    this.handlers.onData(chunk);
  }

  #ended(reason: CloseReason): void {
    this.#forget();
    if (this.state === 'closed') return;
    const handlers = this.handlers;
    this.state = 'closed';
    this.handlers = null;
    this.#net.socketClosed(this);
    handlers?.onClose(reason);
  }

  /** Nothing of the connection is left to do on this side: its own direction ends. */
  #forget(): void {
    if (!this.outgoing.over) this.outgoing.drop();
    if (this.incoming.settled) this.incoming.drop();
  }

  #dropBoth(): void {
    this.outgoing.drop();
    this.incoming.drop();
  }
}
