/**
 * Pages in a real browser: Chromium, where it is installed (or CHROMIUM names it). A failing run is the same run there, its violation is
 * shown, without a fault that it takes it passes and with it it fails again; it is made small, blamed, toured and printed; a long run is shown
 * before it is over; other seeds have in Chromium the trace hashes that they have in Node; a hostile page does no harm, and one that is cut off
 * says so. `npm run try-page`; SEEDS=50 (or 11..50) for more seeds of each scenario, SCENARIOS=calm,bank for some scenarios only, PAGES=1 to open the page
 * of every such seed, and nothing else, SHOTS=DIR to keep pictures.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from '../scenarios/registry.ts';
import { closed, comes, holds, launched, opened, RUN_MS } from './try-page/browser.mjs';
import { dataOf, tryPages, trySeeds, withData } from './try-page/pages.mjs';
import { tryGoingOn, tryOpening, tryPrint, tryShrinkAndBlame, tryTour } from './try-page/tools-of-a-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const browser = await launched();
if (browser === null) {
  process.stdout.write('skipped: no Chromium is installed here (apt-get install chromium), and CHROMIUM names none\n');
  process.exit(0);
}

/** `50`: the first 50; `11..50`: those. */
const SEEDS = /^(?:(\d+)\.\.)?(\d+)$/.exec(process.env.SEEDS ?? '2');
if (SEEDS === null) throw new Error('SEEDS is a number, or A..B');
const seeds = { from: Number(SEEDS[1] ?? 1), to: Number(SEEDS[2]) };
const NAMES = process.env.SCENARIOS?.split(',') ?? [...SCENARIOS.keys()];
/** A bug, a seed that meets it, and the place in its plan of a fault that it takes. */
const FAILING = { mutant: 'min-isr-not-checked', scenario: 'leader-failover', seed: 2, property: 'R13', fault: 4 };
/** Of the first hundred seeds the one with the most events, by far. */
const LONG = { scenario: 'standard', seed: 81 };
const HOSTILE = '</script><script>globalThis.harmed = 1</script><img src=x onerror="globalThis.harmed = 1">';

const OWN = `import { scenario } from ${JSON.stringify(join(root, 'index.ts'))};
export default scenario({
  name: 'own',
  about: 'records that hold script, and a property that does not hold',
  cluster: { brokers: 3, controllers: 1 },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 3 }],
  clients: [
    {
      name: 'writer',
      count: 1,
      run: async (context) => {
        const producer = context.producer({ acks: 'all' });
        await producer.send({ topic: 'orders', key: null, value: ${JSON.stringify(HOSTILE)} });
        await producer.close();
      },
    },
  ],
  warmUpMs: 500,
  chaosMs: 1_000,
  faults: 'none',
  checks: [
    {
      properties: [{ id: 'NO-ORDERS', title: 'nobody orders anything' }],
      create: (context) => {
        context.onHistory((event) => {
          if (event.type === 'ok' && event.call.f === 'send') context.violated('NO-ORDERS', 'somebody ordered ' + event.call.value);
        });
        return {};
      },
    },
  ],
});
`;

const scratch = mkdtempSync(join(tmpdir(), 'trial-page-'));
const shots = process.env.SHOTS;
if (shots !== undefined) mkdirSync(shots, { recursive: true });
let failures = 0;

try {
  if (process.env.PAGES === undefined) await tryAll();
  else
    for (const name of NAMES)
      await check(`pages of seeds ${seeds.from} to ${seeds.to} of ${name}`, () => tryPages(browser, name, seeds, scratch));
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
process.stdout.write(failures === 0 ? 'The pages work.\n' : `${failures} checks of the pages failed.\n`);
process.exitCode = failures === 0 ? 0 : 1;

async function tryAll() {
  const failing = join(scratch, 'failing.html');
  const long = join(scratch, 'long.html');
  await check('a failing run is the same run, and is shown at its violation', () => tryFailing(failing));
  await check('every node can be looked into, forward and back', () => tryNodes(failing));
  await check('without a fault that it takes it passes, and with it it fails again', () => tryChange(failing));
  await check('made small it fails in the same way, and the faults that are left are blamed', () =>
    tryShrinkAndBlame(browser, failing, FAILING.property),
  );
  await check('the tour goes from part to part', () => tryTour(browser, failing));
  await check('on paper there is what is to be read', () => tryPrint(browser, failing));
  trial(0, 'open', String(LONG.seed), '--scenario', LONG.scenario, '--out', long);
  await check('the page of a long run opens in under two seconds', () => tryOpening(browser, long));
  await check('what is shown of a long run stays when it is over', () => tryGoingOn(browser, long));
  await check('a hostile page does no harm', () => tryHostile(failing));
  await check("a user's own scenario is in its page, and what its records hold does no harm", tryOwn);
  await check('a service that needs Node is shown as it was recorded', tryApp);
  await check('a page that is cut off, or was changed, says so', () => tryCutOff(failing));
  for (const name of NAMES) {
    await check(`seeds ${seeds.from} to ${seeds.to} of ${name} are the runs that they are in Node`, () =>
      trySeeds(browser, name, seeds),
    );
  }
}

async function tryFailing(file) {
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
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`) });
    // Through the story to its beginning, and on from there.
    const first = page.locator('.story button.link').first();
    const time = (await first.innerText()).trim();
    await first.click();
    holds(await page.innerText('.clock'), time);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('v');
    await comes(page, '.events .now', `VIOLATED ${property}`);
    await closed(page);
  }
}

async function tryNodes(file) {
  const page = await opened(browser, file);
  const clock = async () => (await page.innerText('.clock')).split('\n')[0].trim();
  await page.keyboard.press('2');
  const texts = new Map();
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
    const text = (await page.innerText('.node')).replace(/, in \d+ ms/, '');
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
}

async function tryChange(file) {
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

/** Its plan holds script everywhere that a plan has text, and so do the records that its writers send. */
async function tryHostile(file) {
  const hostile = join(scratch, 'hostile.html');
  const data = dataOf(file);
  data.reproduce = HOSTILE;
  data.mutant = HOSTILE;
  data.expected.by = HOSTILE;
  data.expected.traceHash = HOSTILE;
  writeFileSync(hostile, withData(file, data));
  const page = await opened(browser, hostile);
  holds(await page.innerText('#hash'), 'not the recorded run');
  if ((await page.evaluate('globalThis.harmed')) !== undefined) throw new Error('its script ran');
  await closed(page);

  data.plan.clients[0].workload = HOSTILE;
  writeFileSync(hostile, withData(file, data));
  const refused = await opened(browser, hostile);
  holds(await refused.innerText('#problem'), "the plan can't be used");
  if ((await refused.evaluate('globalThis.harmed')) !== undefined) throw new Error('its script ran');
  await closed(refused);
}

/** A scenario in a file of its own, whose campaign makes the page. */
async function tryOwn() {
  const own = join(scratch, 'own.ts');
  writeFileSync(own, OWN);
  trial(1, 'campaign', '--scenario', own, '--seeds', '1..1', '--workers', '1', '--out', join(scratch, 'out'));
  holds(readFileSync(join(scratch, 'out/index.html'), 'utf8'), 'failures/own-1/page.html');
  const page = await opened(browser, join(scratch, 'out/failures/own-1/page.html'));
  holds(await page.innerText('#hash'), 'same trace hash');
  holds(await page.innerText('header .message'), HOSTILE);
  if ((await page.evaluate('globalThis.harmed')) !== undefined) throw new Error('the script of a record ran');
  await closed(page);
}

/** A service that needs Node: its page holds the run as it was recorded, and says so. */
async function tryApp() {
  const services = join(root, 'docs/examples/services');
  const file = join(scratch, 'lossy.ts');
  writeFileSync(
    file,
    `import { appScenario } from ${JSON.stringify(join(root, 'apps/app-scenario.ts'))};
export default appScenario({
  name: 'lossy',
  entry: ${JSON.stringify(join(services, 'invoices-lossy.ts'))},
  topics: { orders: 3, invoices: 3 },
  inputs: { orders: 200 },
  expect: { atLeastOncePer: 'orderId', in: 'invoices' },
});
`,
  );
  trial(1, 'campaign', '--scenario', file, '--seeds', '1..1', '--workers', '1', '--out', join(scratch, 'app'));
  holds(readFileSync(join(scratch, 'app/index.html'), 'utf8'), 'failures/lossy-1/page.html');
  const page = await opened(browser, join(scratch, 'app/failures/lossy-1/page.html'));
  holds(await page.innerText('#hash'), 'as it was recorded');
  holds(await page.innerText('header .message'), 'has no effect in invoices');
  await comes(page, '.events .now', 'VIOLATED APP-ONCE');
  const first = page.locator('.story button.link').first();
  const time = (await first.innerText()).trim();
  await first.click();
  holds(await page.innerText('.clock'), time);
  await page.keyboard.press('2');
  holds(await page.innerText('.panel'), 'No browser can run this again');
  await closed(page);
}

async function tryCutOff(file) {
  const broken = join(scratch, 'broken.html');
  const html = readFileSync(file, 'utf8');
  const says = async (text, sentence) => {
    writeFileSync(broken, text);
    const page = await opened(browser, broken);
    holds(await page.innerText('#problem'), sentence);
    await closed(page);
  };
  await says(html.slice(0, html.length - 100_000), 'not whole');
  await says(html.slice(0, html.indexOf('id="trial-data"') + 500), 'not whole');
  const at = html.indexOf('id="trial-worker"') + 5_000;
  await says(`${html.slice(0, at)}AAAAAAAA${html.slice(at + 8)}`, "can't be unpacked");
  await says(html.replace('"formatVersion":1', '"formatVersion":9'), 'another format');
}

function trial(status, ...args) {
  const child = spawnSync(process.execPath, [join(root, 'cli/trial.mjs'), ...args], { encoding: 'utf8' });
  if (child.status !== status)
    throw new Error(`trial ${args.join(' ')} ended with ${child.status}: ${child.stdout}${child.stderr}`);
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
