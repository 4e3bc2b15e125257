/** What a page offers beside its picture: it opens soon, shrinks, finds out what is to blame, guides and prints. */
import { availableParallelism, loadavg } from 'node:os';
import { closed, holds, opened, RUN_MS } from './browser.mjs';

const OPENS_WITHIN_MS = 2_000;
const TRIES = 3;
/** Where so many wait for each processor, what takes how long says nothing of the page. */
const BUSY = 1.5;

/** The page of a long run shows where the run has come to. Returns how long that took, ms: the best of a few times, as others may be at work here too. */
export async function tryOpening(browser, file) {
  let best = Number.POSITIVE_INFINITY;
  let parts = '';
  for (let tried = 0; tried < TRIES; tried++) {
    const beganMs = performance.now();
    const page = await opened(browser, file, { until: '#so-far, #hash' });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    const tookMs = performance.now() - beganMs;
    if (tookMs < best) parts = await page.evaluate(partsOfOpening);
    best = Math.min(best, tookMs);
    holds(await page.innerText('#so-far'), 'the run goes on here');
    await closed(page);
  }
  const isBusy = loadavg()[0] > BUSY * availableParallelism();
  const figure = `${Math.round(best)} ms (${parts})`;
  if (isBusy) return `${figure}, on a machine that is too busy to judge it by`;
  if (best > OPENS_WITHIN_MS) throw new Error(`it takes ${figure}`);
  return figure;
}

/* c8 ignore start -- in the browser */
function partsOfOpening() {
  const [{ domInteractive }] = performance.getEntriesByType('navigation');
  return `of it ${Math.round(domInteractive)} until the file is read and parsed, ${Math.round(performance.now() - domInteractive)} until the run has come far enough and is drawn, the rest the browser's`;
}
/* c8 ignore stop */

/** What was seen while the run went on stays where it is when the run is over. */
export async function tryGoingOn(browser, file) {
  const page = await opened(browser, file, { until: '#so-far' });
  await page.keyboard.press('Home');
  const clock = await page.innerText('.clock');
  await page.waitForSelector('#hash', { timeout: RUN_MS });
  holds(await page.innerText('#hash'), 'same trace hash');
  holds(await page.innerText('.clock'), clock.split('\n')[0]);
  await closed(page);
}

/** Shrinks the failing run, shows the small one, and finds out which of the faults that are left it takes. */
export async function tryShrinkAndBlame(browser, file, property) {
  const page = await opened(browser, file);
  await page.keyboard.press('4');
  await page.click('.change button:text-is("Shrink")');
  await page.waitForSelector('.trials li:first-child.done', { timeout: RUN_MS });
  const small = page.locator('.trials li').first();
  holds(await small.innerText(), 'made small');
  holds(await small.innerText(), 'still fails in the same way');
  await small.locator('button.link').click();
  holds(await page.innerText('header h1'), property);
  holds(await page.innerText('#app .badge'), 'a changed plan');
  await page.keyboard.press('1');
  await page.click('.blame button');
  await page.waitForSelector('.blame tbody tr', { timeout: RUN_MS });
  await page.waitForFunction(() => !document.querySelector('.blame').innerText.includes('runs ...'), null, { timeout: RUN_MS });
  const rows = await page.locator('.blame tbody tr').allInnerTexts();
  holds(rows[0], 'all faults');
  // Made so small it takes its own chance, which is said, and no fault is blamed.
  holds(rows[0], '0 of 5');
  holds(await page.innerText('.blame'), 'does not fail either');
  if (rows.some((row) => row.includes('needed'))) throw new Error(`a fault is blamed: ${rows.join('; ')}`);
  const plan = await page.innerText('header .note');
  holds(plan, `${rows.length - 1} faults`);
  await closed(page);
}

/** The tour goes from part to part, and ends when it is told to. */
export async function tryTour(browser, file) {
  const page = await opened(browser, file);
  await page.keyboard.press('t');
  for (const stop of ['1 of 5', '2 of 5']) {
    await page.locator('.tour', { hasText: stop }).waitFor({ timeout: 10_000 });
    if ((await page.locator('.toured').count()) !== 1) throw new Error(`at ${stop} there is not one part that it points to`);
  }
  await page.keyboard.press('Escape');
  await page.waitForSelector('.tour', { state: 'detached', timeout: 10_000 });
  if ((await page.locator('.toured').count()) !== 0) throw new Error('it points on when it is over');
  await closed(page);
}

/** On paper there is what was violated, the picture and the whole story, and nothing to press. */
export async function tryPrint(browser, file) {
  const page = await opened(browser, file);
  await page.emulateMedia({ media: 'print' });
  const isPaper = await page.evaluate(() => matchMedia('print').matches);
  if (isPaper) await holdsOnPaper(page);
  const paper = await page.pdf({ format: 'A4' });
  if (paper.subarray(0, 5).toString() !== '%PDF-') throw new Error('nothing is printed');
  await closed(page);
  return isPaper ? undefined : 'it prints; what of it is not looked at, for this browser can not be told that it is paper';
}

async function holdsOnPaper(page) {
  for (const selector of ['header h1', '.lanes canvas', '.story ol']) {
    if (!(await page.locator(selector).first().isVisible())) throw new Error(`${selector} is not on paper`);
  }
  for (const selector of ['.toolbar .group', '.tabs', '.events', '.side .buttons']) {
    if (await page.locator(selector).first().isVisible()) throw new Error(`${selector} is on paper`);
  }
}
