/** Pages that somebody made to do harm, of scenarios of users, and such as are not whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closed, comes, holds, opened } from './browser.mjs';
import { dataOf, withData } from './pages.mjs';
import { ROOT, trial } from './trial.mjs';

const HOSTILE = '</script><script>globalThis.harmed = 1</script><img src=x onerror="globalThis.harmed = 1">';

const OWN = `import { scenario } from ${JSON.stringify(join(ROOT, 'index.ts'))};
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

/** Its plan holds script everywhere that a plan has text, and so do the records that its writers send. */
export async function tryHostile(browser, file, scratch) {
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
export async function tryOwn(browser, scratch) {
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
export async function tryApp(browser, scratch) {
  const services = join(ROOT, 'docs/examples/services');
  const file = join(scratch, 'lossy.ts');
  writeFileSync(
    file,
    `import { appScenario } from ${JSON.stringify(join(ROOT, 'apps/app-scenario.ts'))};
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

/** Cut off in its run, or in its data; damaged; of another format. */
export async function tryCutOff(browser, file, scratch) {
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
