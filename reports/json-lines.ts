/** One JSON object a line: a campaign's results for other programs, and back. */
import { type CampaignReport, exitStatusOf } from '../campaign/campaign.ts';
import type { Coverage } from '../campaign/coverage.ts';
import { countsSchema, outcomeSchema, type SeedOutcome, siteCountsSchema } from '../campaign/outcome.ts';
import { Totals } from '../campaign/totals.ts';
import { EXIT, UsageError } from '../campaign/usage.ts';
import { versions } from '../campaign/versions.ts';
import { z } from 'zod';

/** The line of a seed on the standard output. A seed whose harness failed has `error` besides, one in which something never happened `unmet`. */
export function seedLine(outcome: SeedOutcome): string {
  const { evaluations: _, excuses: __, rarePaths: ___, states: ____, unmet, error, ...line } = outcome;
  return JSON.stringify({
    ...line,
    ...(Object.keys(unmet).length === 0 ? {} : { unmet }),
    ...(error === null ? {} : { error }),
  });
}

/** What `campaign --json --coverage` prints before the totals: marks, states of the protocols and what is unseen of them. */
export function coverageLine({ marks, states, unseen }: Coverage): string {
  return JSON.stringify({ coverage: true, marks, states, unseen });
}

/** The last line: the totals. */
export function summaryLine(report: CampaignReport): string {
  const { totals, wallMs, workers, endedBy } = report;
  const seedsPerSecond = wallMs > 0 ? (totals.seeds * 1_000) / wallMs : 0;
  return JSON.stringify({
    summary: true,
    verdict: verdictOf(report),
    exitStatus: exitStatusOf(report),
    endedBy,
    wallMs: Math.round(wallMs),
    workers,
    seedsPerSecond: Math.round(seedsPerSecond * 100) / 100,
    ...totals.toSummary(),
    versions: versions(),
  });
}

export function verdictOf(report: CampaignReport): 'pass' | 'fail' | 'error' | 'interrupted' {
  const status = exitStatusOf(report);
  if (status === EXIT.interrupted) return 'interrupted';
  return status === EXIT.violated ? 'fail' : status === EXIT.harness ? 'error' : 'pass';
}

const summarySchema = z.object({
  summary: z.literal(true),
  evaluations: countsSchema.default({}),
  evaluationsByScenario: z.record(z.string(), countsSchema).default({}),
  rarePaths: siteCountsSchema.default({}),
});

/** Is made anew of all files together. */
const coverageSchema = z.object({ coverage: z.literal(true) });

type Sums = Pick<z.infer<typeof summarySchema>, 'evaluations' | 'evaluationsByScenario' | 'rarePaths'>;

/** What `trial report` makes of the files of several shards. */
export interface Merged {
  readonly totals: Totals;
  readonly outcomes: readonly SeedOutcome[];
  /** Seeds that were in more than one file, or twice in one; counted once. */
  readonly duplicates: number;
  /** Seeds whose trace hash differs between files. */
  readonly conflicts: readonly string[];
}

export interface ResultsFile {
  readonly path: string;
  readonly text: string;
}

/** Merges results.ndjson files or `--json` outputs. Throws UsageError naming the file and line that is neither. */
export function mergeResults(files: readonly ResultsFile[]): Merged {
  const byKey = new Map<string, SeedOutcome>();
  const conflicts: string[] = [];
  const sums: Sums[] = [];
  let duplicates = 0;
  for (const file of files) {
    const found = parseFile(file);
    // The lines of `--json` carry neither evaluations nor rare paths: then the file's own sums are used.
    if (found.summary !== null && found.outcomes.every((outcome) => Object.keys(outcome.evaluations).length === 0)) {
      sums.push(found.summary);
    }
    for (const outcome of found.outcomes) {
      const key = `${outcome.scenario} ${outcome.seed}${outcome.explorer === undefined ? '' : ` ${outcome.explorer}`}`;
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, outcome);
      else {
        duplicates++;
        if (known.traceHash !== outcome.traceHash) conflicts.push(key);
      }
    }
  }
  const outcomes = [...byKey.values()].sort((a, b) => a.seed - b.seed || (a.scenario < b.scenario ? -1 : 1));
  const totals = new Totals();
  for (const outcome of outcomes) totals.add(outcome);
  for (const { evaluations, evaluationsByScenario, rarePaths } of sums) {
    totals.addRarePaths(rarePaths);
    for (const [scenario, of] of Object.entries(evaluationsByScenario))
      totals.addToScenario(scenario, { evaluations: of, marks: {} });
    for (const [id, count] of Object.entries(evaluations)) totals.evaluations.set(id, (totals.evaluations.get(id) ?? 0) + count);
  }
  return { totals, outcomes, duplicates, conflicts };
}

function parseFile({ path, text }: ResultsFile): { outcomes: SeedOutcome[]; summary: Sums | null } {
  const outcomes: SeedOutcome[] = [];
  let summary: Sums | null = null;
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      // A campaign that died may leave half a line at the end; that seed is lost, the others are not.
      if (index === lines.length - 1 && outcomes.length > 0) return;
      throw new UsageError(`line ${index + 1} of "${path}" is not JSON: give files of results as campaigns write them`);
    }
    if (coverageSchema.safeParse(json).success) return;
    const last = summarySchema.safeParse(json);
    if (last.success) {
      summary = last.data;
      return;
    }
    const parsed = outcomeSchema.safeParse(json);
    if (!parsed.success) {
      throw new UsageError(
        `line ${index + 1} of "${path}" is not a seed's result: give files of results as campaigns write them`,
      );
    }
    outcomes.push(parsed.data);
  });
  if (outcomes.length === 0 && summary === null) throw new UsageError(`the file "${path}" holds no results`);
  return { outcomes, summary };
}
