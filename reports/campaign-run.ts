/** A campaign from a command's options to everything that is written about it: progress, lines, files, the verdict. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLogUpdate } from 'log-update';
import { campaign, type CampaignOptions, type CampaignReport, exitStatusOf, runsAskedFor } from '../campaign/campaign.ts';
import { coverageFails, coverageOf } from '../campaign/coverage.ts';
import { prepareFile } from '../campaign/files.ts';
import type { SeedOutcome } from '../campaign/outcome.ts';
import { workerCount } from '../campaign/pool.ts';
import type { Totals } from '../campaign/totals.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { campaignPage } from './html.ts';
import { writePages } from './campaign-pages.ts';
import { coverageLine, seedLine, summaryLine } from './json-lines.ts';
import { junit } from './junit.ts';
import { type Stories, storiesOf } from './stories.ts';
import { coverageText, progressLine, progressScreen, verdictText } from './terminal.ts';

export interface ReportOptions {
  /** JSON lines on the standard output, and nothing else there. */
  readonly json: boolean;
  readonly junit?: string;
  readonly coverage: boolean;
}

/** Runs it and tells of it; the result is the exit status. */
export async function runCampaign(options: CampaignOptions, report: ReportOptions): Promise<ExitStatus> {
  if (report.junit !== undefined) prepareFile(report.junit);
  const outcomes: SeedOutcome[] = [];
  const progress = report.json ? null : new ProgressDisplay(options);
  let result: CampaignReport;
  try {
    result = await campaign({
      ...options,
      onOutcome: (outcome, totals) => {
        if (report.junit !== undefined) outcomes.push(outcome);
        if (report.json) print(seedLine(outcome));
        progress?.update(totals);
        options.onOutcome?.(outcome, totals);
      },
    });
  } finally {
    progress?.end();
  }
  if (options.out === undefined) return writeReports(result, outcomes, report);
  await writePages(result.failures);
  return writeReports(result, outcomes, { ...report, folder: options.out, stories: await storiesOf(result.failures) });
}

/** Everything that is written in the end, for a campaign and for merged results alike. */
export function writeReports(
  result: CampaignReport,
  outcomes: readonly SeedOutcome[],
  report: ReportOptions & { readonly folder?: string; readonly html?: string; readonly stories?: Stories },
): ExitStatus {
  if (report.junit !== undefined) writeFileSync(report.junit, junit(outcomes));
  const html = report.html ?? (report.folder === undefined ? null : join(report.folder, 'index.html'));
  if (html !== null) writeFileSync(html, campaignPage(result, resolve(html, '..'), report.stories));
  const coverage = coverageOf(result.totals);
  if (report.json) {
    if (report.coverage) print(coverageLine(coverage));
    print(summaryLine(result));
  } else {
    if (report.coverage) print(`${coverageText(coverage)}\n`);
    print(verdictText(result, { html: html === null ? null : resolve(html) }));
  }
  const status = exitStatusOf(result);
  return report.coverage && status === EXIT.held && coverageFails(coverage) ? EXIT.violated : status;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const REDRAW_MS = 100;
const LINE_MS = 5_000;

/** Redrawn in a terminal; on a pipe a line every few seconds. */
class ProgressDisplay {
  readonly #startedMs = performance.now();
  readonly #workers: number;
  readonly #planned: number | null;
  readonly #screen = process.stdout.isTTY ? createLogUpdate(process.stdout) : null;
  #lastMs = performance.now();

  constructor(options: CampaignOptions) {
    const runs = runsAskedFor(options);
    this.#workers = workerCount(options.workers, runs);
    this.#planned = options.forMs === undefined && Number.isFinite(runs) ? runs : null;
  }

  update(totals: Totals): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < (this.#screen === null ? LINE_MS : REDRAW_MS)) return;
    this.#lastMs = nowMs;
    const progress = { totals, wallMs: nowMs - this.#startedMs, workers: this.#workers, planned: this.#planned };
    if (this.#screen === null) print(progressLine(progress));
    else this.#screen(progressScreen(progress));
  }

  end(): void {
    this.#screen?.clear();
  }
}
