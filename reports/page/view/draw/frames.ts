/** Frames as lines from who sent them to who read them, as soon as there are few enough in the window to be told apart. */
import type { FrameColumns } from '../../record/run-record.ts';
import { lastAt } from '../model/at.ts';
import { clipToTime, halo, laneY } from './lanes.ts';
import { type Stage, xOf } from './stage.ts';
import { faded } from './theme.ts';

/** More than so many are a grey mass. */
const FRAMES_MOST = 700;
/** So few have their names beside them. */
const NAMED_MOST = 14;

/** Frames that are under way in the window, of processes that have a lane; null: too many to be shown. */
export function framesShown(
  frames: FrameColumns,
  { window }: Pick<Stage, 'window'>,
  lanes: readonly number[],
): readonly number[] | null {
  const shown: number[] = [];
  const last = lastAt(frames.sentUs, window.toUs);
  // None is under way for so long that it would matter where there are few.
  for (let index = last; index >= 0; index--) {
    const sentUs = frames.sentUs[index] as number;
    if (sentUs < window.fromUs - 2_000_000) break;
    const readUs = frames.readUs[index] as number;
    if (readUs !== -1 && readUs < window.fromUs) continue;
    if (readUs === -1 && sentUs < window.fromUs) continue;
    if (!lanes.includes(frames.from[index] as number) || !lanes.includes(frames.to[index] as number)) continue;
    shown.push(index);
    if (shown.length > FRAMES_MOST) return null;
  }
  return shown.toReversed();
}

export function drawFrames(
  stage: Stage,
  frames: FrameColumns,
  shown: readonly number[],
  lanes: readonly number[],
  selected: number,
): void {
  const { context, theme } = stage;
  context.save();
  clipToTime(stage);
  const alpha = shown.length > 250 ? 0.25 : shown.length > 80 ? 0.45 : 0.8;
  for (const index of shown) {
    const line = endsOf(stage, frames, index, lanes);
    if (line === null) continue;
    const isRequest = frames.isRequest[index] === 1;
    const isSelected = selected !== -1 && (index === selected || frames.pair[index] === selected);
    context.strokeStyle = isSelected ? theme.bad : faded(isRequest ? theme.accent : theme.good, alpha);
    context.fillStyle = context.strokeStyle;
    context.lineWidth = isSelected ? 2 : 1;
    context.setLineDash(isRequest ? [] : [4, 3]);
    context.beginPath();
    context.moveTo(line.x1, line.y1);
    context.lineTo(line.x2, line.y2);
    context.stroke();
    context.setLineDash([]);
    if (frames.readUs[index] === -1) cross(context, line.x2, line.y2);
    else arrow(context, line);
    if (shown.length > NAMED_MOST && !isSelected) continue;
    const name = frames.apis[frames.api[index] as number] ?? '';
    halo(stage, name, (line.x1 + line.x2) / 2 + 4, (line.y1 + line.y2) / 2, isSelected ? theme.bad : theme.soft);
  }
  context.restore();
}

interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

function endsOf(stage: Stage, frames: FrameColumns, index: number, lanes: readonly number[]): Line | null {
  const y1 = laneY(lanes, frames.from[index] as number);
  const y2 = laneY(lanes, frames.to[index] as number);
  if (y1 === null || y2 === null) return null;
  const sentUs = frames.sentUs[index] as number;
  const readUs = frames.readUs[index] as number;
  const x1 = xOf(stage, sentUs);
  // What never arrived goes a part of the way.
  if (readUs === -1) return { x1, y1, x2: x1 + 14, y2: y1 + (y2 - y1) * 0.4 };
  return { x1, y1, x2: xOf(stage, readUs), y2 };
}

function arrow(context: CanvasRenderingContext2D, { x1, y1, x2, y2 }: Line): void {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  context.beginPath();
  context.moveTo(x2, y2);
  for (const side of [-0.4, 0.4]) context.lineTo(x2 - 6 * Math.cos(angle + side), y2 - 6 * Math.sin(angle + side));
  context.fill();
}

function cross(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.moveTo(x - 3, y - 3);
  context.lineTo(x + 3, y + 3);
  context.moveTo(x + 3, y - 3);
  context.lineTo(x - 3, y + 3);
  context.stroke();
}

/** The frame whose line is nearest to a point, within a few px; -1: none is. */
export function frameAt(
  stage: Stage,
  frames: FrameColumns,
  shown: readonly number[],
  lanes: readonly number[],
  x: number,
  y: number,
): number {
  let best = -1;
  let least = 6;
  for (const index of shown) {
    const line = endsOf(stage, frames, index, lanes);
    if (line === null) continue;
    const away = distance(line, x, y);
    if (away < least) {
      least = away;
      best = index;
    }
  }
  return best;
}

function distance({ x1, y1, x2, y2 }: Line, x: number, y: number): number {
  const lengthSquared = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = lengthSquared === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / lengthSquared));
  return Math.hypot(x - (x1 + along * (x2 - x1)), y - (y1 + along * (y2 - y1)));
}
