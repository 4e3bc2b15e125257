/** Chance, in streams that have names. */

/**
 * Chance. Every draw says what is being decided (`label`), so that a run's decisions can be recorded, forced and shrunk.
 * Streams are derived by name: one stream's draws never shift another's.
 */
export interface Random<Site extends string = string> {
  /** An independent stream, e.g. `raft/election`. The same name gives the same stream object. */
  stream(name: string): RandomStream;
  /**
   * May the code take a legal but rare path here (FoundationDB's BUGGIFY)? In the real world always false. In a simulation a
   * quarter of the sites is active in a seed, and an active site says yes in one of `oneIn` visits, by default of four. A process
   * has a stream of its own for each site.
   */
  sometimes(site: Site, oneIn?: number): boolean;
}

/** A stream of draws. */
export interface RandomStream {
  /** Uniform integer in [0, bound). */
  below(bound: number, label: string): number;
  /** Uniform integer in [min, max], both included. */
  between(min: number, max: number, label: string): number;
  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number, label: string): boolean;
  /** An element of a non-empty list. */
  pick<T>(items: readonly T[], label: string): T;
}
