/** A run beside what its bundle or regression says of it: whether it came to the same, and if not, why that may be. */
import type { Bundle, Made } from './bundle.ts';
import { codeDigest } from './code-digest.ts';
import type { SeedOutcome } from './outcome.ts';
import { versions } from './versions.ts';

export interface Comparison {
  /** What is different, a sentence each. Empty: it came to what was said. */
  readonly sentences: readonly string[];
  /** The same plan under the same code and platform came to something else. */
  readonly isUnsteady: boolean;
}

/** Compares a run of a bundle's plan, to its end, with what the bundle says. */
export function compared(bundle: Bundle, outcome: SeedOutcome): Comparison {
  const now = idsOf(outcome);
  if (bundle.outcome === null) {
    const { property } = bundle;
    if (property === null || now.includes(property)) return { sentences: [], isUnsteady: false };
    const what = now.length === 0 ? `${property} holds now` : `${now.join(', ')} is violated now, and not ${property}`;
    return { sentences: [`The file was kept because it violated ${property}: ${what}.`], isUnsteady: false };
  }
  const before = idsOf(bundle.outcome);
  const sentences: string[] = [];
  if (before.join() !== now.join() || bundle.outcome.verdict !== outcome.verdict) {
    sentences.push(`NOT REPRODUCED: the bundle says ${named(bundle.outcome, before)}, this run came to ${named(outcome, now)}.`);
  } else if (bundle.outcome.traceHash !== '' && bundle.outcome.traceHash !== outcome.traceHash) {
    sentences.push(
      `It came there by another way: the bundle says trace hash ${bundle.outcome.traceHash}, this run has ${outcome.traceHash}.`,
    );
  }
  if (sentences.length === 0) return { sentences, isUnsteady: false };
  const changes = changesSince(bundle.made, codeDigest(bundle.scenario));
  sentences.push(
    changes.length === 0
      ? 'Versions, platform and code are the same: the run is not deterministic, or the scenario reads something that has changed.'
      : `Since then it has changed: ${changes.join(', ')}.`,
  );
  return { sentences, isUnsteady: changes.length === 0 };
}

function idsOf({ violations }: SeedOutcome): string[] {
  return [...new Set(violations.map(({ property }) => property))].sort();
}

function named({ verdict, error }: SeedOutcome, ids: readonly string[]): string {
  if (ids.length > 0) return `a violation of ${ids.join(', ')}`;
  return verdict === 'pass' ? 'PASSED' : `a failure of the harness (${error?.split('\n')[0] ?? 'unknown'})`;
}

function changesSince(made: Made | null, code: string): string[] {
  if (made === null) return ['perhaps the code, of which the bundle says nothing'];
  const now = versions();
  const changes: string[] = [];
  for (const key of ['trial', 'node', 'platform'] as const) {
    if (made.versions[key] !== now[key]) changes.push(`${key} from ${made.versions[key]} to ${now[key]}`);
  }
  if (made.code !== code) changes.push('the code of Trial or of the scenario');
  return changes;
}
