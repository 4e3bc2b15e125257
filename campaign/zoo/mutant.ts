/** What a file of `zoo/` says: a known bug, as one textual change of a correct source. */
import type { PropertyId } from '../../properties/registry.ts';

export interface Edit {
  /** The source that it changes, from the root of the repository. */
  readonly file: string;
  /** What stands there; it must stand there exactly once. */
  readonly find: string;
  /**
   * What stands there instead. It counts where it makes a difference, through `zoo` (probe.ts): `zoo.instead(right, wrong)` is the wrong
   * value, and counts if the right one is another; `zoo.differs(condition)` counts if the condition holds, where the change is one
   * of statements.
   */
  readonly replace: string;
}

type Difficulty = 'easy' | 'medium' | 'hard';

export interface Mutant extends Edit {
  /** What goes wrong, in a sentence without a full stop. */
  readonly title: string;
  /** Where it is from: KAFKA issues, KIPs, sections of papers. */
  readonly source: readonly string[];
  /** How likely random faults lead to it, as far as is known beforehand. */
  readonly difficulty: Difficulty;
  /** The properties that are meant to see it; any that does counts. */
  readonly expects: readonly PropertyId[];
  /** The scenario to look for it in, if `standard` never leads there. */
  readonly scenario?: string;
  /** What else must be off for the bug to show: mechanisms that would hide it. */
  readonly and?: readonly Edit[];
  /** Why no property can see it: what makes the wrong outcome harmless. It does not count then, in the score. */
  readonly masked?: string;
}

/** A mutant with its name, which is that of its file. */
export interface NamedMutant extends Mutant {
  readonly id: string;
}

/** All changes of a mutant, its own first. */
export function editsOf({ file, find, replace, and = [] }: Mutant): readonly Edit[] {
  return [{ file, find, replace }, ...and];
}
