/** The file of a page does no harm, whatever its run holds. */
import { createHash } from 'node:crypto';
import test from 'ava';
import { planOf } from '../campaign/run-scenario.ts';
import calm from '../scenarios/calm.ts';
import { pageFile } from './page-file.ts';
import type { PageData } from './page/page-data.ts';

const HOSTILE = '</script><script>alert(1)</script><!-- <script>';
const view = { script: 'void 0', style: 'body{}' };

function page(): string {
  const plan = planOf(calm, 1);
  const data: PageData = {
    formatVersion: 1,
    plan: { ...plan, clients: plan.clients.map((client) => ({ ...client, params: { topics: HOSTILE } })) },
    driven: {},
    expected: { verdict: 'pass', traceHash: '0123456789abcdef', by: HOSTILE },
    codeChanged: null,
    reproduce: HOSTILE,
    recordedBecause: null,
    mutant: null,
  };
  return pageFile({ title: HOSTILE, data, view, run: { worker: 'H4sI' } });
}

test('text of a run ends no element, and the data is read back as it was', (t) => {
  const html = page();
  t.is(html.split('<script').length - 1, 4);
  t.is(html.split('</script>').length - 1, 4);
  const json = /id="trial-data">([^<]*)</.exec(html)?.[1] ?? '';
  t.is((JSON.parse(json) as PageData).reproduce, HOSTILE);
  t.false(html.includes('<title></script>'));
});

test('the policy names the script that is in the file, and no address', (t) => {
  const html = page();
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  t.true(policy.startsWith("default-src 'none';"));
  for (const text of [view.script, view.style])
    t.true(policy.includes(`'sha256-${createHash('sha256').update(text).digest('base64')}'`));
  t.false(/https?:|\*|'unsafe-inline'|connect-src/.test(policy));
});
