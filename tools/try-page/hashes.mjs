/** Seeds in browsers: the trace hashes that they have in Node. Straight in a page's worker, without its picture. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planOf, runScenario } from '../../campaign/run-scenario.ts';
import { workerCode } from '../../reports/page-bundle.ts';
import { scenarioOf } from './pages.mjs';

/** Runs each seed in Node and in every browser. Throws at the first that is another run anywhere. */
export async function tryHashes(browsers, name, { from, to }, scratch) {
  const scenario = scenarioOf(name);
  const code = await workerCode({ scenarioFile: null, mutant: null });
  // Somewhere to be: Firefox starts no worker from a blob in a page that came from nowhere.
  const blank = join(scratch, 'blank.html');
  writeFileSync(blank, '<!doctype html><title>seeds</title>');
  const pages = await Promise.all(
    browsers.map(async ({ title, browser }) => {
      const page = await browser.newPage();
      await page.goto(`file://${blank}`);
      await page.evaluate(startWorker, code);
      return { title, page };
    }),
  );
  for (let seed = from; seed <= to; seed++) {
    const plan = planOf(scenario, seed);
    const elsewhere = pages.map(async ({ title, page }) => ({ title, hash: await page.evaluate(hashOfRun, plan) }));
    const { traceHash } = await runScenario(scenario, plan);
    for (const { title, hash } of await Promise.all(elsewhere)) {
      if (hash !== traceHash) throw new Error(`seed ${seed}: ${traceHash} in Node, ${hash} in ${title}`);
    }
  }
  for (const { page } of pages) await page.close();
}

/* c8 ignore start -- in the browser */
async function startWorker(code) {
  const bytes = Uint8Array.from(atob(code), (character) => character.charCodeAt(0));
  const script = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).blob();
  globalThis.trialWorker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
}

function hashOfRun(plan) {
  return new Promise((resolve) => {
    globalThis.trialWorker.onmessage = ({ data }) => {
      if ('answer' in data) resolve(data.answer.traceHash);
      else if ('error' in data) resolve(data.error);
    };
    globalThis.trialWorker.postMessage({ id: 1, kind: 'record', ask: { plan, driven: {} } });
  });
}
/* c8 ignore stop */
