/**
 * One life of a node inside this operating-system process. When it ends (stop, kill, halt, an error that nobody caught), its
 * timers, sockets and files go at once and no callback of it is called any more.
 */

export interface ProcessEnd {
  readonly kind: 'stopped' | 'killed' | 'halted' | 'failed';
  /** One sentence for people. */
  readonly reason: string;
  readonly error?: unknown;
}

/** Something that goes when the process does. */
export interface Resource {
  release(): void;
  /** The process was paused, or goes on. */
  onPaused?(): void;
}

export class NodeProcess {
  readonly name: string;
  readonly #onEnd: (end: ProcessEnd) => void;
  readonly #resources = new Set<Resource>();
  /** What would have run while it was paused. */
  readonly #waiting: (() => void)[] = [];
  #alive = true;
  #paused = false;

  constructor(name: string, onEnd: (end: ProcessEnd) => void) {
    this.name = name;
    this.#onEnd = onEnd;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Nothing of it runs until it is resumed, as after SIGSTOP. */
  pause(): void {
    this.#paused = true;
    this.#tellPaused();
  }

  /** Goes on with what has come meanwhile, in order. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    while (!this.#paused && this.#waiting.length > 0) this.run(this.#waiting.shift() as () => void);
    if (!this.#paused) this.#tellPaused();
  }

  /**
   * Runs a callback of the node, at once or when it is no longer paused; what it throws (a broken invariant, a bug) ends the
   * process.
   */
  run(callback: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) {
      this.#waiting.push(callback);
      return;
    }
    try {
      callback();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.end({ kind: 'failed', reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error), error });
  }

  /** Ends it; only the first end counts. */
  end(end: ProcessEnd): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#paused = false;
    this.#waiting.length = 0;
    const resources = [...this.#resources];
    this.#resources.clear();
    for (const resource of resources) resource.release();
    this.#onEnd(end);
  }

  hold(resource: Resource): void {
    this.#resources.add(resource);
  }

  letGo(resource: Resource): void {
    this.#resources.delete(resource);
  }

  #tellPaused(): void {
    for (const resource of [...this.#resources]) resource.onPaused?.();
  }
}
