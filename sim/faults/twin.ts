/**
 * A second process with the node id of a broker, as a deployment starts it that is configured wrongly: on a machine of its own with
 * an empty disk, with an incarnation and addresses of its own. Model:
 * - While the first one has a session, the twin is refused (DUPLICATE_BROKER_REGISTRATION) and tries again.
 * - Once that session is over the twin is registered, and the first one's registration is void: a broker that is told so never
 *   registers a second time by itself. The operator notices as soon as that is committed, ends the twin before it is unfenced, and
 *   restarts the first one if it is up. No twin ever holds a record: the durability budget is as if the first one had crashed.
 */
import { type NodePlan, TWIN } from '../cluster.ts';
import type { Process } from '../../world/process.ts';
import type { World } from '../../world/world.ts';

export interface TwinOptions {
  readonly world: World;
  /** Starts a process with what it runs. */
  readonly start: (name: string) => void;
  /** Empties the twin's disk and starts it with this broker's id. */
  readonly startTwin: (node: NodePlan) => void;
}

export class Twin {
  readonly #options: TwinOptions;
  /** Whose id each incarnation of it had that has started. */
  readonly #firsts = new Map<string, string>();
  #first = '';

  constructor(options: TwinOptions) {
    this.#options = options;
  }

  /** Starts it beside a broker, or while that is down. Returns how to end it; null if it cannot be, or if there is a twin already. */
  start(node: NodePlan): (() => void) | null {
    // A voter's twin would be a second voter: with a static quorum it votes twice, which Raft promises nothing for.
    if (!node.isBroker || node.isController || this.#twin.alive) return null;
    this.#first = node.name;
    this.#options.startTwin(node);
    const { incarnation } = this.#twin;
    return () => {
      if (this.#twin.incarnation === incarnation) this.#twin.kill();
    };
  }

  /** The twin came up. */
  onStarted(incarnationId: string): void {
    this.#firsts.set(incarnationId, this.#first);
  }

  /** A new registration was committed. True: it is a twin's. */
  onRegistered(incarnationId: string): boolean {
    const first = this.#firsts.get(incarnationId);
    if (first === undefined) return false;
    // Not in the middle of the step that tells of it. It may be told long after the twin's end, by a commit that took its time.
    this.#options.world.after(0, () => {
      if (this.#first === first) this.#twin.kill();
      if (!this.#process(first).alive) return;
      this.#process(first).kill();
      this.#options.start(first);
    });
    return true;
  }

  get #twin(): Process {
    return this.#process(TWIN);
  }

  #process(name: string): Process {
    return this.#options.world.process(name);
  }
}
