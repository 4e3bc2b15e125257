/** What failed, one article for each kind of failure: the shortest story, all its seeds, the commands to go on with. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Failure } from '../campaign/campaign.ts';
import { againCommand } from '../campaign/again.ts';
import type { Told } from '../campaign/explain/story.ts';
import { type FailureKind, failureKinds, firstViolation } from '../campaign/failure-kinds.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { PAGE } from './page-name.ts';
import { escapeHtml } from './escape-html.ts';
import { firstLine, plural, thousands } from './format.ts';
import { propertyLink } from './html-properties.ts';
import type { Stories } from './stories.ts';
import { narrateTime } from '../campaign/narrate.ts';

/** Kinds that are told in full. */
const KINDS_MAX = 100;
/** Seeds of a kind that are listed. */
const SEEDS_MAX = 200;

/** Of a story its end is shown at first: so many sentences. */
const SENTENCES_SHOWN = 6;

/** Empty if nothing failed. `folder` is where the page will lie, for links to bundles and docs. */
export function failureSection(list: readonly Failure[], folder: string, stories: Stories): string {
  if (list.length === 0) return '';
  const kinds = failureKinds(list);
  const articles = kinds.slice(0, KINDS_MAX).map((kind) => article(kind, folder, stories));
  const more =
    kinds.length > KINDS_MAX ? `<p>${plural(kinds.length - KINDS_MAX, 'more kind')} of failure in results.ndjson.</p>` : '';
  const heading = `${plural(kinds.length, 'kind')} of failure in ${plural(list.length, 'seed')}`;
  return `<section><h2>${heading}</h2>${articles.join('\n')}${more}</section>`;
}

function article({ kind, property, earliest, failures }: FailureKind, folder: string, stories: Stories): string {
  const { outcome, scenario, bundle } = earliest;
  const title = property === null ? 'The harness failed' : (PROPERTY_TITLES.get(property) ?? '');
  const first = failures[0]?.outcome.seed ?? outcome.seed;
  const count = failures.length === 1 ? `seed ${first}` : `${plural(failures.length, 'seed')}, the first is ${first}`;
  const which = failures.length === 1 ? '' : ` Told is seed ${outcome.seed}, which comes to it first in its run.`;
  const id = property === null ? 'error' : propertyLink(property, folder);
  return `<article><h3>${id} ${escapeHtml(title)} <span class="count">${count} of ${escapeHtml(outcome.scenario)}</span></h3>
${story(earliest, bundle === null ? '' : toldList(stories.get(bundle) ?? [], bundle, folder))}
<p class="note">Fingerprint <code>${escapeHtml(firstLine(kind))}</code>.${which}</p>
<pre>${escapeHtml(againCommand(scenario, outcome, bundle))}</pre>${bundle === null ? '' : links(bundle, folder)}
${others(failures, folder)}</article>`;
}

function story({ outcome }: Failure, told: string): string {
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
  return `<p>at ${seconds(first.atMs)} s: ${escapeHtml(first.message)}</p>${told}${after}`;
}

/** How it came to that, the end of it open; each sentence is a link to its moment, if there is a page. */
function toldList(told: readonly Told[], bundle: string, folder: string): string {
  if (told.length === 0) return '';
  const page = hasPage(bundle) ? `${href(relative(folder, bundle))}/${PAGE}` : null;
  const items = told.map(({ line, sentence }) => {
    const time = `<time>${escapeHtml(narrateTime(line.timeUs).trim())}</time>`;
    const moment = page === null ? time : `<a href="${page}#${(line.timeUs / 1e6).toFixed(6)}">${time}</a>`;
    return `<li>${moment} ${escapeHtml(sentence)}</li>`;
  });
  const list = (some: readonly string[]): string => `<ol class="told">${some.join('\n')}</ol>`;
  const hidden = Math.max(0, items.length - SENTENCES_SHOWN);
  const before =
    hidden === 0
      ? ''
      : `<details><summary>how it came to that: ${plural(hidden, 'sentence')} before these</summary>${list(items.slice(0, hidden))}</details>`;
  return `${before}${list(items.slice(hidden))}`;
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
