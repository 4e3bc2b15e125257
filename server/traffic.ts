/** What is done to the traffic of a cluster's nodes, over all their lives: links that carry nothing, and nodes that are slow. */

interface Cut {
  readonly nodeId: number;
  readonly others: ReadonlySet<number>;
}

interface Delay {
  readonly nodeId: number;
  readonly ms: number;
}

/** What a connection asks about the way that it goes. */
export interface Line {
  /** Nothing passes, either way. */
  isCut(): boolean;
  /** How long what is sent is on its way. */
  delayMs(): number;
}

/** The traffic of one node. */
export interface NodeTraffic {
  /** The way to the port that is dialled, or to whoever was accepted (null). */
  line(dialledPort: number | null): Line;
  /** Calls back when lines have changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
}

/** Of those that nothing is done to. */
export const UNHINDERED: NodeTraffic = {
  line: () => ({ isCut: () => false, delayMs: () => 0 }),
  onChange: () => () => undefined,
};

export class Traffic {
  readonly #cuts = new Set<Cut>();
  readonly #delays = new Set<Delay>();
  readonly #listeners = new Set<() => void>();
  readonly #nodesByPort = new Map<number, number>();

  /** The node listens there: who dials the port dials the node. */
  name(port: number, nodeId: number): void {
    this.#nodesByPort.set(port, nodeId);
  }

  /** From now on nothing passes between this node and the others. Returns how to undo it. */
  cut(nodeId: number, others: readonly number[]): () => void {
    return this.#until(this.#cuts, { nodeId, others: new Set(others) });
  }

  /** From now on what this node sends comes later. The longest of several delays holds. Returns how to undo it. */
  slow(nodeId: number, ms: number): () => void {
    return this.#until(this.#delays, { nodeId, ms });
  }

  /** A connection between two nodes is cut where it was dialled: by its port only that end knows whom it leads to. */
  of(nodeId: number): NodeTraffic {
    return {
      line: (dialledPort) => {
        const peer = dialledPort === null ? undefined : this.#nodesByPort.get(dialledPort);
        return {
          isCut: () => peer !== undefined && this.#isCut(nodeId, peer),
          delayMs: () => Math.max(0, ...[...this.#delays].filter((delay) => delay.nodeId === nodeId).map(({ ms }) => ms)),
        };
      },
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  #isCut(a: number, b: number): boolean {
    return [...this.#cuts].some(({ nodeId, others }) => (nodeId === a && others.has(b)) || (nodeId === b && others.has(a)));
  }

  #until<T>(all: Set<T>, one: T): () => void {
    all.add(one);
    this.#changed();
    return () => {
      if (all.delete(one)) this.#changed();
    };
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
