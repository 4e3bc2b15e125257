/** The page of a failing run: what it opens at, what its nodes are, what comes of it without a fault. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closed, comes, holds, opened, RUN_MS } from './browser.mjs';
import { trial } from './trial.mjs';

/** A bug, a seed that meets it, and the place in its plan of a fault that it takes. */
export const FAILING = { mutant: 'min-isr-not-checked', scenario: 'leader-failover', seed: 2, property: 'R13', fault: 4 };

/** Is it the same run, and shown at its violation? `shots`: a folder for pictures of it, if any are wanted. */
export async function tryFailing(browser, file, shots) {
  const { mutant, scenario, seed, property } = FAILING;
  trial(0, 'open', String(seed), '--scenario', scenario, '--mutant', mutant, '--out', file);
  const size = readFileSync(file).length;
  if (size > 2_000_000) throw new Error(`the file has ${size} bytes`);
  for (const [name, viewport] of Object.entries({
    laptop: { width: 1280, height: 800 },
    screen: { width: 1920, height: 1080 },
  })) {
    const page = await opened(browser, file, { size: viewport });
    holds(await page.innerText('#hash'), 'same trace hash');
    holds(await page.innerText('header h1'), property);
    await comes(page, '.events .now', `VIOLATED ${property}`);
    holds(await page.innerText('.story'), property);
    // Through the story to its beginning, and on from there.
    const first = page.locator('.story button.link').first();
    const time = (await first.innerText()).trim();
    await first.click();
    holds(await page.innerText('.clock'), time);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('v');
    await comes(page, '.events .now', `VIOLATED ${property}`);
    await closed(page);
    if (shots !== undefined) await picture(browser, file, viewport, join(shots, `${browser.browserType().name()}-${name}.png`));
  }
}

/** For a picture Playwright gives the page a style of its own, which is refused it: nothing is asked of this page. */
async function picture(browser, file, size, path) {
  const page = await opened(browser, file, { size, until: '.events .now' });
  await page.screenshot({ path, caret: 'initial' });
  await page.close();
}

/** Nodes at three moments, each of them twice, and the records of a log. Returns how long the looks took that came after the first pass, ms. */
export async function tryNodes(browser, file) {
  const page = await opened(browser, file);
  const clock = async () => (await page.innerText('.clock')).split('\n')[0].trim();
  await page.keyboard.press('2');
  const texts = new Map();
  const tookMs = [];
  for (const key of ['v', 'Home', 'End', 'v', 'Home']) {
    await page.keyboard.press(key);
    const moment = await clock();
    await page.waitForFunction(
      (at) =>
        new RegExp(`as of ${at === '' ? '' : at.slice(0, 6)}.*, in \\d+ ms`).test(
          document.querySelector('.node .pick')?.innerText ?? '',
        ),
      key === 'End' ? '' : moment,
      { timeout: RUN_MS },
    );
    const whole = await page.innerText('.node');
    const text = whole.replace(/, in \d+ ms/, '');
    if (texts.has(key)) tookMs.push(Number(/, in (\d+) ms/.exec(whole)?.[1]));
    if (texts.has(key) && texts.get(key) !== text) throw new Error(`at ${moment} the node is another the second time`);
    texts.set(key, text);
  }
  if (new Set(texts.values()).size !== 3) throw new Error('the node is the same at three moments');
  await page.keyboard.press('v');
  await page.waitForSelector('.node td button.link', { timeout: RUN_MS });
  await page.locator('.node td button.link', { hasText: 'orders-2' }).first().click();
  await page.waitForSelector('.log li', { timeout: RUN_MS });
  holds(await page.innerText('.log'), 'leader epoch');
  await closed(page);
  return `back at a moment in ${tookMs.join(' and ')} ms`;
}

/** A fault that it takes is switched off, and on again. */
export async function tryChange(browser, file) {
  const page = await opened(browser, file);
  await page.keyboard.press('4');
  const fault = page.locator('.change .faults').first().locator('input[type=checkbox]').nth(FAILING.fault);
  const run = async () => {
    await page.click('.change button.primary');
    await page.waitForSelector('.trials li.running', { timeout: RUN_MS });
    await page.waitForSelector('.trials li:first-child.done', { timeout: RUN_MS });
    return await page.innerText('.trials li:first-child');
  };
  await fault.uncheck();
  holds(await run(), 'passes');
  await page.click('.trials li:first-child button.link');
  holds(await page.innerText('header h1'), 'passed');
  await fault.check();
  holds(await run(), 'still fails in the same way');
  await page.click('.trials li:first-child button.link');
  holds(await page.innerText('header h1'), FAILING.property);
  await closed(page);
}
