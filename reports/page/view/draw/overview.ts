/** The whole run in a strip: phases, faults, how much was going on, violations, and the part that is shown below. */
import type { RunRecord } from '../../record/run-record.ts';
import { fitted, GUTTER, hatch, spanX, type Stage, type TimeWindow, xOf } from './stage.ts';
import { faded } from './theme.ts';

export const OVERVIEW_HEIGHT = 46;
const BINS = 240;

/** How many lines the run told in each of some equal spans. */
export function activityOf({ lines, endUs }: RunRecord): readonly number[] {
  const bins = new Array<number>(BINS).fill(0);
  for (let index = 0; index < lines.count; index++) {
    const bin = Math.min(BINS - 1, Math.floor(((lines.us[index] as number) / Math.max(1, endUs)) * BINS));
    bins[bin] = (bins[bin] as number) + 1;
  }
  return bins;
}

export function drawOverview(stage: Stage, record: RunRecord, activity: readonly number[], shown: TimeWindow): void {
  const { context, theme, width } = stage;
  context.fillStyle = theme.soft;
  context.fillText('whole run', 8, 13);
  context.fillText(fitted(context, `${(record.endUs / 1e6).toFixed(1)} s`, GUTTER - 12), 8, 30);
  for (const [index, { phase, us }] of record.phases.entries()) {
    const toUs = record.phases[index + 1]?.us ?? record.endUs;
    const [x, room] = spanX(stage, us, toUs);
    context.fillStyle = phase === 'chaos' ? faded(theme.warn, 0.1) : faded(theme.soft, index % 2 === 0 ? 0.05 : 0.1);
    context.fillRect(x, 0, room, OVERVIEW_HEIGHT);
    context.fillStyle = theme.soft;
    context.fillText(fitted(context, phase, room - 6), x + 3, 8);
  }
  const most = Math.max(1, ...activity);
  context.fillStyle = faded(theme.accent, 0.35);
  const step = (width - GUTTER) / activity.length;
  for (const [bin, count] of activity.entries()) {
    const height = Math.sqrt(count / most) * 18;
    context.fillRect(GUTTER + bin * step, OVERVIEW_HEIGHT - height, Math.max(1, step - 0.5), height);
  }
  for (const { fromUs, toUs, isRefused } of record.faults) {
    if (isRefused) continue;
    const [x, room] = spanX(stage, fromUs, toUs, 2);
    context.fillStyle = faded(theme.warn, 0.55);
    context.fillRect(x, 16, room, 7);
    hatch(context, [x, 16, room, 7], theme.warn, 4);
  }
  const left = Math.max(GUTTER, xOf(stage, shown.fromUs));
  const right = Math.min(width, xOf(stage, shown.toUs));
  context.fillStyle = faded(theme.ink, 0.12);
  context.fillRect(GUTTER, 0, left - GUTTER, OVERVIEW_HEIGHT);
  context.fillRect(right, 0, width - right, OVERVIEW_HEIGHT);
  context.strokeStyle = theme.ink;
  context.lineWidth = 1.5;
  context.strokeRect(left, 1, Math.max(3, right - left), OVERVIEW_HEIGHT - 2);
}
