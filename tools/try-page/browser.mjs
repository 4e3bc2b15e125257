/** Pages in Chromium, and what is asked of them. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** No run takes longer, ms. */
export const RUN_MS = 180_000;

/** Null: no Chromium is installed here. */
export async function launched() {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  );
  return executablePath === undefined ? null : await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A page at work: nothing may be thrown in it, and nothing asked of a network. `until`: what it is to show before it is given back. */
export async function opened(browser, file, { size = { width: 1280, height: 800 }, until = '#hash, #problem' } = {}) {
  const page = await browser.newPage({ viewport: size });
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(error.message));
  page.on('request', (request) => {
    if (!/^(file|blob):/.test(request.url())) page.troubles.push(`it asked for ${request.url()}`);
  });
  await page.goto(`file://${file}`);
  await page.waitForSelector(until, { timeout: RUN_MS });
  return page;
}

export async function closed(page) {
  await page.close();
  if (page.troubles.length > 0) throw new Error(page.troubles.join('\n'));
}

export async function comes(page, selector, text) {
  await page.locator(selector, { hasText: text }).waitFor({ timeout: RUN_MS });
}

export function holds(text, part) {
  if (!text.includes(part)) throw new Error(`"${part}" is not in: ${text.slice(0, 500)}`);
}
