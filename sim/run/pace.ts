/** Moves a run through virtual time, phase by phase. */
import { type Micros, micros, millis } from '../../ports/time.ts';
import { blamed } from '../../world/failures.ts';
import type { Host } from '../../world/host.ts';
import type { ClusterView, Phase } from '../observe.ts';
import type { World } from '../../world/world.ts';
import type { Narration } from './narration.ts';

/** Another future of a run from a time on, one for each name. */
export interface Diversion {
  readonly atUs: Micros;
  readonly name: string;
}

/** Where a run stands still, for somebody who looks at it from outside. It does the same with halts and without. */
export interface Halts {
  /** The next time at which it stands still, µs, after all that happens then; Infinity: it goes on to its end. */
  readonly nextUs: Micros;
  /** It stands still, and goes on when this is resolved; by then `nextUs` must be a later time. */
  halted(world: World, view: ClusterView): Promise<void>;
}

export interface PaceHooks {
  readonly divert: Diversion | undefined;
  /** The run stops once it has come so far. */
  readonly stopAfterMs: number;

  /** Called once per simulated second, or more often. */
  readonly onProgress: ((simulatedMs: number) => void) | undefined;
  readonly onPhase: ((phase: Phase) => void) | undefined;
  readonly halts: Halts | undefined;
  /** The cluster as it is. */
  readonly view: () => ClusterView;
  /** Called when the run was stopped and stands still, before StoppedEarly is thrown. */
  readonly onStopped: () => void;
}

export class Pace {
  readonly #world: World;
  readonly #host: Host;
  readonly #narration: Narration;
  readonly #hooks: PaceHooks;
  #divert: Diversion | null;
  #phase: Phase = 'boot';

  constructor(world: World, host: Host, narration: Narration, hooks: PaceHooks) {
    this.#world = world;
    this.#host = host;
    this.#narration = narration;
    this.#hooks = hooks;
    this.#divert = hooks.divert ?? null;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** A phase begins. */
  enter(phase: Phase): void {
    this.#phase = phase;
    this.#hooks.onPhase?.(phase);
    this.#narration.line('', 0, { type: 'phase', phase });
  }

  /** The run is over. */
  finish(): void {
    this.#phase = 'done';
    this.#hooks.onPhase?.('done');
  }

  /** A phase of a given length, from its beginning to its end. */
  async during(phase: Phase, ms: number): Promise<void> {
    this.enter(phase);
    await this.pass(ms);
  }

  /** So much of the phase that is under way. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) await this.#advance(Math.min(left, 1_000));
  }

  /** Runs until a condition holds, looking every `everyMs`; false if it does not hold within `limitMs`. */
  async until(everyMs: number, limitMs: number, holds: () => boolean): Promise<boolean> {
    for (let waited = 0; ; waited += everyMs) {
      if (holds()) return true;
      if (waited >= limitMs) return false;
      await this.#advance(everyMs);
    }
  }

  /** Gives the platform a turn, and throws what has got out of the run by then. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#host.yieldToHost(resolve));
    for (const { owner, error } of this.#host.escapes()) {
      // What a process left undone when it died is nobody's.
      if (owner?.alive === false) continue;
      if (owner?.takes !== undefined) {
        owner.takes(error);
        continue;
      }
      this.#world.kernel.fail(owner === null ? error : blamed(error), owner, 'rejection');
    }
    if (this.#world.kernel.failure !== null) throw this.#world.kernel.failure;
  }

  /** Throws StoppedEarly if the run has come to the line at which it was to stop, and shows it as it stands. */
  stopIfAsked(): void {
    if (!this.#narration.stopped) return;
    this.#hooks.onStopped();
    throw new StoppedEarly();
  }

  async #advance(ms: number): Promise<void> {
    const until = this.#world.now + micros(ms);
    const divert = this.#divert;
    if (divert !== null && divert.atUs < until) {
      this.#divert = null;
      await this.#world.run({ until: Math.max(this.#world.now, divert.atUs), host: this.#host });
      this.stopIfAsked();
      this.#world.chance.divert(divert.name);
    }
    await this.#runWithHalts(until);
    await this.listen();
    if (millis(this.#world.now) >= this.#hooks.stopAfterMs) this.#narration.stop();
    this.stopIfAsked();
    this.#hooks.onProgress?.(millis(this.#world.now));
  }

  async #runWithHalts(until: Micros): Promise<void> {
    const { halts, view } = this.#hooks;
    while (halts !== undefined && halts.nextUs < until) {
      await this.#world.run({ until: Math.max(this.#world.now, halts.nextUs), host: this.#host });
      this.stopIfAsked();
      await halts.halted(this.#world, view());
    }
    await this.#world.run({ until, host: this.#host });
  }
}

/** The run was stopped by its caller, at the event it asked for. */
export class StoppedEarly extends Error {
  constructor() {
    super('stopped where it was asked to');
  }
}
