/** What a worker runs whose Kafka has a mutant: this module's URL names it (`?mutant=ID`), and is loaded before anything of Kafka. */
import type { RunAnswer, RunJob, RunWatch, Runner } from '../job.ts';
import { putInto } from './hook.ts';
import { loadMutant } from './load-zoo.ts';
import type { ProbeCounts } from './probe.ts';

/** How often the mutant's line ran and differed, and the processor time of the run, ms. */
export interface MutantRunAnswer extends RunAnswer {
  readonly probe: ProbeCounts;
  readonly cpuMs: number;
}

const id = new URL(import.meta.url).searchParams.get('mutant') ?? '';
const probe = putInto(await loadMutant(id));
const { runJob: runInside } = (await import('../runner.ts')) as Runner;

export async function runJob(job: RunJob, watch: RunWatch): Promise<MutantRunAnswer> {
  probe.take();
  const before = process.threadCpuUsage();
  const answer = await runInside(job, watch);
  const { user, system } = process.threadCpuUsage(before);
  return { ...answer, probe: probe.take(), cpuMs: Math.round((user + system) / 1_000) };
}
