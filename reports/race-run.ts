/** `trial zoo --compare`: which explorer finds mutants sooner. */
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { race, type RaceOptions } from '../campaign/zoo/race.ts';
import { type RaceRun, type RaceScore, raceScores } from '../campaign/zoo/race-score.ts';
import { duration, plural } from './format.ts';

/** Runs it and tells of it. */
export async function raceRun(options: RaceOptions, { json }: { readonly json: boolean }): Promise<ExitStatus> {
  const report = await race({
    ...options,
    onRuns: (runs) => {
      for (const run of json ? runs : []) print(JSON.stringify(run));
      if (!json) print(heatText(runs));
    },
  });
  const scores = raceScores(report.runs);
  if (json)
    print(JSON.stringify({ scores, endedBy: report.endedBy, wallMs: Math.round(report.wallMs), workers: report.workers }));
  else print(raceText(report.runs, scores, report));
  return report.endedBy === 'interrupt' ? EXIT.interrupted : EXIT.held;
}

function heatText(runs: readonly RaceRun[]): string {
  const of = runs.map(({ explorer, found, seeds }) => `${explorer} ${found ? seeds : `not in ${seeds}`}`);
  const [first] = runs;
  return first === undefined ? '' : `${first.mutant} (${first.difficulty}) from seed ${first.start}: ${of.join(', ')}`;
}

/** A row for each explorer. */
export function raceText(
  runs: readonly RaceRun[],
  scores: readonly RaceScore[],
  { wallMs, workers }: { readonly wallMs: number; readonly workers: number },
): string {
  const mutants = new Set(runs.map(({ mutant }) => mutant)).size;
  const rows = scores.map(({ explorer, found, of, medianSeeds, medianCpuMs, seedsRatio, cpuRatio }) => [
    explorer,
    `${found} of ${of}`,
    medianSeeds === null ? '-' : String(medianSeeds),
    medianCpuMs === null ? '-' : duration(medianCpuMs),
    seedsRatio === null ? '-' : `${seedsRatio.toFixed(2)} x`,
    cpuRatio === null ? '-' : `${cpuRatio.toFixed(2)} x`,
  ]);
  const table = [['explorer', 'found', 'median seeds', 'median CPU', 'faster by seeds', 'faster by CPU'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? [];
  return [
    ...table.map(
      (row) =>
        `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number))).join('  ')}`,
    ),
    `${plural(mutants, 'mutant')} in ${duration(wallMs)} on ${plural(workers, 'worker')}. What was not found counts as if the last seed had shown it.`,
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
