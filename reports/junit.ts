/** JUnit XML, as continuous-integration servers read it: a suite a scenario, a case a seed. */
import { againCommand } from '../campaign/again.ts';
import type { SeedOutcome } from '../campaign/outcome.ts';
import { printable } from '../campaign/printable.ts';
import { firstLine } from './format.ts';

/** Seeds that passed have no case of their own beyond this many a scenario, to keep the file readable by servers. */
const PASSED_CASES_MAX = 10_000;

export function junit(outcomes: readonly SeedOutcome[]): string {
  const byScenario = new Map<string, SeedOutcome[]>();
  for (const outcome of outcomes) {
    const list = byScenario.get(outcome.scenario);
    if (list === undefined) byScenario.set(outcome.scenario, [outcome]);
    else list.push(outcome);
  }
  const suites = [...byScenario].map(([scenario, list]) => suite(scenario, list));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="trial" ${counts(outcomes)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(scenario: string, outcomes: readonly SeedOutcome[]): string {
  let passed = 0;
  const cases = outcomes
    .filter((outcome) => outcome.verdict !== 'pass' || passed++ < PASSED_CASES_MAX)
    .map((outcome) => testCase(scenario, outcome));
  return [`  <testsuite name="${escapeXml(scenario)}" ${counts(outcomes)}>`, ...cases, '  </testsuite>'].join('\n');
}

function testCase(scenario: string, outcome: SeedOutcome): string {
  const head = `    <testcase classname="${escapeXml(scenario)}" name="seed ${outcome.seed}" time="${seconds(outcome.wallMs)}"`;
  if (outcome.verdict === 'pass') return `${head}/>`;
  const again = `${againCommand(scenario, outcome, null)}\n`;
  if (outcome.verdict === 'error') {
    const why = outcome.error ?? 'the harness failed';
    return `${head}>\n      <error message="${escapeXml(firstLine(why))}">${escapeXml(`${why}\n${again}`)}</error>\n    </testcase>`;
  }
  const failures = outcome.violations.map(
    ({ property, message, atMs }) =>
      `      <failure type="${escapeXml(property)}" message="${escapeXml(`${property}: ${firstLine(message)}`)}">` +
      `${escapeXml(`at ${(atMs / 1_000).toFixed(6)} s: ${message}\n${again}`)}</failure>`,
  );
  return [`${head}>`, ...failures, '    </testcase>'].join('\n');
}

function counts(outcomes: readonly SeedOutcome[]): string {
  const failures = outcomes.filter((outcome) => outcome.verdict === 'fail').length;
  const errors = outcomes.filter((outcome) => outcome.verdict === 'error').length;
  const wallMs = outcomes.reduce((sum, outcome) => sum + outcome.wallMs, 0);
  return `tests="${outcomes.length}" failures="${failures}" errors="${errors}" time="${seconds(wallMs)}"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** Text for XML content and for attribute values in double quotes. */
function escapeXml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
