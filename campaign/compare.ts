/** A run beside what its bundle or regression says of it: whether it came to the same, by which way, and if not, why that may be. */
import type { Divergence, ReplayReport } from '../world/chance.ts';
import type { Bundle, Made } from './bundle.ts';
import { codeDigest } from './code-digest.ts';
import { kindOf } from './failure-kinds.ts';
import { fingerprint } from './fingerprint.ts';
import type { SeedOutcome } from './outcome.ts';
import { versions } from './versions.ts';

export interface Comparison {
  /**
   * `exact`: the same trace; `equivalent`: the same failure by another way; `diverged`: another end, and what this tree draws is not what
   * was recorded; `gone`: another end, though all that was recorded fits. Null: nothing is known to compare with.
   */
  readonly verdict: 'exact' | 'equivalent' | 'diverged' | 'gone' | null;
  /** What to say of it, a sentence each. */
  readonly sentences: readonly string[];
  /** The same plan under the same code and platform came to something else. */
  readonly isUnsteady: boolean;
}

const NOTHING_SAID: Comparison = { verdict: null, sentences: [], isUnsteady: false };

/** Compares a run of a bundle's plan, to its end, with what the bundle says. `report`: how well what drove it fitted. */
export function compared(bundle: Bundle, outcome: SeedOutcome, report: ReplayReport): Comparison {
  const { divergence } = report;
  if (bundle.outcome === null) return comparedWithKept(bundle, outcome, divergence);
  const before = bundle.outcome;
  if (before.traceHash !== '' && before.traceHash === outcome.traceHash) return exact(outcome);
  const verdict = sameFailure(before, outcome) ? 'equivalent' : isMisfit(divergence) ? 'diverged' : 'gone';
  if (before.traceHash === '' && verdict === 'equivalent') return NOTHING_SAID;
  const changes = changesSince(bundle.made, codeDigest(bundle.scenario));
  const sentences = [
    ...(verdict === 'equivalent'
      ? [equivalentText(before.traceHash, outcome, divergence)]
      : [
          ...replayText(verdict, divergence),
          `NOT REPRODUCED: the bundle says ${named(before)}, this run came to ${named(outcome)}.`,
        ]),
    changes.length === 0
      ? 'Versions, platform and code are the same: the run is not deterministic, or the scenario reads something that has changed.'
      : `Since then it has changed: ${changes.join(', ')}.`,
  ];
  return { verdict, sentences, isUnsteady: changes.length === 0 };
}

/** With what the file of a small plan says. */
function comparedWithKept({ kept }: Bundle, outcome: SeedOutcome, divergence: Divergence | null): Comparison {
  if (kept === null) return NOTHING_SAID;
  const { property, fingerprint: kind, traceHash } = kept;
  if (traceHash !== undefined && traceHash === outcome.traceHash) return exact(outcome);
  const now = idsOf(outcome);
  if (kind === undefined ? now.includes(property) : outcome.violations.some((violation) => fingerprint(violation) === kind)) {
    if (traceHash === undefined) return NOTHING_SAID;
    return { verdict: 'equivalent', sentences: [equivalentText(traceHash, outcome, divergence)], isUnsteady: false };
  }
  const verdict = isMisfit(divergence) ? 'diverged' : 'gone';
  const what =
    now.length === 0
      ? `${property} holds now`
      : now.includes(property)
        ? `${property} is violated now in another way`
        : `${now.join(', ')} is violated now, and not ${property}`;
  const sentences = [...replayText(verdict, divergence), `The file was kept because it violated ${property}: ${what}.`];
  return { verdict, sentences, isUnsteady: false };
}

function exact({ traceHash }: SeedOutcome): Comparison {
  return { verdict: 'exact', sentences: [`Replay: exact (trace hash ${traceHash}).`], isUnsteady: false };
}

function equivalentText(before: string, outcome: SeedOutcome, divergence: Divergence | null): string {
  const parts = divergence === null ? '' : `; they part ${divergenceText(divergence)}`;
  return `Replay: equivalent: the same failure by another way (trace hash ${before} then, ${outcome.traceHash} now${parts}).`;
}

function replayText(verdict: 'gone' | 'diverged', divergence: Divergence | null): string[] {
  if (verdict !== 'diverged' || divergence === null) return [];
  return [`Replay: diverged ${divergenceText(divergence)}: the decisions are of another tree, and this run is another one.`];
}

/** Something else was decided than what was recorded. A run that is shorter or longer, as one is that does not fail, still fits. */
function isMisfit(divergence: Divergence | null): boolean {
  return divergence !== null && divergence.expected !== null && divergence.got !== null;
}

/** `at decision 17 of network/b1-b2 (expected "latency", got "connect")` */
function divergenceText({ stream, ordinal, expected, got, limit }: Divergence): string {
  const text = (label: string | null): string => (label === null ? 'no decision' : `"${label}"`);
  const found = limit === undefined ? text(got) : `${text(got)} of values below ${limit}`;
  return `at decision ${ordinal} of ${stream} (expected ${text(expected)}, got ${found})`;
}

function sameFailure(before: SeedOutcome, now: SeedOutcome): boolean {
  if (before.verdict !== now.verdict) return false;
  if (before.verdict === 'pass') return true;
  const kind = kindOf(before);
  return before.violations.length === 0
    ? kind === kindOf(now)
    : now.violations.some((violation) => fingerprint(violation) === kind);
}

function idsOf({ violations }: SeedOutcome): string[] {
  return [...new Set(violations.map(({ property }) => property))].sort();
}

function named(outcome: SeedOutcome): string {
  const ids = idsOf(outcome);
  if (ids.length > 0) return `a violation of ${ids.join(', ')}`;
  const { verdict, error } = outcome;
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
