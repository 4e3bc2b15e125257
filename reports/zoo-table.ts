/** What a zoo came to, as text: a row for each mutant, and the score. */
import { type Distance, type MutantVerdict } from '../campaign/zoo/mutant-search.ts';
import type { ZooEntry, ZooReport } from '../campaign/zoo/zoo.ts';
import { duration, firstLine, plural } from './format.ts';

/** A mutant's line, for JSON and for tables. */
export interface ZooRow {
  readonly mutant: string;
  readonly title: string;
  readonly source: readonly string[];
  readonly difficulty: string;
  readonly scenario: string;
  readonly verdict: MutantVerdict;
  readonly expects: readonly string[];
  /** What failed in the lowest seed that was detected, and that seed. */
  readonly detectedBy: readonly string[];
  readonly seed: number | null;
  /** Why the run came to no result, if that is how it was detected. */
  readonly error: string | null;
  readonly runs: number;
  /** Medians over the starting seeds from which there was a detection; null if there was none. */
  readonly seedsToDetect: number | null;
  readonly cpuMsToDetect: number | null;
  /** Over all runs. */
  readonly ran: number;
  readonly differed: number;
  readonly masked: string | null;
}

export function zooRow({ mutant, scenario, search }: ZooEntry): ZooRow {
  const { detection, distances, runs } = search;
  return {
    mutant: mutant.id,
    title: mutant.title,
    source: mutant.source,
    difficulty: mutant.difficulty,
    scenario,
    verdict: search.verdict,
    expects: mutant.expects,
    detectedBy: detection?.detectedBy ?? [],
    seed: detection?.seed ?? null,
    error: detection?.error ?? null,
    runs: runs.length,
    seedsToDetect: medianOf(distances, ({ seeds }) => seeds),
    cpuMsToDetect: medianOf(distances, ({ cpuMs }) => cpuMs),
    ran: sum(runs.map(({ ran }) => ran)),
    differed: sum(runs.map(({ differed }) => differed)),
    masked: mutant.masked ?? null,
  };
}

/** The score: mutants that are found, of those that are not masked. */
export interface ZooScore {
  readonly found: number;
  readonly of: number;
  readonly masked: number;
}

export function zooScore(rows: readonly ZooRow[]): ZooScore {
  const isMasked = ({ masked, verdict }: ZooRow): boolean => masked !== null && verdict !== 'found';
  const masked = rows.filter(isMasked).length;
  return { found: rows.filter(({ verdict }) => verdict === 'found').length, of: rows.length - masked, masked };
}

/** `found by R1, J4 in 3 seeds, 2.9 s`, or why not. */
export function verdictOf(row: ZooRow): string {
  const { verdict, detectedBy, seedsToDetect, cpuMsToDetect, runs, differed, masked } = row;
  switch (verdict) {
    case 'found':
      return `found by ${detectedBy.join(', ')} in ${plural(seedsToDetect ?? 0, 'seed')}, ${duration(cpuMsToDetect ?? 0)} of processor time`;
    case 'unseen':
      if (masked !== null) return `masked: ${masked}`;
      return `not found in ${plural(runs, 'seed')}: it made a difference ${plural(differed, 'time')}, which nobody saw`;
    case 'same outcome':
      return `not found in ${plural(runs, 'seed')}: it ran ${plural(row.ran, 'time')} and never made a difference`;
    case 'never reached':
      return `not found in ${plural(runs, 'seed')}: its line never ran`;
    case 'not run':
      return 'not run';
  }
}

/** The whole table for a terminal, those that were not found last. */
export function zooText(report: ZooReport): string {
  const rows = report.entries.map(zooRow);
  const width = Math.max(...rows.map(({ mutant }) => mutant.length));
  const ordered = [...rows.filter(isFound), ...rows.filter((row) => !isFound(row))];
  const lines = ordered.map(
    (row) => `  ${row.mutant.padEnd(width)}  ${row.difficulty.padEnd(6)}  ${verdictOf(row)}${diedText(row)}`,
  );
  const { found, of, masked } = zooScore(rows);
  const cpuMs = sum(report.entries.flatMap(({ search }) => search.runs.map((run) => run.cpuMs)));
  const hidden = masked === 0 ? '' : ` (${masked} more ${masked === 1 ? 'is' : 'are'} masked)`;
  return [
    ...lines,
    `FOUND ${found} of ${of} mutants${hidden} in ${duration(report.wallMs)} on ${plural(report.workers, 'worker')}, ${duration(cpuMs)} of processor time`,
  ].join('\n');
}

/** The same as a table of Markdown. */
export function zooMarkdown(rows: readonly ZooRow[]): string {
  const head = '| mutant | from | rated | found by | seeds | CPU s |\n|---|---|---|---|---:|---:|';
  const lines = [...rows.filter(isFound), ...rows.filter((row) => !isFound(row))].map((row) => {
    const by = isFound(row) ? row.detectedBy.join(', ') : verdictOf(row);
    const seeds = row.seedsToDetect === null ? '' : String(row.seedsToDetect);
    const cpu = row.cpuMsToDetect === null ? '' : (row.cpuMsToDetect / 1_000).toFixed(1);
    const where = row.scenario === 'standard' ? '' : ` (${row.scenario})`;
    return `| \`${row.mutant}\`${where} | ${row.source.join(', ')} | ${row.difficulty} | ${by} | ${seeds} | ${cpu} |`;
  });
  return [head, ...lines].join('\n');
}

function isFound({ verdict }: ZooRow): boolean {
  return verdict === 'found';
}

function diedText({ error }: ZooRow): string {
  return error === null ? '' : ` (${firstLine(error)})`;
}

function medianOf(distances: readonly Distance[], value: (distance: Distance) => number): number | null {
  const values = distances.map(value).toSorted((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)] ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
