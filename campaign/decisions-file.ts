/**
 * `decisions.json.gz` in a bundle: all that was decided by chance in the run, which drives a replay. `zcat` shows it. What a seed draws
 * changes with the code; the file does not, and so it tells where another tree goes another way.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { listOf, misfit, recordOf, strictObject, text, whole } from '../core/config/strict.ts';
import type { Plan } from '../sim/plan.ts';
import type { DecisionLog, Recording } from '../world/chance.ts';
import { parseJson } from './files.ts';
import { planDigest } from './plan-digest.ts';
import { UsageError } from './usage.ts';

const number = whole(0, Number.MAX_SAFE_INTEGER);
const fileSchema = strictObject({
  formatVersion: z.literal(1, '1, the version of decision logs that this version of Trial reads'),
  /** See plan-digest.ts. */
  plan: text,
  seed: text,
  streams: recordOf(
    strictObject({ labels: listOf(text), simplest: listOf(number), draws: listOf(number) }).refine(
      ({ labels, simplest, draws }) =>
        labels.length === simplest.length &&
        draws.length % 2 === 0 &&
        draws.every((label, at) => at % 2 === 1 || label < labels.length),
      'labels, the simplest value of each, and pairs of a label and a value',
    ),
  ),
});

/** Looked at first: what else does not fit may be right in another version. */
const versionSchema = z.looseObject({ formatVersion: fileSchema.shape.formatVersion }, 'an object');

/** Which decisions matter, as a file with a small plan holds them. */
export const decisionLogSchema: z.ZodType<DecisionLog> = strictObject({
  plain: listOf(text),
  forced: listOf(strictObject({ stream: text, ordinal: number, label: text, value: number })),
});

export function writeDecisions(path: string, plan: Plan, recording: Recording): void {
  writeFileSync(path, gzipSync(JSON.stringify({ formatVersion: 1, plan: planDigest(plan), ...recording })));
}

/** Throws UsageError, in one sentence, if the file is not whole, is of another version, or belongs to another plan. */
export function readDecisions(path: string, plan: Plan): Recording {
  const json = parseJson(path, unpacked(path));
  const wrong = misfit(versionSchema, json) ?? misfit(fileSchema, json);
  if (wrong !== null) throw new UsageError(`in "${path}", the decisions can't be used: ${wrong}`);
  const { plan: digest, seed, streams } = fileSchema.parse(json);
  if (digest !== planDigest(plan)) {
    throw new UsageError(
      `"${path}" holds the decisions of another plan than the one beside it: remove it to run the plan without them`,
    );
  }
  return { seed, streams };
}

function unpacked(path: string): string {
  try {
    return gunzipSync(readFileSync(path)).toString();
  } catch {
    throw new UsageError(`the file "${path}" is not whole: it can't be unpacked; without it the plan beside it still runs`);
  }
}
