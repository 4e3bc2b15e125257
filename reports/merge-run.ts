/** `trial report`: the results of several shards as one campaign's. */
import { prepareFile, readText } from '../campaign/files.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { type ReportOptions, writeReports } from './campaign-run.ts';
import { mergeResults } from './json-lines.ts';

export function reportFiles(paths: readonly string[], options: ReportOptions & { readonly html?: string }): ExitStatus {
  for (const path of [options.junit, options.html]) if (path !== undefined) prepareFile(path);
  const merged = mergeResults(paths.map((path) => ({ path, text: readText(path) })));
  const { totals, outcomes, duplicates, conflicts } = merged;
  const failures = totals.failures.map((outcome) => ({ scenario: outcome.scenario, outcome, bundle: null }));
  const status = writeReports(
    // How long the machines took together is not in the files; the seeds' own time is.
    { totals, failures, endedBy: 'all seeds done', wallMs: totals.busyMs, workers: 1 },
    outcomes,
    options,
  );
  if (duplicates > 0) process.stderr.write(`${duplicates} results were there more than once and count once.\n`);
  if (conflicts.length === 0) return status;
  process.stderr.write(`Not deterministic: the trace hashes of ${conflicts.join(', ')} differ between the files.\n`);
  return status === EXIT.violated ? status : EXIT.harness;
}
