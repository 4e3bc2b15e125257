/**
 * Pages in real browsers: Chromium and Firefox, where they are installed (or CHROMIUM and FIREFOX name them). A failing run is the same run there,
 * its violation is shown, without a fault that it takes it passes and with it it fails again; it is made small, blamed, toured and printed; a
 * long run is shown before it is over; other seeds have there the trace hashes that they have in Node; a hostile page does no harm, and one that
 * is cut off says so.
 *
 *     npm run try-page                        all of it, with two seeds of each scenario
 *     HASHES=1 SEEDS=50 npm run try-page      that 50 seeds of every scenario have the same trace hash in Node and in each browser, and nothing else
 *     PAGES=1 SEEDS=50 npm run try-page       the page of each such seed, and nothing else
 *
 * SEEDS=11..50 for those, SCENARIOS=calm,bank for some scenarios, BROWSERS=firefox for one browser, SHOTS=DIR to keep pictures.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCENARIOS } from '../scenarios/registry.ts';
import { launched } from './try-page/browser.mjs';
import { FAILING, tryChange, tryFailing, tryNodes } from './try-page/failing-run.mjs';
import { tryHashes } from './try-page/hashes.mjs';
import { tryPages } from './try-page/pages.mjs';
import { tryApp, tryCutOff, tryHostile, tryOwn } from './try-page/strange-pages.mjs';
import { tryGoingOn, tryOpening, tryPrint, tryShrinkAndBlame, tryTour } from './try-page/tools-of-a-page.mjs';
import { trial } from './try-page/trial.mjs';

const browsers = await launched(process.env.BROWSERS?.split(',') ?? null);
if (browsers.length === 0) process.exit(0);

/** `50`: the first 50; `11..50`: those. */
const SEEDS = /^(?:(\d+)\.\.)?(\d+)$/.exec(process.env.SEEDS ?? '2');
if (SEEDS === null) throw new Error('SEEDS is a number, or A..B');
const seeds = { from: Number(SEEDS[1] ?? 1), to: Number(SEEDS[2]) };
const NAMES = process.env.SCENARIOS?.split(',') ?? [...SCENARIOS.keys()];
/** Of the first hundred seeds the one with the most events, by far. */
const LONG = { scenario: 'standard', seed: 81 };
const scratch = mkdtempSync(join(tmpdir(), 'trial-page-'));
const shots = process.env.SHOTS;
if (shots !== undefined) mkdirSync(shots, { recursive: true });
let failures = 0;

try {
  if (process.env.HASHES !== undefined) await tryAllHashes();
  else if (process.env.PAGES !== undefined) await tryAllPages();
  else {
    for (const each of browsers) await tryAll(each);
    await tryAllHashes();
  }
} finally {
  for (const { browser } of browsers) await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(failures === 0 ? 'The pages work.\n' : `${failures} checks of the pages failed.\n`);
process.exitCode = failures === 0 ? 0 : 1;

async function tryAll({ browser, title }) {
  const at = (what) => `${title}: ${what}`;
  const failing = join(scratch, 'failing.html');
  const long = join(scratch, 'long.html');
  await check(at('a failing run is the same run, and is shown at its violation'), () => tryFailing(browser, failing, shots));
  await check(at('every node can be looked into, forward and back'), () => tryNodes(browser, failing));
  await check(at('without a fault that it takes it passes, and with it it fails again'), () => tryChange(browser, failing));
  await check(at('made small it fails in the same way, and the faults that are left are blamed'), () =>
    tryShrinkAndBlame(browser, failing, FAILING.property),
  );
  await check(at('the tour goes from part to part'), () => tryTour(browser, failing));
  await check(at('on paper there is what is to be read'), () => tryPrint(browser, failing));
  trial(0, 'open', String(LONG.seed), '--scenario', LONG.scenario, '--out', long);
  await check(at('the page of a long run opens in under two seconds'), () => tryOpening(browser, long));
  await check(at('what is shown of a long run stays when it is over'), () => tryGoingOn(browser, long));
  await check(at('a hostile page does no harm'), () => tryHostile(browser, failing, scratch));
  await check(at("a user's own scenario is in its page, and what its records hold does no harm"), () => tryOwn(browser, scratch));
  await check(at('a service that needs Node is shown as it was recorded'), () => tryApp(browser, scratch));
  await check(at('a page that is cut off, or was changed, says so'), () => tryCutOff(browser, failing, scratch));
}

async function tryAllHashes() {
  const everywhere = ['Node', ...browsers.map(({ title }) => title)].join(', ');
  for (const name of NAMES) {
    const title = `${name}: seeds ${seeds.from} to ${seeds.to} have the same trace hashes in ${everywhere}`;
    await check(title, () => tryHashes(browsers, name, seeds, scratch));
  }
}

async function tryAllPages() {
  for (const { title, browser } of browsers) {
    for (const name of NAMES)
      await check(`${title}: pages of seeds ${seeds.from} to ${seeds.to} of ${name}`, () =>
        tryPages(browser, name, seeds, scratch),
      );
  }
}

/** Runs one check and tells of it. */
async function check(title, body) {
  try {
    const figure = await body();
    process.stdout.write(`ok      ${title}${figure === undefined ? '' : `: ${figure}`}\n`);
  } catch (error) {
    failures++;
    process.stdout.write(`FAILED  ${title}\n${error.message}\n`);
  }
}
