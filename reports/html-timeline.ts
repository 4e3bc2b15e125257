/** Seeds over time: what a campaign had run, found and seen for the first time up to when, a small chart for each, and the same as numbers. */
import type { Coverage } from '../campaign/coverage.ts';
import type { CampaignMoment, Timeline } from '../campaign/timeline.ts';
import { escapeHtml } from './escape-html.ts';
import { duration, thousands, unseenText } from './format.ts';

/** Of a line; and of the table. */
const POINTS = 121;
const ROWS = 11;
/** Kinds of failure that have a cross. */
const CROSSES_MAX = 30;

const CHART = { width: 320, height: 132, top: 14, bottom: 20, left: 4, right: 6 };

interface Line {
  readonly title: string;
  readonly of: keyof CampaignMoment;
  readonly none: string;
  readonly isBad?: true;
  /** Whether what is counted comes to an end, if seeds bring nothing new. */
  readonly isNews: boolean;
}

const LINES: readonly Line[] = [
  { title: 'Seeds finished', of: 'seeds', none: 'No seed has finished.', isNews: false },
  { title: 'Seeds that failed', of: 'failures', none: 'No seed failed.', isBad: true, isNews: false },
  { title: 'Different marks reached', of: 'marks', none: 'No mark was reached.', isNews: true },
  { title: 'Different states reached', of: 'states', none: 'No state was told of.', isNews: true },
];

/** Empty if no outcome says when it came, as in files of older versions. */
export function timelineSection(timeline: Timeline, { unseen }: Pick<Coverage, 'unseen'>): string {
  const moments = timeline.moments(POINTS);
  const end = moments.at(-1);
  if (end === undefined) return '';
  const charts = LINES.map((line) => chart(line, moments, end, line.of === 'failures' ? timeline.kinds : []));
  const rest = Object.entries(unseen).map(([what, of]) => `<p class="note">${escapeHtml(unseenText(what, of))}.</p>`);
  return `<section><h2>Seeds over time</h2>
<div class="charts">${charts.join('\n')}</div>
<p class="note">Real time since the campaign began. A line of marks or states that has become flat says that more such seeds show little that is new.</p>
${rest.join('\n')}
<details><summary>the same as numbers</summary>${numbers(timeline.moments(ROWS))}</details></section>`;
}

function chart(
  { title, of, none, isBad, isNews }: Line,
  moments: readonly CampaignMoment[],
  end: CampaignMoment,
  kinds: Timeline['kinds'],
): string {
  const most = end[of];
  const { width, height, top, bottom, left, right } = CHART;
  const x = (atMs: number): number => left + (end.atMs === 0 ? 1 : atMs / end.atMs) * (width - left - right);
  const y = (count: number): number => height - bottom - (most === 0 ? 0 : count / most) * (height - bottom - top);
  const points = moments.map((moment) => `${round(x(moment.atMs))},${round(y(moment[of]))}`);
  const base = height - bottom;
  const crosses = kinds
    .slice(0, CROSSES_MAX)
    .map(
      ({ kind, atMs, failures }) =>
        `<text class="cross" x="${round(x(atMs))}" y="${round(y(failures) + 4)}">✕<title>${escapeHtml(`${kind}, first after ${duration(atMs)}`)}</title></text>`,
    );
  const last = isNews ? moments.find((moment) => moment[of] === most) : undefined;
  const note = most === 0 ? none : last === undefined ? '' : `the last new one after ${duration(last.atMs)}`;
  const kindsNote = kinds.length === 0 ? '' : `✕ the first of a kind, of ${kinds.length}`;
  return `<figure${isBad === true && most > 0 ? ' class="bad"' : ''}><figcaption>${title}: <b>${thousands(most)}</b> <span class="note">${escapeHtml(note + kindsNote)}</span></figcaption>
<svg class="line" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} over ${escapeHtml(duration(end.atMs))}: ${thousands(most)} in the end">
<path class="area" d="M${left},${base} L${points.join(' L')} L${round(x(end.atMs))},${base} Z"/><path class="stroke" d="M${points.join(' L')}"/>
<path class="axis" d="M${left},${base} H${width - right}"/>${crosses.join('')}
<text x="${left}" y="${height - 6}">0</text><text class="end" x="${width - right}" y="${height - 6}">${escapeHtml(duration(end.atMs))}</text></svg></figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function numbers(moments: readonly CampaignMoment[]): string {
  const rows = moments.map(
    ({ atMs, ...counts }) =>
      `<tr><td>${escapeHtml(duration(atMs))}</td>${(['seeds', 'failures', 'kinds', 'marks', 'states'] as const).map((of) => `<td class="number">${thousands(counts[of])}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th>After</th>${['Seeds', 'Failed', 'Kinds of failure', 'Marks', 'States'].map((name) => `<th class="number">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}
