/** `trial zoo`: progress while mutants run, and the table in the end. */
import { shrinkZoo } from '../campaign/zoo/shrink-zoo.ts';
import { runZoo, type ZooEntry, type ZooOptions } from '../campaign/zoo/zoo.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { duration } from './format.ts';
import { shrunkText, spreadsOf, spreadText } from './zoo-shrink.ts';
import { verdictOf, zooRow, zooScore, zooText } from './zoo-table.ts';

interface ZooRunOptions {
  readonly json: boolean;
  /** Make the failures small that mutants were found by. */
  readonly shrink: boolean;
}

/** Runs it and tells of it. Held: everything that is not masked was found. */
export async function zooRun(options: ZooOptions, { json, shrink }: ZooRunOptions): Promise<ExitStatus> {
  const startedMs = performance.now();
  let runs = 0;
  const found = new Set<string>();
  const report = await runZoo({
    ...options,
    onRun: (entry, run) => {
      runs++;
      if (run.detectedBy.length === 0 || found.has(entry.mutant.id)) return;
      found.add(entry.mutant.id);
      if (json) return;
      const passed = duration(performance.now() - startedMs);
      print(
        `${passed}, ${runs} runs: ${entry.mutant.id} is ${verdictOf(zooRow(entry))}\n  see it happen: ${openCommand(entry, run.seed)}`,
      );
    },
  });
  const rows = report.entries.map(zooRow);
  const score = zooScore(rows);
  if (json) {
    for (const row of rows) print(JSON.stringify(row));
    print(JSON.stringify({ ...score, endedBy: report.endedBy, wallMs: Math.round(report.wallMs), workers: report.workers }));
  } else print(zooText(report));
  if (shrink) await shrinkFound(report.entries, options, json);
  if (report.endedBy === 'interrupt' || options.signal?.aborted === true) return EXIT.interrupted;
  return score.found === score.of ? EXIT.held : EXIT.violated;
}

/** What makes the page of a mutant's failure. */
function openCommand({ mutant, scenario }: ZooEntry, seed: number): string {
  return `npx trial open ${seed} --scenario ${scenario} --mutant ${mutant.id}`;
}

async function shrinkFound(entries: readonly ZooEntry[], options: ZooOptions, json: boolean): Promise<void> {
  const { workers, stallLimitMs, signal } = options;
  const shrunk = await shrinkZoo(entries, {
    ...(workers === undefined ? {} : { workers }),
    ...(stallLimitMs === undefined ? {} : { stallLimitMs }),
    ...(signal === undefined ? {} : { signal }),
    onShrunk: (one) => print(json ? JSON.stringify({ shrunk: one }) : shrunkText(one)),
  });
  print(json ? JSON.stringify({ spreads: spreadsOf(shrunk) }) : spreadText(shrunk));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
