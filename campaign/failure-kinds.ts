/** Which failures are the same: many seeds may fail for one reason, and are told as one failure with many seeds. */
import type { Violation } from '../sim/observe.ts';
import type { Failure } from './campaign.ts';
import { fingerprint, fingerprintOfError } from './fingerprint.ts';
import type { SeedOutcome } from './outcome.ts';

export interface FailureKind {
  /** Their fingerprint. */
  readonly kind: string;
  /** Id of the property; null if the harness failed. */
  readonly property: string | null;
  /** The one that comes first in its run's time is told: its story is the shortest. */
  readonly earliest: Failure;
  /** By seed, with `earliest` among them. */
  readonly failures: readonly Failure[];
}

/** Groups failures by their fingerprints. The kind whose shortest story is the shortest comes first. */
export function failureKinds(failures: readonly Failure[]): readonly FailureKind[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const kind = kindOf(failure.outcome);
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [failure]);
    else group.push(failure);
  }
  return [...groups]
    .map(([kind, list]) => {
      const sorted = list.toSorted((a, b) => a.outcome.seed - b.outcome.seed);
      const earliest = sorted.reduce((best, next) => (atMs(next) < atMs(best) ? next : best));
      return { kind, property: firstViolation(earliest.outcome)?.property ?? null, earliest, failures: sorted };
    })
    .toSorted((a, b) => atMs(a.earliest) - atMs(b.earliest));
}

/** The violation that came first: what else a run violates is mostly its consequence. */
export function firstViolation({ violations }: SeedOutcome): Violation | null {
  return violations.reduce<Violation | null>((first, next) => (first === null || next.atMs < first.atMs ? next : first), null);
}

function atMs({ outcome }: Failure): number {
  return firstViolation(outcome)?.atMs ?? Number.POSITIVE_INFINITY;
}

/** Fingerprint of what failed first. */
export function kindOf(outcome: SeedOutcome): string {
  const first = firstViolation(outcome);
  return first === null ? fingerprintOfError(outcome.error ?? '') : fingerprint(first);
}
