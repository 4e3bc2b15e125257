/** What a campaign says in a terminal: progress while it runs, the verdict in the end. */
import { styleText } from 'node:util';
import { againCommand } from '../campaign/again.ts';
import { type CampaignReport, exitStatusOf } from '../campaign/campaign.ts';
import type { Coverage } from '../campaign/coverage.ts';
import { type FailureKind, failureKinds, firstViolation } from '../campaign/failure-kinds.ts';
import { COVERAGE_SEEDS_MIN, REACH_SEEDS_MIN } from '../campaign/coverage.ts';
import { printable } from '../campaign/printable.ts';
import type { Totals } from '../campaign/totals.ts';
import { EXIT } from '../campaign/usage.ts';
import type { VerifyReport } from '../campaign/verify.ts';
import { TRANSACTION_STATES } from '../core/transaction/transaction-state.ts';
import { UNMET } from '../sim/run/unmet.ts';
import { duration, firstLine, percent, plural, rate, thousands, unseenText } from './format.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours only for a terminal that wants them; NO_COLOR and FORCE_COLOR count. */
function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export interface Progress {
  readonly totals: Totals;
  readonly wallMs: number;
  readonly workers: number;
  /** Seeds in all, if known. */
  readonly planned: number | null;
}

/** One line, for pipes. */
export function progressLine({ totals, wallMs, planned }: Progress): string {
  const of = planned === null ? '' : ` of ${thousands(planned)}`;
  return (
    `${thousands(totals.seeds)}${of} seeds, ${rate(totals.seeds, wallMs)}/s, ${duration(totals.simulatedMs)} simulated, ` +
    `${thousands(totals.faultCount)} faults, ${thousands(totals.recordsAcknowledged)} records acknowledged, ` +
    `${thousands(totals.recordsDelivered)} delivered, ${failuresInShort(totals)}`
  );
}

/** Several lines, for a terminal that redraws them. */
export function progressScreen(progress: Progress): string {
  const { totals, wallMs, workers, planned } = progress;
  const of = planned === null ? '' : ` of ${thousands(planned)}`;
  const rows: [string, string][] = [
    ['seeds', `${thousands(totals.seeds)}${of}   ${rate(totals.seeds, wallMs)}/s on ${plural(workers, 'worker')}`],
    ['simulated', `${duration(totals.simulatedMs)}   ${rate(totals.simulatedMs / 1_000, wallMs)} times real time`],
    ['faults', thousands(totals.faultCount)],
    ['records', `${thousands(totals.recordsAcknowledged)} acknowledged, ${thousands(totals.recordsDelivered)} delivered`],
    ['failures', failuresInShort(totals)],
  ];
  const style: Style = totals.failures.length > 0 ? 'red' : 'green';
  const bar = planned === null ? [] : [paint('dim', progressBar(totals.seeds / Math.max(1, planned)))];
  return [
    ...rows.map(([name, value]) => `  ${name.padEnd(10)} ${name === 'failures' ? paint(style, value) : value}`),
    ...bar,
  ].join('\n');
}

function progressBar(share: number): string {
  const width = 40;
  const full = Math.min(width, Math.floor(share * width));
  return `  ${'━'.repeat(full)}${'─'.repeat(width - full)} ${Math.floor(Math.min(1, share) * 100)}%`;
}

function failuresInShort(totals: Totals): string {
  if (totals.failures.length === 0) return 'no failures';
  const byProperty = [...totals.failuresByProperty].map(([property, count]) => `${property} x${count}`);
  if (totals.errors > 0) byProperty.push(`harness x${totals.errors}`);
  return `${plural(totals.failures.length, 'failing seed')} (${byProperty.join(', ')})`;
}

/** Kinds of failure that are told in full; the rest are counted. */
const TOLD_MAX = 10;

export interface VerdictFiles {
  readonly html: string | null;
}

/** The end of a campaign: verdict, figures, each failure with the command that reproduces it, where the summary page is. */
export function verdictText(report: CampaignReport, files: VerdictFiles): string {
  const { totals, wallMs } = report;
  const lines = [
    headline(report),
    `  ${plural(totals.seeds, 'simulated cluster')} in ${duration(wallMs)} (${rate(totals.seeds, wallMs)}/s), ${duration(totals.simulatedMs)} of their time, ` +
      `${thousands(totals.faultCount)} faults`,
    `  ${thousands(totals.recordsAcknowledged)} records acknowledged${totals.failures.length === 0 ? ' and accounted for' : ''}, ${thousands(totals.recordsDelivered)} delivered, ${thousands(totals.frames)} network frames`,
  ];
  for (const [what, sentence] of Object.entries(UNMET)) {
    const count = totals.unmet.get(what) ?? 0;
    if (count > 0 && count < totals.seeds) lines.push(`  in ${plural(count, 'seed')} ${sentence}`);
  }
  const kinds = failureKinds(report.failures);
  for (const kind of kinds.slice(0, TOLD_MAX)) lines.push('', ...failureLines(kind));
  if (kinds.length > TOLD_MAX) lines.push('', `  and ${plural(kinds.length - TOLD_MAX, 'more kind')} of failure`);
  if (files.html !== null) lines.push('', `Summary: ${files.html}`);
  return lines.join('\n');
}

function headline(report: CampaignReport): string {
  const { totals, endedBy } = report;
  const end = endedBy === 'interrupt' ? ' (interrupted)' : endedBy === 'bail' ? ' (stopped at the bail limit)' : '';
  if (totals.failed > 0) {
    return paint(
      ['red', 'bold'],
      `FAILED: ${plural(totals.failed, 'seed')} of ${thousands(totals.seeds)} violated a property${end}`,
    );
  }
  if (totals.errors > 0) {
    return paint(
      ['red', 'bold'],
      `HARNESS FAILED: ${plural(totals.errors, 'seed')} of ${thousands(totals.seeds)} came to no result${end}`,
    );
  }
  if (exitStatusOf(report) === EXIT.interrupted) {
    const soFar = totals.seeds === 0 ? 'no seed had come to its end' : `${plural(totals.seeds, 'seed')} had passed until then`;
    return paint(['yellow', 'bold'], `INTERRUPTED: ${soFar}`);
  }
  if (totals.seeds === 0) return paint('yellow', `NOTHING RAN${end}`);
  const never = unmetIn(totals, (count) => count === totals.seeds);
  if (never.length > 0) {
    const where = totals.seeds === 1 ? '' : ` in any of ${plural(totals.seeds, 'seed')}`;
    return paint(['yellow', 'bold'], `PASSED, but ${never.join(', ')}${where}${end}`);
  }
  return paint(['green', 'bold'], `PASSED: every property held in ${plural(totals.seeds, 'seed')}${end}`);
}

/** What never happened in so many of the seeds. */
function unmetIn(totals: Totals, many: (count: number) => boolean): string[] {
  return Object.entries(UNMET).flatMap(([what, sentence]) => (many(totals.unmet.get(what) ?? 0) ? [sentence] : []));
}

/** Seeds of a kind that are named. */
const SEEDS_NAMED = 10;

/** A kind of failure: the story that is the shortest, and which seeds have it. */
function failureLines({ property, earliest: { scenario, outcome, bundle }, failures }: FailureKind): string[] {
  const first = firstViolation(outcome);
  const seeds = failures.slice(0, SEEDS_NAMED).map((failure) => failure.outcome.seed);
  const more = failures.length > SEEDS_NAMED ? `, and ${thousands(failures.length - SEEDS_NAMED)} more` : '';
  const which = failures.length === 1 ? `seed ${seeds[0]}` : `${plural(failures.length, 'seed')}: ${seeds.join(', ')}${more}`;
  const lines = [`  ${paint('bold', printable(`${property ?? 'error'} in ${which}, of ${outcome.scenario}`))}`];
  if (first !== null) lines.push(`    ${at(first.atMs)}: ${firstLine(first.message)}`);
  if (outcome.error !== null) lines.push(`    ${paint('red', 'error')}: ${firstLine(outcome.error)}`);
  const then = outcome.violations.filter((violation) => violation !== first);
  if (then.length > 0)
    lines.push(
      `    then also ${then.map((violation) => `${printable(violation.property)} at ${at(violation.atMs)}`).join(', ')}`,
    );
  lines.push(`    reproduce: ${againCommand(scenario, outcome, bundle)}`);
  if (bundle !== null) lines.push(`    bundle:    ${bundle}`);
  return lines;
}

/** A moment as `--until` takes it. */
function at(atMs: number): string {
  return `${(atMs / 1_000).toFixed(6)} s`;
}

/** Kinds of excuse that are told of each property. */
const EXCUSES_NAMED = 3;

/** What was put to the test how often, and what never was. */
export function coverageText(coverage: Coverage): string {
  const lines = ['Properties, with their non-trivial evaluations:'];
  for (const { id, title, evaluations, failures, excused, excuses } of coverage.properties) {
    const notes = [
      failures > 0 ? `${plural(failures, 'failure')}` : '',
      excused > 0 ? `not promised in ${plural(excused, 'run')}` : '',
    ];
    const note = notes.filter((text) => text !== '').join(', ');
    lines.push(`  ${id.padEnd(6)} ${thousands(evaluations).padStart(14)}  ${title}${note === '' ? '' : ` (${note})`}`);
    for (const { reason, runs } of excuses.slice(0, EXCUSES_NAMED))
      lines.push(`${' '.repeat(25)}${thousands(runs)} x ${printable(reason)}`);
  }
  lines.push('', 'Marks, in how many seeds and how often they were reached:');
  for (const { name, runs, reached } of coverage.marks)
    lines.push(`  ${thousands(runs).padStart(8)} ${thousands(reached).padStart(10)}  ${name}`);
  lines.push('', ...stateLines(coverage));
  lines.push('', 'What is unseen:', ...Object.entries(coverage.unseen).map(([what, unseen]) => `  ${unseenText(what, unseen)}`));
  lines.push('', 'Transaction coordinators, how often a transactional id went from a state (row) to another (column):');
  lines.push(...stepTable(coverage.steps));
  lines.push('', 'Rare paths, how often they could be taken and were:');
  for (const { name, reached, taken } of coverage.rarePaths)
    lines.push(`  ${thousands(reached).padStart(12)} ${thousands(taken).padStart(10)}  ${name}`);
  const missing = [
    ...coverage.vacuousProperties.map((id) => `property ${id} was never put to the test`),
    ...unreachedMarkLines(coverage),
    ...coverage.untakenPaths.map((name) => `rare path "${name}" was never taken`),
    ...coverage.untakenSteps.map((step) => `no transactional id ever went ${step}`),
    ...coverage.overExcused.map(
      ({ id, excused, seeds, share, reason }) =>
        `property ${id} was not promised in ${thousands(excused)} of ${thousands(seeds)} standard runs, more than ${percent(share)}: ${reason}`,
    ),
  ];
  if (missing.length > 0) {
    const weight = coverage.binding
      ? paint('red', 'COVERAGE FAILED:')
      : `Not yet covered (it counts from ${thousands(COVERAGE_SEEDS_MIN)} standard seeds on):`;
    lines.push('', weight, ...missing.map((sentence) => `  ${sentence}`));
  }
  for (const { scenario, seeds, properties, steps } of coverage.unreached) {
    const weight =
      seeds >= REACH_SEEDS_MIN
        ? paint('red', 'COVERAGE FAILED')
        : `Not yet covered (it counts from ${thousands(REACH_SEEDS_MIN)} seeds on)`;
    lines.push('', `${weight}, of ${scenario} in ${plural(seeds, 'seed')}:`);
    lines.push(...properties.map((id) => `  property ${id}, which it is there for, was never put to the test`));
    lines.push(...steps.map((step) => `  no transactional id ever went ${step}, which it is there for`));
  }
  return lines.join('\n');
}

/** States of the protocols that are told of at either end: the rarest say what a campaign has only just touched. */
const STATES_TOLD = 10;

function stateLines({ states }: Coverage): string[] {
  const line = ({ name, runs }: Coverage['states'][number]): string => `  ${thousands(runs).padStart(8)}  ${name}`;
  const head =
    'States of the protocols, in how many seeds (partition, role, epoch, in-sync set, group or transaction, fault under way):';
  if (states.length <= 2 * STATES_TOLD) return [head, ...states.map(line)];
  const between = `  ${'...'.padStart(8)}  ${plural(states.length - 2 * STATES_TOLD, 'more state')}`;
  return [head, ...states.slice(0, STATES_TOLD).map(line), between, ...states.slice(-STATES_TOLD).map(line)];
}

/** In a small campaign most are not reached: how many is enough. */
function unreachedMarkLines({ unreachedMarks, binding }: Coverage): string[] {
  if (binding) return unreachedMarks.map((name) => `mark "${name}" was never reached`);
  return unreachedMarks.length === 0
    ? []
    : [`${plural(unreachedMarks.length, 'mark')} above ${unreachedMarks.length === 1 ? 'was' : 'were'} never reached`];
}

/** A row for each state, and in it what is legal: a figure for each state that an id may go to from there. */
function stepTable(steps: Coverage['steps']): string[] {
  const width = Math.max(...TRANSACTION_STATES.map(({ length }) => length));
  const head = ['', ...TRANSACTION_STATES].map((state) => state.padStart(width)).join(' ');
  return [
    `  ${head}`,
    ...TRANSACTION_STATES.map((from) => {
      const cells = TRANSACTION_STATES.map((to) => {
        const taken = steps.get(`${from} -> ${to}`);
        return (taken === undefined ? '.' : thousands(taken)).padStart(width);
      });
      return `  ${[from.padStart(width), ...cells].join(' ')}`;
    }),
  ];
}

export function verifyText(report: VerifyReport): string {
  const lines: string[] = [];
  for (const { scenario, seed, message } of report.differences) {
    lines.push(`${paint('red', 'DIFFERS')} seed ${seed} of ${scenario}: ${printable(message)}`);
  }
  for (const { scenario, seed, error } of report.errors) {
    lines.push(`${paint('red', 'ERROR')} seed ${seed} of ${scenario}: ${firstLine(error ?? '')}`);
  }
  const seeds = plural(report.compared, 'seed');
  const end = report.interrupted ? ' (interrupted)' : '';
  if (lines.length === 0 && report.interrupted)
    return `${paint(['yellow', 'bold'], 'INTERRUPTED')}: ${seeds} had run twice until then, every trace and result was the same`;
  if (lines.length === 0)
    return `${paint(['green', 'bold'], 'DETERMINISTIC')}: ${seeds} ran twice, every trace and result was the same`;
  return [...lines, `${thousands(report.differences.length)} of ${seeds} differ${end}`].join('\n');
}
