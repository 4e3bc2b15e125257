/** The run of a page that can't run it again: it is made here, and kept. */
import { gzipSync } from 'node:zlib';
import { createNodeHost } from '../campaign/host-node.ts';
import type { Driven } from '../campaign/job.ts';
import { isNoise, narrate } from '../campaign/narrate.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Plan } from '../sim/plan.ts';
import { recordRun } from './page/record/record-run.ts';
import { recordedText } from './page/recorded.ts';

/** Gzipped, in base64. */
export async function recordedBlock(scenario: Scenario, plan: Plan, driven: Driven): Promise<string> {
  const { record, lines, names } = await recordRun(scenario, plan, { host: createNodeHost(), driven });
  const texts = lines.map((line) => (isNoise(line) ? '' : names.in(narrate(line))));
  return gzipSync(recordedText({ record, texts }), { level: 9 }).toString('base64');
}
