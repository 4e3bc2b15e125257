/** A campaign as one HTML page: no external resources, light and dark, readable without scripts (which only sort tables). */
import type { CampaignReport } from '../campaign/campaign.ts';
import { type Coverage, coverageOf } from '../campaign/coverage.ts';
import { type Totals, WALL_CLASSES_MS } from '../campaign/totals.ts';
import { versions } from '../campaign/versions.ts';
import { UNMET } from '../sim/run/unmet.ts';
import { escapeHtml } from './escape-html.ts';
import { duration, plural, rate, thousands } from './format.ts';
import { failureSection } from './html-failures.ts';
import { propertySection, SORTING, untestedSection } from './html-properties.ts';
import { timelineSection } from './html-timeline.ts';
import { verdictOf } from './json-lines.ts';
import type { Stories } from './stories.ts';

/** `folder` is where the page will lie, for links to the bundles; `stories` of failures, by bundle. */
export function campaignPage(report: CampaignReport, folder: string, stories: Stories = new Map()): string {
  const { totals } = report;
  const coverage = coverageOf(totals);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Trial: ${escapeHtml(headline(totals))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${head(report)}
${tiles(report)}
${failureSection(report.failures, folder, stories)}
${timelineSection(totals.timeline, coverage)}
${untestedSection(coverage)}
${propertySection(coverage, folder)}
<div class="columns">
${bars('Faults injected', totals.faults, 'No fault took effect.')}
${wallChart(totals)}
</div>
${marks(coverage)}
${states(coverage)}
${rarePaths(coverage)}
${scenarios(totals)}
<footer>${escapeHtml(versionsLine())}</footer>
</main>
<script>${SORTING}</script>
</body>
</html>
`;
}

function headline(totals: Totals): string {
  if (totals.failed > 0) return `${plural(totals.failed, 'seed')} of ${thousands(totals.seeds)} violated a property`;
  if (totals.errors > 0) return `${plural(totals.errors, 'seed')} of ${thousands(totals.seeds)} came to no result`;
  if (totals.seeds === 0) return 'nothing ran';
  const never = Object.entries(UNMET).filter(([what]) => totals.unmet.get(what) === totals.seeds);
  const but = never.length === 0 ? '' : `, but ${never.map(([, sentence]) => sentence).join(', ')}`;
  return `every property held in ${plural(totals.seeds, 'seed')}${but}`;
}

function head(report: CampaignReport): string {
  const { totals, endedBy } = report;
  const verdict = verdictOf(report);
  const word = { pass: 'Passed', fail: 'Failed', error: 'Harness failed', interrupted: 'Interrupted' }[verdict];
  const end = endedBy === 'interrupt' ? ' Interrupted before its end.' : endedBy === 'bail' ? ' Stopped at its bail limit.' : '';
  return `<header class="${verdict}">
<p class="word">${word}</p>
<h1>Kafka on trial: ${escapeHtml(headline(totals))}</h1>
<p>${thousands(totals.faultCount)} faults hit ${plural(totals.seeds, 'simulated cluster')} in ${escapeHtml(duration(totals.simulatedMs))} of simulated time.${end}</p>
</header>`;
}

function tiles({ totals, wallMs, workers }: CampaignReport): string {
  const figures: readonly (readonly [string, string, string])[] = [
    [
      'Seeds',
      thousands(totals.seeds),
      `${thousands(totals.passed)} passed, ${thousands(totals.failed)} failed, ${thousands(totals.errors)} errors`,
    ],
    ['Seeds per second', rate(totals.seeds, wallMs), `${duration(wallMs)} on ${plural(workers, 'worker')}`],
    ['Simulated time', duration(totals.simulatedMs), `${rate(totals.simulatedMs / 1_000, wallMs)} times real time`],
    ['Records acknowledged', thousands(totals.recordsAcknowledged), `${thousands(totals.recordsDelivered)} delivered`],
    ['Network frames', thousands(totals.frames), `${rate(totals.frames, wallMs)} per second`],
    ['Events', thousands(totals.events), `${rate(totals.events, wallMs)} per second`],
  ];
  const items = figures.map(
    ([name, value, note]) =>
      `<li><span class="name">${name}</span><strong>${escapeHtml(value)}</strong><span class="note">${escapeHtml(note)}</span></li>`,
  );
  return `<ul class="tiles">${items.join('\n')}</ul>`;
}

function bars(title: string, counts: ReadonlyMap<string, number>, none: string): string {
  const list = [...counts].sort((a, b) => b[1] - a[1]);
  if (list.length === 0) return `<section><h2>${title}</h2><p>${none}</p></section>`;
  const most = list[0]?.[1] ?? 1;
  const rows = list.map(([name, value]) => {
    const width = Math.max(1, Math.round((value / most) * 100));
    return `<tr><td>${escapeHtml(name)}</td><td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="8" rx="1"/></svg></td><td class="number">${thousands(value)}</td></tr>`;
  });
  return `<section><h2>${title}</h2><table class="bars">${rows.join('\n')}</table></section>`;
}

const CHART = { width: 440, height: 200, bottom: 24, top: 16 };

/** How long seeds took, in real time. */
function wallChart(totals: Totals): string {
  const most = Math.max(1, ...totals.wallClasses);
  const step = CHART.width / totals.wallClasses.length;
  const room = CHART.height - CHART.bottom - CHART.top;
  const columns = totals.wallClasses.map((count, index) => {
    const height = (count / most) * room;
    const x = index * step;
    const y = CHART.height - CHART.bottom - height;
    const bound = WALL_CLASSES_MS[index];
    const label = bound === undefined ? 'more' : bound < 1_000 ? `${bound}` : `${bound / 1_000}s`;
    const figure = count === 0 ? '' : `<text x="${x + step / 2}" y="${y - 4}">${thousands(count)}</text>`;
    return `<rect x="${x + 3}" y="${y}" width="${step - 6}" height="${height}" rx="2"/>${figure}<text x="${x + step / 2}" y="${CHART.height - 8}">${label}</text>`;
  });
  return `<section><h2>Real time per seed</h2>
<svg class="chart" viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="Seeds by real time">${columns.join('')}</svg>
<p class="note">Seeds that took less than so many milliseconds (s: seconds).</p></section>`;
}

function marks({ marks: list }: Coverage): string {
  if (list.length === 0) return '';
  const rows = list.map(
    ({ name, reached, runs }) =>
      `<tr class="${reached === 0 ? 'vacuous' : ''}"><td>${escapeHtml(name)}</td><td class="number">${reached === 0 ? 'never' : thousands(runs)}</td><td class="number">${thousands(reached)}</td></tr>`,
  );
  const never = list.filter(({ reached }) => reached === 0).length;
  const line = `${thousands(list.length - never)} of ${plural(list.length, 'mark')} reached, ${thousands(never)} unseen`;
  return `<section><h2>Marks</h2><details><summary>${line}</summary><div class="scroll"><table class="sortable">
<thead><tr><th>Rare state</th><th class="number">In seeds</th><th class="number">Times</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details></section>`;
}

/** States that are listed at most, the rarest last: those say what a campaign has only just touched. */
const STATES_MAX = 2_000;

function states({ states: list, unseen }: Coverage): string {
  if (list.length === 0) return '';
  const shown = list.length <= STATES_MAX ? list : list.slice(-STATES_MAX);
  const rows = shown.map(({ name, runs }) => `<tr><td>${escapeHtml(name)}</td><td class="number">${thousands(runs)}</td></tr>`);
  const line = `${plural(list.length, 'different state')} reached, ${thousands(unseen.states.once)} of them in one seed alone`;
  const left = shown.length === list.length ? '' : `<p class="note">The ${thousands(shown.length)} rarest.</p>`;
  return `<section><h2>States of the protocols</h2><p class="note">What a partition, a quorum, a group or a transaction was in, with its role, epoch, in-sync set and the fault that was under way.</p>
<details><summary>${line}</summary>${left}<div class="scroll"><table class="sortable">
<thead><tr><th>State</th><th class="number">In seeds</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details></section>`;
}

function rarePaths({ rarePaths: list }: Coverage): string {
  const rows = list.map(
    ({ name, reached, taken }) =>
      `<tr class="${taken === 0 ? 'vacuous' : ''}"><td>${escapeHtml(name)}</td><td class="number">${thousands(reached)}</td><td class="number">${thousands(taken)}</td></tr>`,
  );
  const never = list.filter(({ taken }) => taken === 0).length;
  const line = `${thousands(list.length - never)} of ${plural(list.length, 'rare path')} taken`;
  return `<section><h2>Rare paths</h2><details><summary>${line}</summary><div class="scroll"><table class="sortable">
<thead><tr><th>Rare path</th><th class="number">Reached</th><th class="number">Taken</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details></section>`;
}

function scenarios(totals: Totals): string {
  const rows = [...totals.seedsByScenario].map(
    ([name, seeds]) => `<tr><td>${escapeHtml(name)}</td><td class="number">${thousands(seeds)}</td></tr>`,
  );
  return `<section><h2>Scenarios</h2><table>${rows.join('\n')}</table></section>`;
}

function versionsLine(): string {
  const { trial, node, platform } = versions();
  return `kafka-trial ${trial}, Node ${node}, ${platform}`;
}

const STYLE = `
:root { --ink: #1b1f24; --soft: #5a6472; --paper: #f6f7f9; --card: #fff; --line: #dfe3e8; --accent: #3563c9; --good: #1a7f4b; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --soft: #9aa5b4; --paper: #14171b; --card: #1d2126; --line: #323941; --accent: #7ea2f2; --good: #4cc38a; --bad: #ff7b72; --warn: #e0a64a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
header { border-left: 6px solid var(--good); padding: .25rem 0 .25rem 1.25rem; margin-bottom: 1.75rem; }
header.fail, header.error { border-color: var(--bad); } header.interrupted { border-color: var(--warn); }
header p { margin: 0; color: var(--soft); }
.word { font-weight: 700; text-transform: uppercase; letter-spacing: .08em; font-size: .8rem; }
.pass .word { color: var(--good); } .fail .word, .error .word { color: var(--bad); } .interrupted .word { color: var(--warn); }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .2rem 0 .35rem; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
h3 { font-size: .95rem; margin: 0 0 .35rem; }
section, .tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
section { padding: 1.1rem 1.25rem; margin-bottom: 1rem; }
.tiles { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; padding: 0; margin: 0 0 1rem; }
.tiles li { padding: .8rem 1rem; display: flex; flex-direction: column; }
.tiles strong { font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.name, .note, footer { color: var(--soft); font-size: .82rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; align-items: start; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .28rem .6rem .28rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .82rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.bad td { color: var(--bad); } tr.vacuous td { color: var(--warn); }
.bars .bar { width: 50%; } .bars svg { width: 100%; height: .6rem; display: block; margin-top: .45rem; }
rect { fill: var(--accent); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .5rem 1.25rem; }
figure { margin: 0; break-inside: avoid; } figcaption b { font-variant-numeric: tabular-nums; } figcaption .note { display: block; min-height: 1.5em; }
.line { width: 100%; height: auto; display: block; } .line text { fill: var(--soft); font-size: 10px; } .line .end { text-anchor: end; }
.line .area { fill: var(--accent); opacity: .14; } .line .stroke { fill: none; stroke: var(--accent); stroke-width: 1.8; stroke-linejoin: round; } .line .axis { stroke: var(--line); }
.line .cross { fill: var(--bad); font-size: 12px; font-weight: 700; text-anchor: middle; }
figure.bad .area { fill: var(--bad); } figure.bad .stroke { stroke: var(--bad); stroke-dasharray: 5 2; }
.told { margin: .3rem 0 .5rem; padding-left: 0; list-style: none; } .told li { padding: .08rem 0 .08rem .7rem; border-left: 2px solid var(--line); overflow-wrap: anywhere; }
.told time { color: var(--soft); font-variant-numeric: tabular-nums; margin-right: .4rem; } .told a time { color: inherit; }
.count { font-weight: 400; color: var(--soft); white-space: nowrap; } code { font-size: .85em; overflow-wrap: anywhere; }
.chart { width: 100%; height: auto; } .chart text { fill: var(--soft); font-size: 10px; text-anchor: middle; }
article { border-top: 1px solid var(--line); padding: .75rem 0; } article:first-of-type { border-top: 0; padding-top: 0; }
article p { margin: .2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; } article b { color: var(--bad); }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 5px; padding: .4rem .6rem; margin: .4rem 0; overflow-x: auto; font-size: .85rem; }
a { color: var(--accent); }
a.page { font-weight: 700; } summary { cursor: pointer; padding: .2rem 0; } details + details { border-top: 1px solid var(--line); }
summary .bad { color: var(--bad); } summary .vacuous { color: var(--warn); }
.sortable th { cursor: pointer; } th[aria-sort=ascending]::after { content: " \\2191"; } th[aria-sort=descending]::after { content: " \\2193"; }
a:focus-visible, summary:focus-visible, th:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
@media print {
  body { background: none; font-size: 11px; } main { max-width: none; padding: 0; } section, .tiles li { break-inside: avoid-page; }
  pre { white-space: pre-wrap; } a { color: inherit; }
}
`;
