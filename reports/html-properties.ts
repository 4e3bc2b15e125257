/** Properties of a campaign by area: what was violated or never tested is open, what was held is a line. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COVERAGE_SEEDS_MIN, type Coverage, type PropertyCoverage } from '../campaign/coverage.ts';
import { AREA_LIST, areaOf } from '../properties/areas.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { escapeHtml } from './escape-html.ts';
import { plural, thousands } from './format.ts';

/** What a campaign never put to the test; with few seeds that says little. Empty if there is none of it. */
export function untestedSection({ vacuousProperties, unreachedMarks, overExcused, binding }: Coverage): string {
  if (vacuousProperties.length + unreachedMarks.length + overExcused.length === 0) return '';
  const weight = binding
    ? 'With so many seeds, the harness is blind there.'
    : `It counts from ${thousands(COVERAGE_SEEDS_MIN)} seeds of standard on.`;
  const properties = vacuousProperties.map(
    (id) => `<li><b>${escapeHtml(id)}</b> ${escapeHtml(PROPERTY_TITLES.get(id) ?? '')}</li>`,
  );
  const marks = unreachedMarks.map((name) => `<li>${escapeHtml(name)}</li>`);
  const excused = overExcused.map(
    ({ id, excused, seeds, reason }) =>
      `<li><b>${escapeHtml(id)}</b> was not promised in ${thousands(excused)} of ${thousands(seeds)} standard runs: ${escapeHtml(reason)}</li>`,
  );
  const what = [
    vacuousProperties.length === 0 ? '' : plural(vacuousProperties.length, 'property', 'properties'),
    unreachedMarks.length === 0 ? '' : plural(unreachedMarks.length, 'rare state'),
    overExcused.length === 0 ? '' : `${plural(overExcused.length, 'property', 'properties')} excused too often`,
  ].filter((text) => text !== '');
  return `<section><h2>Never put to the test</h2><p class="note">${weight}</p>
<details${binding ? ' open' : ''}><summary>${what.join(' and ')}</summary><ul>${[...properties, ...marks, ...excused].join('\n')}</ul></details></section>`;
}

export function propertySection({ properties }: Coverage, folder: string): string {
  const areas = AREA_LIST.map((area) => {
    const list = properties.filter(({ id }) => areaOf(id, PROPERTY_TITLES.has(id)).name === area.name);
    if (list.length === 0) return '';
    const failed = list.filter(({ failures }) => failures > 0).length;
    const untested = list.filter(({ evaluations, failures }) => evaluations === 0 && failures === 0).length;
    const held = list.length - failed - untested;
    const counts = [
      failed === 0 ? '' : `<b class="bad">${failed} violated</b>`,
      untested === 0 ? '' : `<span class="vacuous">${untested} never tested</span>`,
      `${held} held`,
    ].filter((text) => text !== '');
    const about = escapeHtml(area.about);
    return `<details${failed > 0 ? ' open' : ''}><summary><strong>${area.name}</strong> <span class="note">${about}</span> ${counts.join(', ')}</summary>${table(list, folder)}</details>`;
  });
  return `<section><h2>Properties</h2>${areas.join('\n')}</section>`;
}

function table(list: readonly PropertyCoverage[], folder: string): string {
  const rows = list.map(({ id, title, evaluations, failures, excused, excuses }) => {
    const why = excuses.map(({ reason, runs }) => `${thousands(runs)} x ${reason}`).join('\n');
    const state = failures > 0 ? 'bad' : evaluations === 0 ? 'vacuous' : '';
    return `<tr class="${state}"><td>${propertyLink(id, folder)}</td><td>${escapeHtml(title)}</td><td class="number">${thousands(evaluations)}</td><td class="number">${thousands(failures)}</td><td class="number" title="${escapeHtml(why)}">${thousands(excused)}</td></tr>`;
  });
  return `<div class="scroll"><table class="sortable">
<thead><tr><th>Id</th><th>What must hold</th><th class="number">Put to the test</th><th class="number">Violated in</th><th class="number">Not promised in</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

const DOCS = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../docs' : '../../docs', import.meta.url));

/** The id, linked to its line in the guide that came with this version; a scenario's own is plain. */
export function propertyLink(id: string, folder: string): string {
  if (!PROPERTY_TITLES.has(id)) return escapeHtml(id);
  const path = relative(folder, DOCS).split(/[\\/]/).map(encodeURIComponent).join('/');
  return `<a href="${escapeHtml(`${path}/properties.md#${id.toLowerCase()}`)}">${escapeHtml(id)}</a>`;
}

/** Sorts a table by the column whose heading is clicked, or chosen with Enter; numbers by size. */
export const SORTING = `
for (const table of document.querySelectorAll('table.sortable')) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.tabIndex = 0;
    const sort = () => {
      const down = heading.getAttribute('aria-sort') === 'ascending';
      for (const other of headings) other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const value = (row) => row.cells[column].textContent.replaceAll(',', '');
      const rows = [...table.tBodies[0].rows].sort((a, b) => value(a).localeCompare(value(b), 'en', { numeric: true }));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    };
    heading.addEventListener('click', sort);
    heading.addEventListener('keydown', (event) => { if (event.key === 'Enter') sort(); });
  });
}
`;
