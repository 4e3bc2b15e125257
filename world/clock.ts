/**
 * A process's two clocks. Model:
 * - The monotonic clock runs at the true rate plus a drift in parts per million, at most ±500 (a bad quartz), and never goes
 *   back, also when its drift changes.
 * - The wall clock starts at a common epoch plus the process's offset, has a drift of its own, and can jump either way.
 * - Faults add to both drifts, as long as they last; of their sum the monotonic clock takes what is within its bound.
 * - Both go on while the process is paused or dead. All arithmetic is on integers.
 */
import { type Clock, type Micros, type Millis, micros, millis } from '../ports/time.ts';
import { once, type Undo } from './undo.ts';

/** Wall time at virtual time 0: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;
/** No monotonic clock is faster or slower than this. */
export const MAX_MONOTONIC_DRIFT_PPM = 500;

/** A line through an anchor with slope 1 + ppm/1,000,000, in microseconds. */
class Rate {
  #atTrue: Micros = 0;
  #atOwn: Micros;
  #ppm = 0;

  constructor(startUs: Micros) {
    this.#atOwn = startUs;
  }

  get ppm(): number {
    return this.#ppm;
  }

  at(trueUs: Micros): Micros {
    const passed = trueUs - this.#atTrue;
    return this.#ppm === 0 ? this.#atOwn + passed : this.#atOwn + passed + Math.floor((passed * this.#ppm) / 1_000_000);
  }

  change(trueUs: Micros, ppm: number): void {
    this.#atOwn = this.at(trueUs);
    this.#atTrue = trueUs;
    this.#ppm = ppm;
  }

  jump(byUs: Micros): void {
    this.#atOwn += byUs;
  }
}

/** The clocks of a process, from outside: drift and jumps are faults. */
export class SimClock implements Clock {
  readonly #now: () => Micros;
  readonly #monotonic: Rate;
  readonly #wall: Rate;
  #ownMonotonicPpm = 0;
  #ownWallPpm = 0;
  /** What faults that are under way add, in ppm. */
  #added = 0;

  /** `now`: virtual time in µs. The monotonic clock starts at `monotonicStartMs`, an arbitrary number. */
  constructor(now: () => Micros, monotonicStartMs: Millis = 0, wallOffsetMs: Millis = 0) {
    this.#now = now;
    this.#monotonic = new Rate(micros(monotonicStartMs));
    this.#wall = new Rate(micros(EPOCH_MS + wallOffsetMs));
  }

  wallMs(): Millis {
    return millis(this.#wall.at(this.#now()));
  }

  monotonicMs(): Millis {
    return millis(this.#monotonic.at(this.#now()));
  }

  monotonicUs(): Micros {
    return this.#monotonic.at(this.#now());
  }

  /** Virtual time at which the monotonic clock, at its present rate, will first show at least `targetUs`. */
  trueTimeOf(targetUs: Micros): Micros {
    const now = this.#now();
    const left = targetUs - this.#monotonic.at(now);
    if (left <= 0) return now;
    const ppm = this.#monotonic.ppm;
    if (ppm === 0) return now + left;
    let at = now + Math.floor((left * 1_000_000) / (1_000_000 + ppm)) - 1;
    while (this.#monotonic.at(at) < targetUs) at++;
    return Math.max(at, now);
  }

  /** Moves the wall clock, forward or back. */
  jumpWall(byMs: Millis): void {
    this.#wall.jump(micros(byMs));
  }

  /** Its own drift, without what faults add. */
  setWallDrift(ppm: number): void {
    this.#ownWallPpm = ppm;
    this.#wall.change(this.#now(), ppm + this.#added);
  }

  /** Its own drift, within ±500 ppm, without what faults add. Timers that are set already keep their monotonic deadline. */
  setMonotonicDrift(ppm: number): void {
    if (Math.abs(ppm) > MAX_MONOTONIC_DRIFT_PPM)
      throw new RangeError(`A monotonic drift of ${ppm} ppm: at most ±${MAX_MONOTONIC_DRIFT_PPM}.`);
    this.#ownMonotonicPpm = ppm;
    this.#monotonic.change(this.#now(), withinBound(ppm + this.#added));
  }

  /** Both clocks run faster by this than they would, or slower. */
  drift(ppm: number): Undo {
    this.#add(ppm);
    return once(() => this.#add(-ppm));
  }

  #add(ppm: number): void {
    this.#added += ppm;
    this.setWallDrift(this.#ownWallPpm);
    this.setMonotonicDrift(this.#ownMonotonicPpm);
  }
}

function withinBound(ppm: number): number {
  return Math.max(-MAX_MONOTONIC_DRIFT_PPM, Math.min(MAX_MONOTONIC_DRIFT_PPM, ppm));
}
