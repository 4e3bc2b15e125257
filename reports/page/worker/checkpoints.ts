/**
 * A run that can be looked into at any time, forward and back: a few runs of the same plan stand at times spread over it, and the nearest
 * one before goes on to where it is asked for. What has left its post is run again up to there when nobody asks for anything.
 */
import type { Host } from '../../../world/host.ts';
import { StandingRun, type Still, type Subject } from './standing-run.ts';

/** Runs that stand. Each is a whole cluster in memory. */
const POSTS = 6;

export class Checkpoints {
  readonly #subject: Subject;
  readonly #newHost: () => Host;
  readonly #endUs: number;
  /** By post, from the beginning on. */
  readonly #posts: (StandingRun | null)[] = new Array<StandingRun | null>(POSTS).fill(null);
  /** The one that left its post last. */
  #current: StandingRun | null = null;
  /** On its way to a post. */
  #recruit: StandingRun | null = null;

  constructor(subject: Subject, endUs: number, newHost: () => Host) {
    this.#subject = subject;
    this.#endUs = endUs;
    this.#newHost = newHost;
  }

  /** The cluster after all that happens at a time, µs; null: the run ends before. */
  async at(us: number): Promise<Still | null> {
    const run = this.#nearest(Math.min(us, this.#endUs - 1));
    const post = this.#posts.indexOf(run);
    if (post !== -1) this.#posts[post] = null;
    this.#current = run;
    return await run.to(Math.min(us, this.#endUs - 1));
  }

  /** Puts one run to a post that is empty; false: all are taken. It may be interrupted, and goes on the next time. */
  async refill(): Promise<boolean> {
    const post = this.#posts.indexOf(null);
    if (post === -1) return false;
    const dueUs = this.#timeOf(post);
    const run =
      this.#recruit !== null && this.#recruit.atUs <= dueUs ? this.#recruit : new StandingRun(this.#subject, this.#newHost());
    this.#recruit = run;
    const still = await run.to(dueUs);
    if (still === null) return false;
    if (still.atUs >= dueUs) {
      this.#posts[post] = run;
      this.#recruit = null;
    }
    return true;
  }

  /** Somebody asks for something: the refill that is under way, if any is, gives back the thread. */
  interrupt(): void {
    this.#recruit?.interrupt();
  }

  /** The post of the beginning is where a run starts anyway: posts stand after it. */
  #timeOf(post: number): number {
    return Math.floor((this.#endUs * (post + 1)) / (POSTS + 1));
  }

  #nearest(us: number): StandingRun {
    const standing = [...this.#posts, this.#current].filter((run) => run !== null && run.atUs <= us) as StandingRun[];
    const [nearest] = standing.toSorted((a, b) => b.atUs - a.atUs);
    return nearest ?? new StandingRun(this.#subject, this.#newHost());
  }
}
