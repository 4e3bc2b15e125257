/** The logs of a partition over time: for each replica its end, as steps; the high watermark of the leader; cuts where they happened. */
import type { PartitionTrack, ReplicaTrack, RunRecord } from '../../record/run-record.ts';
import { lastAt } from '../model/at.ts';
import { TALL } from './lanes.ts';
import { fitted, GUTTER, type Stage, xOf } from './stage.ts';
import { faded, seriesColour } from './theme.ts';

/** Height, px: more where there is room, and so much that every replica has its line in the key. */
export function offsetsHeight({ replicas }: PartitionTrack): number {
  return Math.max(globalThis.innerHeight > TALL ? 150 : 96, KEY_TOP + replicas.length * KEY_STEP + 2);
}

const KEY_TOP = 42;
const KEY_STEP = 12;

const MARGIN = 10;
/** How replicas are told apart beside their colours. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [1, 4]];

export function drawOffsets(stage: Stage, record: RunRecord, partition: PartitionTrack): void {
  const { context, theme, height, width, window } = stage;
  const rangeShown = rangeOf(partition, window.fromUs, window.toUs);
  const y = (offset: number): number =>
    height -
    MARGIN -
    ((Math.max(rangeShown.low, Math.min(rangeShown.high, offset)) - rangeShown.low) /
      Math.max(1, rangeShown.high - rangeShown.low)) *
      (height - 2 * MARGIN);
  context.fillStyle = theme.ink;
  context.font = `600 ${theme.font}`;
  context.fillText(fitted(context, partition.name, GUTTER - 40), 8, 12);
  context.font = theme.font;
  context.fillStyle = theme.soft;
  context.fillText('log ends', 8, 27);
  context.textAlign = 'right';
  context.fillText(String(rangeShown.high), GUTTER - 6, MARGIN);
  context.fillText(String(rangeShown.low), GUTTER - 6, height - MARGIN);
  context.textAlign = 'left';
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, width - GUTTER, height);
  context.clip();
  for (const [index, track] of partition.replicas.entries()) {
    context.strokeStyle = seriesColour(theme, index);
    context.setLineDash([...(DASHES[index % DASHES.length] as readonly number[])]);
    context.lineWidth = 2;
    steps(stage, track, track.end, y);
    context.setLineDash([]);
    context.lineWidth = 1;
    context.strokeStyle = faded(seriesColour(theme, index), 0.5);
    steps(stage, track, track.highWatermark, y);
  }
  for (const { us, from, to, process } of partition.cuts) {
    const x = xOf(stage, us);
    if (x < GUTTER || x > width) continue;
    const index = partition.replicas.findIndex((track) => track.process === process);
    context.fillStyle = seriesColour(theme, index);
    context.beginPath();
    context.moveTo(x - 5, y(from));
    context.lineTo(x + 5, y(from));
    context.lineTo(x, Math.max(y(from) + 9, y(to)));
    context.fill();
    context.fillStyle = theme.ink;
    const text = `✂ ${record.processes[process]?.name ?? ''} ${from}→${to}`;
    context.fillText(text, Math.min(x + 7, width - context.measureText(text).width - 4), Math.max(8, y(from) - 2));
  }
  context.restore();
  drawKey(stage, record, partition);
}

function drawKey({ context, theme }: Stage, record: RunRecord, { replicas }: PartitionTrack): void {
  for (const [index, { process }] of replicas.entries()) {
    const y = KEY_TOP + index * KEY_STEP;
    context.strokeStyle = seriesColour(theme, index);
    context.lineWidth = 2;
    context.setLineDash([...(DASHES[index % DASHES.length] as readonly number[])]);
    context.beginPath();
    context.moveTo(8, y);
    context.lineTo(32, y);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = theme.soft;
    context.fillText(record.processes[process]?.name ?? '', 37, y);
  }
}

function steps(stage: Stage, { us }: ReplicaTrack, values: Float64Array, y: (offset: number) => number): void {
  const { context, window, width } = stage;
  const first = Math.max(0, lastAt(us, window.fromUs));
  context.beginPath();
  let previous: number | null = null;
  for (let row = first; row < us.length && (us[row] as number) <= window.toUs; row++) {
    const x = Math.max(GUTTER, xOf(stage, us[row] as number));
    const at = y(values[row] as number);
    if (previous === null) context.moveTo(x, at);
    else {
      context.lineTo(x, previous);
      context.lineTo(x, at);
    }
    previous = at;
  }
  if (previous !== null) context.lineTo(width, previous);
  context.stroke();
}

/** Logs that do not change are in the picture if they are not farther away than so many times what the others take. */
const STILL_FAR = 3;

function rangeOf(
  { replicas, cuts }: PartitionTrack,
  fromUs: number,
  toUs: number,
): { readonly low: number; readonly high: number } {
  const changing: number[] = [];
  const still: number[] = [];
  for (const { us, end } of replicas) {
    const first = Math.max(0, lastAt(us, fromUs));
    const shown = end.slice(first, Math.max(first, lastAt(us, toUs)) + 1);
    if (shown.every((each) => each === shown[0])) still.push(...shown.slice(0, 1));
    else for (const each of shown) changing.push(each);
  }
  for (const { us, from, to } of cuts) {
    if (us >= fromUs && us <= toUs) changing.push(from, to);
  }
  const [low, high] = changing.length === 0 ? ends(still) : ends(changing);
  const near = still.filter((each) => each >= low - STILL_FAR * (high - low) && each <= high + STILL_FAR * (high - low));
  const [lowest, highest] = ends([low, high, ...near]);
  return { low: lowest, high: Math.max(highest, lowest + 1) };
}

function ends(values: readonly number[]): readonly [low: number, high: number] {
  let low = values[0] ?? 0;
  let high = low;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
