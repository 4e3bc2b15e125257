/**
 * One TCP connection is two sockets (socket.ts) and the two directions between them. Model:
 * - Each direction delivers its chunks in order, by reference. At most a window is under way or unread; the rest waits in the
 *   send buffer. An acknowledgement that lets more leave takes the way back.
 * - A chunk that arrives over a cut link, or at a machine without power, is not delivered: the direction stalls, and everything
 *   undelivered is sent again, in order, some time after the cut heals. If it does not heal within a drawn time, the sender's
 *   TCP gives up and its process sees a reset. The same holds for bytes that arrived but whose acknowledgements can't come back.
 * - A stuck connection behaves like one over a cut link while other connections of that link go on: what it holds arrives when it
 *   is let go, also if the sender has closed it and gone on over a new one (a request from the past).
 * - close(): what was sent before still arrives, then the peer sees `closed`.
 * - reset: of the chunks under way in each direction a drawn number still arrives, the next one perhaps in part, then `reset`.
 * - An endpoint whose process is dead answers what arrives for it with a reset, once its machine has power.
 */
import type { Micros } from '../ports/time.ts';
import { type EventTarget, kindId } from './event-queue.ts';
import type { Kernel } from './kernel.ts';
import type { Link, NetworkOptions } from './link.ts';
import type { NetworkTap } from './network-tap.ts';
import type { Socket } from './socket.ts';
import type { TraceHash } from './trace-hash.ts';

const CHUNK = kindId('chunk');
const ACK = kindId('ack');
const DRAIN = kindId('drain');
const GIVE_UP = kindId('give-up');
const RESUME = kindId('resume');

/** Markers in the byte stream; compared by identity. */
export const FIN = new Uint8Array(0);
export const RST = new Uint8Array(0);

/** What connections share. */
export interface NetworkContext {
  readonly kernel: Kernel;
  readonly trace: TraceHash;
  readonly options: NetworkOptions;
  readonly counters: NetworkCounters;
  /** Who listens, if anybody does. */
  readonly tap: NetworkTap | null;
  /** Bytes per ms a process reads at most; 0: no limit. */
  readLimit(process: string): number;
  socketClosed(socket: Socket): void;
}

/** What the network has done so far. */
export interface NetworkCounters {
  connects: number;
  accepted: number;
  refused: number;
  connectTimeouts: number;
  resets: number;
  closes: number;
  chunksSent: number;
  chunksDelivered: number;
  bytesDelivered: number;
  stalls: number;
  giveUps: number;
}

/**
 * What becomes of the bytes of a direction:
 * - `opening`: the handshake is not done, they wait.
 * - `flowing`: they leave as the window lets them.
 * - `unacknowledged`: they go on arriving, but no acknowledgement can come back; the sender's TCP gives up after a time.
 * - `stalled`: they do not arrive; what left leaves again once they can, unless the sender's TCP gives up before.
 * - `over`: none leaves any more; after the sender broke off, what is under way still arrives.
 */
type State =
  | { readonly name: 'opening' | 'flowing' | 'over' }
  | { readonly name: 'unacknowledged' | 'stalled'; readonly giveUp: EventTarget };

const OPENING: State = { name: 'opening' };
const FLOWING: State = { name: 'flowing' };
const OVER: State = { name: 'over' };

/** The bytes from one socket to the other. As an event target: a chunk arrives. */
export class Direction implements EventTarget {
  readonly kind = CHUNK;
  readonly link: Link;
  readonly sender: Socket;
  readonly receiver: Socket;
  readonly #net: NetworkContext;
  #state: State = OPENING;
  #chunks: Uint8Array[] = [];
  #head = 0;
  /** Of the chunks from head on: this many have arrived, and wait for the process to read them. */
  #arrived = 0;
  /** Of the chunks from head on: this many have left, the arrived ones included. */
  #left = 0;
  #leftBytes = 0;
  #waitingBytes = 0;
  #lastArrival: Micros = 0;
  #readFreeAt: Micros = 0;
  /** Events of an older flight are stale. */
  #flight = 0;
  /** Faults that hold up this connection alone. */
  #stuck = 0;
  /** The sender was told that its buffer is full, and waits to hear that it is empty. */
  wantsDrain = false;
  /** An acknowledgement is on its way to the sender. */
  #ackPending = false;
  readonly #ack: EventTarget = { kind: ACK, fire: () => this.#acknowledged() };
  readonly #drain: EventTarget = { kind: DRAIN, fire: () => this.#drained() };

  constructor(net: NetworkContext, link: Link, sender: Socket, receiver: Socket) {
    this.#net = net;
    this.link = link;
    this.sender = sender;
    this.receiver = receiver;
    link.directions.add(this);
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The sender has broken off: what is still under way arrives, and that is all. */
  get over(): boolean {
    return this.#state === OVER;
  }

  /** All that was sent has arrived and is acknowledged. */
  get settled(): boolean {
    return this.#chunks.length === this.#head && !('giveUp' in this.#state);
  }

  /** Bytes may leave. */
  get #sends(): boolean {
    return this.#state === FLOWING || this.#state.name === 'unacknowledged';
  }

  /** Nothing gets through at present. */
  get blocked(): boolean {
    return this.#stuck > 0 || this.link.cuts > 0 || !this.receiver.powered;
  }

  /** Holds up this direction, whatever its link does, until it is let go as often. */
  stick(): void {
    this.#stuck++;
  }

  letGo(): void {
    this.#stuck--;
    this.resume();
  }

  /** The handshake is done: what was sent before leaves now. */
  open(): void {
    if (this.#state === OPENING) this.#state = FLOWING;
    this.#launch();
  }

  push(bytes: Uint8Array): void {
    if (this.over) return;
    const { kernel } = this.#net;
    kernel.causes?.sent(this.sender, bytes, kernel.handled);
    this.#chunks.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#sends) this.#launch();
  }

  pushFin(): void {
    this.push(FIN);
  }

  /** Before the handshake: gives back what waits, and is no longer of use. */
  takeUnsent(): readonly Uint8Array[] {
    const unsent = this.#chunks;
    this.#chunks = [];
    this.drop();
    return unsent;
  }

  /**
   * The sender's side breaks off. Of the chunks under way a drawn number still arrives; with `tell` a reset follows them,
   * unless the link is blocked: then nothing arrives and nobody is told.
   */
  breakOff(tell: boolean): void {
    if (this.over) return;
    const { kernel } = this.#net;
    const underWay = this.blocked ? 0 : this.#left - this.#arrived;
    const stream = this.link.stream;
    const kept = underWay === 0 ? 0 : stream.between(0, underWay, 'arrives-before-reset');
    const next = kept < underWay ? this.#chunks[this.#head + this.#arrived + kept] : undefined;
    this.#chunks.length = this.#head + this.#arrived + kept;
    this.#left = this.#arrived + kept;
    this.#waitingBytes = 0;
    if (next !== undefined && next.length > 1 && stream.chance(1, 2, 'truncated')) {
      this.#chunks.push(next.subarray(0, stream.between(1, next.length - 1, 'truncated-at')));
      this.#left++;
    }
    this.#state = OVER;
    this.wantsDrain = false;
    this.link.directions.delete(this);
    if (!tell || this.blocked) return;
    this.#chunks.push(RST);
    this.#left++;
    // The events of dropped chunks may deliver it earlier: also that is a time at which it can arrive. This one is the last.
    this.#lastArrival = Math.max(this.#lastArrival + 1, kernel.now + this.link.latency('reset'));
    kernel.schedule(this.#lastArrival, null, this, this.#flight);
  }

  /** A chunk arrives at the receiver's machine. */
  fire(flight: number): void {
    if (flight !== this.#flight || this.#arrived >= this.#left) return;
    if (this.blocked) {
      if (this.over) this.#left = this.#arrived;
      else this.#stall();
      return;
    }
    const receiver = this.receiver;
    if (receiver.state === 'closed') return this.#arrivedAtClosed();
    this.#arrived++;
    this.#net.kernel.dispatch(receiver.incarnation, receiver, 0);
    if (this.#state === FLOWING && receiver.outgoing.link.cuts > 0)
      this.#state = { name: 'unacknowledged', giveUp: this.#scheduleGiveUp() };
  }

  #arrivedAtClosed(): void {
    const chunk = this.#chunks[this.#head + this.#arrived];
    if (this.over || chunk === RST || chunk === FIN) return this.drop();
    if (this.receiver.lingering) {
      // The receiver's FIN is on its way to the sender; what comes before the sender has seen it goes nowhere.
      this.#arrived++;
      this.take();
      return;
    }
    if (this.receiver.outgoing.link.cuts > 0) this.#stall();
    else this.receiver.refuseData();
  }

  /** The receiver takes the first chunk that arrived. */
  take(): Uint8Array | null {
    if (this.#arrived === 0) return null;
    const head = this.#head++;
    const chunk = this.#chunks[head] as Uint8Array;
    this.#arrived--;
    this.#left--;
    this.#leftBytes -= chunk.length;
    if (this.#head === this.#chunks.length) {
      // Setting the length calls into the runtime and gives the memory back.
      while (this.#head > 0) {
        this.#chunks.pop();
        this.#head--;
      }
    } else if (this.#head >= 256) {
      this.#chunks.splice(0, this.#head);
      this.#head = 0;
    }
    if (this.#waitingBytes > 0 || this.wantsDrain) this.#scheduleAck();
    return chunk;
  }

  /** A cut healed or a machine came back: send again what was not delivered, after a drawn time. */
  resume(): void {
    if (this.over || this.blocked) return;
    if (this.#state.name === 'unacknowledged' && this.receiver.outgoing.link.cuts === 0) {
      this.#state = FLOWING;
      // Sent again for want of an acknowledgement; the receiver may have given up meanwhile.
      if (this.receiver.state === 'closed') this.receiver.refuseData();
    }
    if (this.#state.name !== 'stalled') return;
    const { kernel, options } = this.#net;
    const delay = this.link.stream.between(options.retransmitMinUs, options.retransmitMaxUs, 'retransmit');
    kernel.schedule(kernel.now + delay, null, { kind: RESUME, fire: () => this.#relaunch() });
  }

  /** The link or the receiver got faster: what is still under way goes on at the new speed. */
  hurry(): void {
    const { kernel } = this.#net;
    if (!this.#sends || this.blocked || this.#lastArrival <= kernel.now) return;
    this.#takeBack();
    this.#lastArrival = kernel.now;
    this.#readFreeAt = kernel.now;
    this.#launch();
  }

  /** The connection is over for both: forget everything that has not arrived. */
  drop(): void {
    this.#state = OVER;
    this.#flight++;
    this.#chunks.length = 0;
    this.#head = 0;
    this.#arrived = 0;
    this.#left = 0;
    this.#leftBytes = 0;
    this.#waitingBytes = 0;
    this.link.directions.delete(this);
  }

  #launch(): void {
    if (!this.sender.powered) return this.drop();
    const chunks = this.#chunks;
    const { kernel, options } = this.#net;
    for (let at = this.#head + this.#left; at < chunks.length; at++) {
      if (this.#leftBytes >= options.windowBytes) break;
      if (this.blocked) return this.#stall();
      const chunk = chunks[at] as Uint8Array;
      const size = chunk.length;
      let arrival = this.link.transit(kernel.now, size);
      const limit = this.#net.readLimit(this.receiver.incarnation.process.name);
      if (limit > 0) {
        arrival = Math.max(arrival, this.#readFreeAt) + Math.floor((size * 1000) / limit);
        this.#readFreeAt = arrival;
      }
      if (arrival <= this.#lastArrival) arrival = this.#lastArrival;
      this.#lastArrival = arrival;
      this.#left++;
      this.#leftBytes += size;
      this.#waitingBytes -= size;
      kernel.schedule(arrival, null, this, this.#flight);
    }
  }

  /** What left and did not arrive will leave again. */
  #takeBack(): void {
    this.#flight++;
    for (let at = this.#head + this.#arrived; at < this.#head + this.#left; at++) {
      const size = (this.#chunks[at] as Uint8Array).length;
      this.#leftBytes -= size;
      this.#waitingBytes += size;
    }
    this.#left = this.#arrived;
  }

  #stall(): void {
    this.#net.counters.stalls++;
    this.#takeBack();
    const giveUp = 'giveUp' in this.#state ? this.#state.giveUp : this.#scheduleGiveUp();
    this.#state = { name: 'stalled', giveUp };
  }

  #relaunch(): void {
    if (this.#state.name !== 'stalled' || this.blocked) return;
    this.#state = FLOWING;
    this.#launch();
    if (this.#waitingBytes === 0 && this.wantsDrain) this.#scheduleAck();
  }

  #scheduleAck(): void {
    if (this.#ackPending) return;
    this.#ackPending = true;
    const { kernel } = this.#net;
    kernel.schedule(kernel.now + this.receiver.outgoing.link.latency('acknowledgement'), null, this.#ack);
  }

  #acknowledged(): void {
    this.#ackPending = false;
    if (!this.#sends) return;
    if (this.receiver.outgoing.link.cuts > 0) return this.#stall();
    this.#launch();
    if (this.#waitingBytes === 0 && this.wantsDrain) this.#net.kernel.dispatch(this.sender.incarnation, this.#drain, 0);
  }

  #drained(): void {
    if (!this.wantsDrain || this.#waitingBytes > 0 || this.sender.state !== 'open') return;
    this.wantsDrain = false;
    this.sender.handlers?.onDrain?.();
  }

  #scheduleGiveUp(): EventTarget {
    const { kernel, options } = this.#net;
    const delay = this.link.stream.between(options.giveUpMinUs, options.giveUpMaxUs, 'give-up');
    const giveUp: EventTarget = {
      kind: GIVE_UP,
      fire: () => {
        if ('giveUp' in this.#state && this.#state.giveUp === giveUp) this.#givenUp();
      },
    };
    kernel.schedule(kernel.now + delay, null, giveUp);
    return giveUp;
  }

  #givenUp(): void {
    this.#net.counters.giveUps++;
    const sender = this.sender;
    sender.lingering = false;
    this.drop();
    sender.lost('reset');
  }
}
