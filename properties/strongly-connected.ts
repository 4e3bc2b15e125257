/** Tarjan's strongly connected components, near-linear and without recursion: a path through a run's transactions may be long. */

/** A directed graph of nodes 0, 1, ... that grows by edges. */
export class Digraph {
  readonly #heads: number[] = [];
  /** Of each edge, where it leads and the next one of the same node; -1: none. */
  readonly #targets: number[] = [];
  readonly #next: number[] = [];

  get size(): number {
    return this.#heads.length;
  }

  /** A new node's number. */
  add(): number {
    return this.#heads.push(-1) - 1;
  }

  connect(from: number, to: number): void {
    this.#next.push(this.#heads[from] as number);
    this.#heads[from] = this.#targets.push(to) - 1;
  }

  *successors(node: number): Generator<number> {
    for (let edge = this.#heads[node] as number; edge !== -1; edge = this.#next[edge] as number)
      yield this.#targets[edge] as number;
  }

  /** The components of more than one node: each holds the nodes that can all reach each other. */
  cyclic(): number[][] {
    const { size } = this;
    const found: number[][] = [];
    /** When a node was come to first, from 1 on; the lowest such number that can be reached back to from it. */
    const order = new Int32Array(size);
    const lowest = new Int32Array(size);
    const onStack = new Uint8Array(size);
    const stack: number[] = [];
    /** The nodes on the way, and the edge of each that is to be followed next. */
    const path: number[] = [];
    const edges = Int32Array.from(this.#heads);
    let count = 0;
    for (let root = 0; root < size; root++) {
      if (order[root] !== 0) continue;
      path.push(root);
      while (path.length > 0) {
        const node = path[path.length - 1] as number;
        if (order[node] === 0) {
          order[node] = lowest[node] = ++count;
          stack.push(node);
          onStack[node] = 1;
        }
        const edge = edges[node] as number;
        if (edge !== -1) {
          edges[node] = this.#next[edge] as number;
          const target = this.#targets[edge] as number;
          if (order[target] === 0) path.push(target);
          else if (onStack[target] === 1) lowest[node] = Math.min(lowest[node] as number, order[target] as number);
          continue;
        }
        path.pop();
        const before = path[path.length - 1];
        if (before !== undefined) lowest[before] = Math.min(lowest[before] as number, lowest[node] as number);
        if (lowest[node] !== order[node]) continue;
        const component: number[] = [];
        for (let member = -1; member !== node; ) {
          member = stack.pop() as number;
          onStack[member] = 0;
          component.push(member);
        }
        if (component.length > 1) found.push(component);
      }
    }
    return found;
  }

  /** A shortest way from the first of these nodes through others of them back to it, without the first at its end. */
  cycleIn(component: readonly number[]): number[] {
    const start = component[0] as number;
    const inside = new Set(component);
    const from = new Map<number, number>();
    const queue = [start];
    for (let i = 0; i < queue.length; i++) {
      const node = queue[i] as number;
      for (const next of this.successors(node)) {
        if (next === start) {
          const way = [node];
          while (way[0] !== start) way.unshift(from.get(way[0] as number) as number);
          return way;
        }
        if (!inside.has(next) || from.has(next)) continue;
        from.set(next, node);
        queue.push(next);
      }
    }
    return [start];
  }
}
