/**
 * What a world gives to a process: the ports to time, chance, network and disk, and nothing else, so that the same code runs in the
 * simulation (`world/`) and on a real machine (`server/`).
 *
 * Everything in `ports/` is callback style: a process reacts to an event, changes its state, sends, sets timers, and returns. A
 * callback is never called from inside the call that registered it.
 */
import type { Disk } from './disk.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Clock, Timers } from './time.ts';

/** What a process tells of itself. */
export interface ProcessEvent {
  readonly type: string;
}

/** Takes what a process tells of itself to whoever watches. */
export interface Tracer<E extends ProcessEvent = ProcessEvent> {
  emit(event: E): void;
}

/** What a process without a disk has. `Site`: the names of the places at which it may take a rare path. */
export interface ClientPorts<E extends ProcessEvent = ProcessEvent, Site extends string = string> {
  /** Unique name of this process, e.g. `server-1`, `client-2`. */
  readonly nodeName: string;
  /** Name other processes reach this one's listeners by. */
  readonly host: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly network: Network;
  readonly random: Random<Site>;
  readonly tracer: Tracer<E>;
}

/** What a process has of the world. */
export interface ProcessPorts<E extends ProcessEvent = ProcessEvent, Site extends string = string> extends ClientPorts<E, Site> {
  readonly disk: Disk;
  /**
   * How late, ms, the process does a step of this name that waits in a queue of its own, and not for other steps: what a simulation may
   * make of a busy thread. Absent: at once.
   */
  lateMs?(step: string): number;
  /** The process ends itself. No callback comes after it. */
  halt(reason: string): void;
}
