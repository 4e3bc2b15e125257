/** One run in the page: its record, and the workers that answer about it. */
import type { Progress, RunOrder } from '../protocol.ts';
import type { RunRecord } from '../record/run-record.ts';
import type { RecordedRun } from '../recorded.ts';
import { type Answers, WorkerClient } from './client.ts';
import { RecordedAnswers } from './recorded-answers.ts';

export interface Session {
  readonly order: RunOrder;
  readonly record: RunRecord;
  /** Keeps lines and frames. */
  readonly recorder: Answers;
  /** Looks into nodes, so that a long look does not hold up the rest. */
  readonly diver: Answers;
}

interface SessionHooks {
  readonly onProgress: (simulatedMs: number) => void;
  /** What a run that takes long has come to so far. */
  readonly onSoFar?: (session: Session) => void;
}

/** Runs an order in a worker of its own. Rejects with one sentence. */
export async function runSession(address: string, order: RunOrder, { onProgress, onSoFar }: SessionHooks): Promise<Session> {
  const recorder = new WorkerClient(address);
  const diver = new WorkerClient(address);
  try {
    const record = await recorder.ask('record', order, ({ simulatedMs, record: soFar }: Progress) => {
      if (simulatedMs !== undefined) onProgress(simulatedMs);
      if (soFar !== undefined) onSoFar?.({ order, record: soFar, recorder, diver });
    });
    return { order, record, recorder, diver };
  } catch (error) {
    recorder.close();
    diver.close();
    throw error;
  }
}

/** A run that the page holds as it was recorded. */
export function recordedSession(order: RunOrder, run: RecordedRun): Session {
  const answers = new RecordedAnswers(run);
  return { order, record: run.record, recorder: answers, diver: answers };
}

export function closeSession({ recorder, diver }: Session): void {
  recorder.close();
  diver.close();
}
