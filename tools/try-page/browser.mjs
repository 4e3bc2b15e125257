/**
 * Browsers, pages in them, and what is asked of them. Firefox is Debian's own, spoken to by WebDriver BiDi: playwright-core 1.63 is the last that
 * asks nothing of it that the current long-term release does not know (emulation.setMediaFeaturesOverride, which 1.64 can't do without).
 */
import { existsSync } from 'node:fs';
import { chromium, firefox } from 'playwright-core';

/** No run takes longer, ms. */
export const RUN_MS = 180_000;

const KINDS = [
  {
    name: 'Chromium',
    paths: [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    missing: 'no Chromium is installed here (apt-get install chromium), and CHROMIUM names none',
    launch: (executablePath) => chromium.launch({ executablePath, args: ['--no-sandbox'] }),
  },
  {
    name: 'Firefox',
    paths: [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'],
    missing: 'no Firefox is installed here (apt-get install firefox-esr), and FIREFOX names none',
    launch: (executablePath) => firefox.launch({ executablePath, channel: 'moz-firefox' }),
  },
];

/** The browsers that are installed; says of the others that they are not. `only`: names of those that are wanted, in small letters; null: all. */
export async function launched(only) {
  const browsers = [];
  for (const { name, paths, missing, launch } of KINDS) {
    if (only !== null && !only.includes(name.toLowerCase())) continue;
    const path = paths.find((candidate) => candidate !== undefined && existsSync(candidate));
    if (path === undefined) {
      process.stdout.write(`skipped: ${missing}\n`);
      continue;
    }
    const browser = await launch(path);
    browsers.push({ name, title: `${name} ${browser.version().split('.')[0]}`, browser });
  }
  return browsers;
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
