/** A run with everything that the page shows of it. */
import type { Driven } from '../../../campaign/job.ts';
import { playScenario } from '../../../campaign/play-scenario.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import type { Plan } from '../../../sim/plan.ts';
import type { RunResult } from '../../../sim/result.ts';
import type { TraceLine } from '../../../sim/run.ts';
import { FrameLog } from '../../../sim/wire/frame-log.ts';
import type { CauseLog } from '../../../world/cause-log.ts';
import type { Host } from '../../../world/host.ts';
import type { KnownNames } from './known-names.ts';
import { Recorder } from './recorder.ts';
import type { RunRecord } from './run-record.ts';

interface RecordOptions {
  readonly host: Host;
  /** What decides beside the plan's seed. */
  readonly driven: Driven;
  readonly onProgress?: (simulatedMs: number) => void;
  /** Of a run that takes long: what it came to so far, once it has taken a while, and again when it violates something. */
  readonly onSoFar?: (record: RunRecord) => void;
}

/** So long nobody minds to wait, ms of real time. */
const PATIENCE_MS = 300;

export interface Recorded {
  readonly record: RunRecord;
  readonly result: RunResult;
  /** In the order of the record's columns. */
  readonly lines: readonly TraceLine[];
  /** Who stands behind ids in their texts. */
  readonly names: KnownNames;
  readonly frames: FrameLog;
}

export async function recordRun(
  scenario: Scenario,
  plan: Plan,
  { host, driven, onProgress, onSoFar }: RecordOptions,
): Promise<Recorded> {
  const recorder = new Recorder(scenario, plan);
  const startedMs = host.nowMs();
  let frames = new FrameLog(() => 0);
  let causes: CauseLog | null = null;
  let told: 'nothing' | 'no violation' | 'a violation' = 'nothing';
  const result = await playScenario(scenario, plan, {
    host,
    chance: driven,
    tap: (nowUs) => {
      frames = new FrameLog(nowUs);
      return frames;
    },
    onCauses: (log) => void (causes = log),
    onTrace: (line) => recorder.onLine(line),
    onProgress: (simulatedMs) => {
      onProgress?.(simulatedMs);
      const tookMs = host.nowMs() - startedMs;
      const isNews = told === 'nothing' || (told === 'no violation' && recorder.hasViolation);
      if (onSoFar === undefined || tookMs < PATIENCE_MS || !isNews) return;
      told = recorder.hasViolation ? 'a violation' : 'no violation';
      onSoFar(recorder.recordSoFar(simulatedMs * 1_000, frames, causes, tookMs));
    },
  });
  const record = recorder.record(result, frames, causes, host.nowMs() - startedMs);
  return { record, result, lines: recorder.lines, names: recorder.names, frames };
}
