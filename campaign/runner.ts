/** Runs one job in this thread. */
import type { TraceEntry } from '../world/trace-hash.ts';
import type { Chance, Recording as DecisionRecording } from '../world/chance.ts';
import { writeDecisions } from './decisions-file.ts';
import { fingerprint } from './fingerprint.ts';
import type { Attempt, RunAnswer, RunJob, RunWatch } from './job.ts';
import { loadScenario } from './load-scenario.ts';
import { narrate } from './narrate.ts';
import { outcomeOf } from './outcome.ts';
import { planOf, type RunScenarioOptions, runScenario } from './run-scenario.ts';
import { processLabels } from './stall.ts';
import { TraceFile } from './trace-file.ts';

export async function runJob(job: RunJob, watch: RunWatch): Promise<RunAnswer> {
  const scenario = await loadScenario(job.scenario);
  const plan = job.plan ?? planOf(scenario, job.seed);
  const { record, decisionsFile } = job;
  const lines: string[] = [];
  let entries: readonly TraceEntry[] = [];
  let decisions = null as DecisionRecording | null;
  const file = job.traceFile === null ? null : new TraceFile(job.traceFile);
  const options: RunScenarioOptions = {
    stallLimitMs: job.stallLimitMs,
    pulse: watch.pulse,
    ...(file === null ? {} : { onTrace: (line) => file.line(line) }),
    ...(record === null
      ? {}
      : {
          onTrace: (line) => {
            if (line.step > record.from && line.step <= record.to) lines.push(narrate(line));
          },
          record: { ...record, done: (found: readonly TraceEntry[]) => void (entries = found) },
        }),
    ...(decisionsFile === null
      ? {}
      : { chance: { record: true }, onChance: (chance: Chance) => writeDecisions(decisionsFile, plan, chance.recording()) }),
    ...(job.attempt === undefined ? {} : optionsOf(job.attempt, (found) => void (decisions = found))),
  };
  const before = process.threadCpuUsage();
  watch.begun(processLabels(plan));
  try {
    const result = await runScenario(scenario, plan, options);
    return {
      outcome: outcomeOf(result),
      plan: result.verdict === 'pass' ? null : plan,
      hashWindows: job.hashWindows ? result.hashWindows : null,
      recording: record === null ? null : { entries, lines },
      ...(job.attempt === undefined
        ? {}
        : {
            attempt: {
              cpuMs: cpuMsSince(before),
              sends: result.sends,
              begins: result.begins,
              operations: result.operations,
              decisions,
            },
          }),
    };
  } finally {
    file?.close();
  }
}

function optionsOf(
  { failure, stopAfterMs, driven, divert, record }: Attempt,
  onDecisions: (found: DecisionRecording) => void,
): RunScenarioOptions {
  return {
    stopAt: (violation) => failure === null || fingerprint(violation) === failure,
    chance: { record, ...driven },
    ...(stopAfterMs === null ? {} : { stopAfterMs }),
    ...(divert === null ? {} : { divert }),
    ...(record ? { onChance: (chance) => onDecisions(chance.recording()) } : {}),
  };
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return Math.ceil((user + system) / 1_000);
}
