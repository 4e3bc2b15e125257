/**
 * What each event of a run came of. Model:
 * - An event comes of the one that queued it: that set the timer, sent the frame, began the sync, or made the fault. One that waited for
 *   a busy process keeps its cause.
 * - An event in which a chunk is read comes of the one that sent it too, also if the bytes waited, or had to be sent again, meanwhile.
 * - What promises do after an event, they do in it.
 *
 * Events are known by their number, which is `kernel.handled` while they run; 0 stands for what was done before the first. A world keeps
 * no such log unless it is asked to, and does the same with it and without.
 */
import type { Micros } from '../ports/time.ts';
import { EVENT_KINDS, type EventKind } from './event-queue.ts';

export class CauseLog {
  #causes = new Int32Array(4096);
  #kinds = new Uint8Array(4096);
  #processes = new Uint16Array(4096);
  #times = new Float64Array(4096);
  /** By slot of the event queue, the event that queued what is in it. */
  readonly #queuedBy: number[] = [];
  /** Of each incarnation, the causes of what waits in its inbox. */
  readonly #waiting = new Map<object, number[]>();
  /** By socket, when a chunk was sent. */
  readonly #sent = new WeakMap<object, WeakMap<Uint8Array, number>>();
  readonly #senders = new Map<number, number>();

  /** The event that queued this one, and the one that sent what it reads. None of what came of nothing. */
  causesOf(event: number): readonly number[] {
    const queuedBy = this.#causes[event] ?? 0;
    const sentBy = this.#senders.get(event) ?? 0;
    return [...new Set([queuedBy, sentBy])].filter((cause) => cause > 0);
  }

  /** What kind of event it was. */
  kindOf(event: number): EventKind {
    return EVENT_KINDS[this.#kinds[event] ?? 0] ?? 'world';
  }

  /** Id of the process that handled it (from 1, in the order in which they were created); 0: the world. */
  processOf(event: number): number {
    return this.#processes[event] ?? 0;
  }

  timeOf(event: number): Micros {
    return this.#times[event] ?? 0;
  }

  // --- called by the kernel and the network ---

  queued(slot: number, by: number): void {
    this.#queuedBy[slot] = by;
  }

  queuedBy(slot: number): number {
    return this.#queuedBy[slot] ?? 0;
  }

  waits(incarnation: object, cause: number): void {
    const causes = this.#waiting.get(incarnation);
    if (causes === undefined) this.#waiting.set(incarnation, [cause]);
    else causes.push(cause);
  }

  waitedFor(incarnation: object): number {
    return this.#waiting.get(incarnation)?.shift() ?? 0;
  }

  happened(event: number, kind: number, cause: number, process: number, timeUs: Micros): void {
    if (event >= this.#causes.length) {
      this.#causes = grown(this.#causes, new Int32Array(2 * event));
      this.#kinds = grown(this.#kinds, new Uint8Array(2 * event));
      this.#processes = grown(this.#processes, new Uint16Array(2 * event));
      this.#times = grown(this.#times, new Float64Array(2 * event));
    }
    this.#causes[event] = cause;
    this.#kinds[event] = kind;
    this.#processes[event] = process;
    this.#times[event] = timeUs;
  }

  /** What is sent before the connection is there is handed on when it is: the first time counts. */
  sent(socket: object, chunk: Uint8Array, event: number): void {
    let chunks = this.#sent.get(socket);
    if (chunks === undefined) {
      chunks = new WeakMap();
      this.#sent.set(socket, chunks);
    }
    if (!chunks.has(chunk)) chunks.set(chunk, event);
  }

  read(sender: object, chunk: Uint8Array, event: number): void {
    const sentBy = this.#sent.get(sender)?.get(chunk);
    if (sentBy !== undefined) this.#senders.set(event, sentBy);
  }
}

function grown<T extends Int32Array | Uint8Array | Uint16Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
