/** Whole pages of seeds. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOf } from '../../campaign/outcome.ts';
import { planOf, runScenario } from '../../campaign/run-scenario.ts';
import { pageOf } from '../../reports/page-of.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import { closed, holds, opened } from './browser.mjs';

export function scenarioOf(name) {
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined) throw new Error(`there is no such scenario; there are ${[...SCENARIOS.keys()].join(', ')}`);
  return scenario;
}

/** The page of each seed: it is the same run, and nothing is thrown while somebody goes through it. */
export async function tryPages(browser, name, { from, to }, scratch) {
  const scenario = scenarioOf(name);
  const file = join(scratch, 'seed.html');
  for (let seed = from; seed <= to; seed++) {
    const plan = planOf(scenario, seed);
    const outcome = outcomeOf(await runScenario(scenario, plan));
    const bundle = { scenario: name, driven: {}, made: null };
    const { html } = await pageOf({ bundle, plan, outcome, reproduce: '', mutant: null });
    writeFileSync(file, html);
    const page = await opened(browser, file);
    try {
      holds(await page.innerText('#hash'), 'same trace hash');
      for (const key of ['0', 'Home', 'ArrowRight', '+', 'End', 'ArrowLeft', 'v', '3', '4', '1']) await page.keyboard.press(key);
      await page.waitForSelector('.events li', { timeout: 30_000 });
      await closed(page);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    }
  }
}

/** The run that a page holds, as it stands in it. */
export function dataOf(file) {
  return JSON.parse(/id="trial-data">([^<]*)</.exec(readFileSync(file, 'utf8'))[1]);
}

/** A page's text with another run in it. */
export function withData(file, data) {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return readFileSync(file, 'utf8').replace(/(id="trial-data">)[^<]*/, (_, head) => head + json);
}
