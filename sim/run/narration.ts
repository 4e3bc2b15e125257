/** The narrated trace: one line for everything that happens in a run, for whoever asked to hear it or to stop the run at a line. */
import type { TraceEvent } from '../../core/trace.ts';
import type { Micros } from '../../ports/time.ts';
import type { HistoryEvent } from '../history.ts';
import type { FaultChange, Phase, ViolationFacts, WorldChange } from '../observe.ts';
import type { World } from '../../world/world.ts';

/** One line of the narrated trace. */
export interface TraceLine {
  readonly timeUs: Micros;
  readonly step: number;
  readonly node: string;
  readonly incarnation: number;
  readonly what:
    | TraceEvent
    | WorldChange
    | HistoryEvent
    | { readonly type: 'phase'; readonly phase: Phase }
    | FaultChange
    | { readonly type: 'violation'; readonly property: string; readonly message: string; readonly facts: ViolationFacts }
    | { readonly type: 'note'; readonly text: string };
}

export class Narration {
  readonly #world: World;
  readonly #onTrace: ((line: TraceLine) => void) | undefined;
  readonly #until: ((line: TraceLine) => boolean) | undefined;
  /** False: nobody listens, lines need not be made. */
  readonly isHeard: boolean;
  #stopped = false;

  constructor(world: World, onTrace: ((line: TraceLine) => void) | undefined, until: ((line: TraceLine) => boolean) | undefined) {
    this.#world = world;
    this.#onTrace = onTrace;
    this.#until = until;
    this.isHeard = onTrace !== undefined || until !== undefined;
  }

  /** The line was reached at which the run was to stop; the world was told to. */
  get stopped(): boolean {
    return this.#stopped;
  }

  line(node: string, incarnation: number, what: TraceLine['what']): void {
    if (!this.isHeard) return;
    const line: TraceLine = { timeUs: this.#world.now, step: this.#world.kernel.handled, node, incarnation, what };
    this.#onTrace?.(line);
    if (this.#until?.(line) === true) this.stop();
  }

  /** The run is to stop here. */
  stop(): void {
    this.#stopped = true;
    this.#world.stop();
  }

  /** What the simulation itself has to say. */
  note(text: string): void {
    this.line('', 0, { type: 'note', text });
  }
}
