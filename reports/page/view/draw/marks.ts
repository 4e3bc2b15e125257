/** What all time lines share: the axis, the phases, the violations, the cursor. */
import type { RunRecord } from '../../record/run-record.ts';
import { GUTTER, isShown, type Stage, ticks, xOf } from './stage.ts';
import { faded } from './theme.ts';

/** Room between two labels of the axis, px. */
const TICK_ROOM = 96;

export function drawAxis(stage: Stage, { phases }: RunRecord, isLabelled: boolean): void {
  const { context, theme, width, height, window } = stage;
  const { stepUs, at } = ticks(window, (width - GUTTER) / TICK_ROOM);
  const digits = stepUs >= 1e6 ? 0 : Math.min(6, Math.ceil(6 - Math.log10(stepUs)));
  context.lineWidth = 1;
  for (const us of at) {
    const x = Math.round(xOf(stage, us)) + 0.5;
    context.strokeStyle = faded(theme.soft, 0.18);
    stroke(stage, x);
    if (!isLabelled) continue;
    context.fillStyle = theme.soft;
    context.fillText(`${(us / 1e6).toFixed(digits)} s`, x + 3, 8);
  }
  for (const { us } of phases) {
    if (!isShown(stage, us, us)) continue;
    context.strokeStyle = faded(theme.soft, 0.55);
    context.setLineDash([2, 3]);
    stroke(stage, Math.round(xOf(stage, us)) + 0.5);
    context.setLineDash([]);
  }

  function stroke({ context: on }: Stage, x: number): void {
    on.beginPath();
    on.moveTo(x, 0);
    on.lineTo(x, height);
    on.stroke();
  }
}

export function drawViolations(stage: Stage, { violations }: RunRecord, isLabelled: boolean): void {
  const { context, theme, height, width } = stage;
  for (const [index, { us, property }] of violations.entries()) {
    if (!isShown(stage, us, us)) continue;
    const x = Math.round(xOf(stage, us)) + 0.5;
    context.strokeStyle = theme.bad;
    context.lineWidth = index === 0 ? 2 : 1;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    if (!isLabelled || index > 2) continue;
    const text = `✕ ${property}`;
    context.font = `700 ${theme.font}`;
    const room = context.measureText(text).width + 8;
    const left = x + room > width ? x - room : x;
    const top = index * 15;
    context.fillStyle = theme.bad;
    context.fillRect(left, top, room, 15);
    context.fillStyle = theme.card;
    context.fillText(text, left + 4, top + 8);
    context.font = theme.font;
  }
}

export function drawCursor(stage: Stage, us: number): void {
  const { context, theme, height } = stage;
  if (!isShown(stage, us, us)) return;
  const x = Math.round(xOf(stage, us)) + 0.5;
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.stroke();
  context.fillStyle = theme.accent;
  context.beginPath();
  context.moveTo(x - 5, 0);
  context.lineTo(x + 5, 0);
  context.lineTo(x, 7);
  context.fill();
}
