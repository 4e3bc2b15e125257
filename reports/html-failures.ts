/** What failed, one article for each kind of failure: the shortest story, all its seeds, the commands to go on with. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Failure } from '../campaign/campaign.ts';
import { againCommand } from '../campaign/again.ts';
import { type FailureKind, failureKinds, firstViolation } from '../campaign/failure-kinds.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { PAGE } from './page-name.ts';
import { escapeHtml } from './escape-html.ts';
import { plural, thousands } from './format.ts';
import { propertyLink } from './html-properties.ts';

/** Kinds that are told in full. */
const KINDS_MAX = 100;
/** Seeds of a kind that are listed. */
const SEEDS_MAX = 200;

/** Empty if nothing failed. `folder` is where the page will lie, for links to bundles and docs. */
export function failureSection(list: readonly Failure[], folder: string): string {
  if (list.length === 0) return '';
  const kinds = failureKinds(list);
  const articles = kinds.slice(0, KINDS_MAX).map((kind) => article(kind, folder));
  const more =
    kinds.length > KINDS_MAX ? `<p>${plural(kinds.length - KINDS_MAX, 'more kind')} of failure in results.ndjson.</p>` : '';
  const heading = `${plural(kinds.length, 'kind')} of failure in ${plural(list.length, 'seed')}`;
  return `<section><h2>${heading}</h2>${articles.join('\n')}${more}</section>`;
}

function article({ property, earliest, failures }: FailureKind, folder: string): string {
  const { outcome, scenario, bundle } = earliest;
  const title = property === null ? 'The harness failed' : (PROPERTY_TITLES.get(property) ?? '');
  const which =
    failures.length === 1
      ? `Seed ${outcome.seed}`
      : `Seed ${outcome.seed}, of ${plural(failures.length, 'seed')} the one that comes to it first in its run,`;
  const id = property === null ? 'error' : propertyLink(property, folder);
  return `<article><h3>${id} ${escapeHtml(title)}</h3>
${story(earliest)}
<p class="note">${which} of ${escapeHtml(outcome.scenario)}.</p>
<pre>${escapeHtml(againCommand(scenario, outcome, bundle))}</pre>${bundle === null ? '' : links(bundle, folder)}
${others(failures, folder)}</article>`;
}

function story({ outcome }: Failure): string {
  const first = firstViolation(outcome);
  if (first === null) return `<p><b>error</b> ${escapeHtml(outcome.error ?? '')}</p>`;
  const rest = outcome.violations.filter((violation) => violation !== first);
  const then = rest.map(
    ({ property, message, atMs }) => `<p><b>${escapeHtml(property)}</b> at ${seconds(atMs)} s: ${escapeHtml(message)}</p>`,
  );
  const after =
    then.length === 0
      ? ''
      : `<details><summary>${plural(then.length, 'more property', 'more properties')} then</summary>${then.join('')}</details>`;
  return `<p>at ${seconds(first.atMs)} s: ${escapeHtml(first.message)}</p>${after}`;
}

function seconds(atMs: number): string {
  return (atMs / 1_000).toFixed(6);
}

function others(failures: readonly Failure[], folder: string): string {
  if (failures.length < 2) return '';
  const seeds = failures.slice(0, SEEDS_MAX).map(({ outcome: { seed }, bundle }) => {
    if (bundle === null) return String(seed);
    return `<a href="${href(relative(folder, bundle))}/${hasPage(bundle) ? PAGE : 'result.json'}">${seed}</a>`;
  });
  const more = failures.length > SEEDS_MAX ? ` and ${thousands(failures.length - SEEDS_MAX)} more` : '';
  return `<details><summary>all ${thousands(failures.length)} seeds</summary><p>${seeds.join(', ')}${more}</p></details>`;
}

function links(bundle: string, folder: string): string {
  const path = href(relative(folder, bundle));
  const page = hasPage(bundle) ? `<a class="page" href="${path}/${PAGE}">see it happen</a> ` : '';
  const files = ['plan.json', 'result.json', 'trace.txt'].map((file) => `<a href="${path}/${file}">${file}</a>`);
  return `<p class="links">${page}${files.join(' ')}</p>`;
}

/** Not every failure has one, and results may have come without it from elsewhere. */
function hasPage(bundle: string): boolean {
  return existsSync(join(bundle, PAGE));
}

/** A relative path as an address. */
function href(path: string): string {
  return escapeHtml(path.split(/[\\/]/).map(encodeURIComponent).join('/'));
}
