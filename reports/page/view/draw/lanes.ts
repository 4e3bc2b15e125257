/** A lane for each process: alive or not, what befell it, whom it leads, what it sent. */
import { ledBy, leaderSpans, quorumAt, stateAt, spanText } from '../model/at.ts';
import type { FaultSpan, PartitionTrack, ProcessTrack, RunRecord } from '../../record/run-record.ts';
import { fitted, GUTTER, hatch, isShown, spanX, type Stage } from './stage.ts';
import { faded, seriesColour } from './theme.ts';

const LANE = 24;
const AXIS = 18;

export interface LanesView {
  readonly record: RunRecord;
  /** Indexes of the processes that have a lane, from above. */
  readonly lanes: readonly number[];
  readonly cursorUs: number;
  /** Whose leaders are shown. */
  readonly partition: PartitionTrack | null;
  /** A process that is looked at. */
  readonly selected: number;
}

export function lanesHeight(lanes: readonly number[]): number {
  return AXIS + lanes.length * LANE + 4;
}

export function drawLanes(stage: Stage, view: LanesView): void {
  const { record, lanes } = view;
  for (const [row, process] of lanes.entries()) {
    const track = record.processes[process] as ProcessTrack;
    const y = AXIS + row * LANE;
    drawBackground(stage, row, y, process === view.selected);
    drawStates(stage, track, record.endUs, y);
    drawQuorum(stage, track, record.endUs, y);
    if (view.partition !== null) drawLeadership(stage, view.partition, process, record.endUs, y);
    drawName(stage, view, track, process, y);
  }
  for (const fault of record.faults) drawFault(stage, fault, lanes);
}

function drawBackground({ context, theme, width }: Stage, row: number, y: number, isSelected: boolean): void {
  context.fillStyle = isSelected ? faded(theme.accent, 0.14) : row % 2 === 0 ? faded(theme.soft, 0.05) : 'transparent';
  context.fillRect(0, y, width, LANE);
}

function drawStates(stage: Stage, { states }: ProcessTrack, endUs: number, y: number): void {
  const { context, theme } = stage;
  for (const [index, { us, state }] of states.entries()) {
    const toUs = states[index + 1]?.us ?? endUs;
    if (!isShown(stage, us, toUs)) continue;
    const [x, width] = spanX(stage, us, toUs);
    const middle = y + LANE / 2;
    if (state === 'down') {
      context.fillStyle = faded(theme.ink, 0.1);
      context.fillRect(x, y + 4, width, LANE - 8);
      hatch(context, [x, y + 4, width, LANE - 8], faded(theme.ink, 0.35), 6);
      label(stage, 'down', x, width, middle, theme.soft);
      continue;
    }
    context.fillStyle = state === 'up' ? faded(theme.good, 0.55) : theme.warn;
    context.fillRect(x, middle - 1, width, 2);
    if (state === 'up') continue;
    context.fillStyle = faded(theme.warn, 0.22);
    context.fillRect(x, y + 5, width, LANE - 10);
    if (state === 'paused') hatch(context, [x, y + 5, width, LANE - 10], theme.warn, 9, false);
    label(stage, state, x, width, middle, theme.ink);
  }
}

/** Which controller leads the quorum: a line above the lane's middle, with its epoch. */
function drawQuorum(stage: Stage, { quorum }: ProcessTrack, endUs: number, y: number): void {
  const { context, theme } = stage;
  for (const [index, { us, role, epoch, isActive }] of quorum.entries()) {
    const toUs = quorum[index + 1]?.us ?? endUs;
    if ((role !== 'leader' && role !== 'candidate') || !isShown(stage, us, toUs)) continue;
    const [x, width] = spanX(stage, us, toUs, 2);
    context.fillStyle = role === 'leader' ? theme.violet : faded(theme.violet, 0.4);
    context.fillRect(x, y + 3, width, isActive ? 5 : 3);
    if (role !== 'leader' || quorum[index - 1]?.role === 'leader') continue;
    label(stage, `leads the quorum, epoch ${epoch}`, x, Math.max(width, 0), y + 15, theme.violet);
  }
}

function drawLeadership(stage: Stage, partition: PartitionTrack, process: number, endUs: number, y: number): void {
  const { context, theme } = stage;
  const track = partition.replicas.find((replica) => replica.process === process);
  if (track === undefined) return;
  for (const { fromUs, toUs, epoch } of leaderSpans(track, endUs)) {
    if (!isShown(stage, fromUs, toUs)) continue;
    const [x, width] = spanX(stage, fromUs, toUs, 2);
    context.fillStyle = faded(seriesColour(theme, epoch), 0.75);
    context.fillRect(x, y + LANE - 9, width, 6);
    label(stage, `leads ${partition.name}, epoch ${epoch}`, x, width, y + 8, theme.ink);
  }
}

function drawName({ context, theme }: Stage, view: LanesView, track: ProcessTrack, process: number, y: number): void {
  const { state } = stateAt(track, view.cursorUs);
  const quorum = quorumAt(track, view.cursorUs);
  const middle = y + LANE / 2;
  context.fillStyle = theme.card;
  context.fillRect(0, y, GUTTER - 2, LANE);
  context.fillStyle = process === view.selected ? faded(theme.accent, 0.25) : faded(theme.soft, 0.08);
  context.fillRect(0, y, GUTTER - 2, LANE - 1);
  // A filled sign for who is up, an empty one for who is down, two bars for who is paused.
  context.fillStyle = state === 'up' ? theme.good : state === 'down' ? theme.soft : theme.warn;
  context.strokeStyle = context.fillStyle;
  context.beginPath();
  if (state === 'paused') {
    context.fillRect(7, middle - 4, 3, 8);
    context.fillRect(12, middle - 4, 3, 8);
  } else {
    context.arc(11, middle, 4, 0, 2 * Math.PI);
    if (state === 'down') context.stroke();
    else context.fill();
  }
  context.font = `600 ${theme.font}`;
  context.fillStyle = state === 'down' ? theme.soft : theme.ink;
  const name = fitted(context, track.name, 62);
  context.fillText(name, 20, middle);
  const nameWidth = context.measureText(name).width;
  context.font = theme.font;
  const led = track.kind === 'client' || track.kind === 'harness' ? [] : ledBy(view.record, process, view.cursorUs);
  const note = quorum?.role === 'leader' ? 'quorum' : led.length > 0 ? `leads ${led.length}` : '';
  context.fillStyle = quorum?.role === 'leader' ? theme.violet : theme.soft;
  context.fillText(fitted(context, note, GUTTER - 26 - nameWidth), 24 + nameWidth, middle);
}

/** A band over the lanes that it hits. */
function drawFault(stage: Stage, fault: FaultSpan, lanes: readonly number[]): void {
  const { context, theme } = stage;
  const { kind, processes, fromUs, toUs, isRefused } = fault;
  if (isRefused || !isShown(stage, fromUs, toUs)) return;
  const rows = processes.map((process) => lanes.indexOf(process)).filter((row) => row !== -1);
  const isInstant = toUs === fromUs;
  const [x, width] = spanX(stage, fromUs, toUs, isInstant ? 3 : 2);
  for (const [index, row] of rows.toSorted((a, b) => a - b).entries()) {
    const y = AXIS + row * LANE;
    context.fillStyle = faded(theme.warn, isInstant ? 0.9 : 0.16);
    context.fillRect(x, y + 1, width, LANE - 2);
    if (!isInstant) hatch(context, [x, y + 1, width, LANE - 2], faded(theme.warn, 0.28), 8);
    context.strokeStyle = theme.warn;
    context.lineWidth = 1;
    if (!isInstant) context.strokeRect(x + 0.5, y + 1.5, Math.max(0, width - 1), LANE - 3);
    if (index > 0 && rows.length > 4) continue;
    const text = isInstant ? kind : `${kind}, ${spanText(toUs - fromUs)}`;
    if (isInstant) flag(stage, text, x + 5, y + 7);
    else label(stage, text, x, width, y + LANE - 7, theme.ink);
  }
}

function flag({ context, theme }: Stage, text: string, x: number, y: number): void {
  const width = context.measureText(text).width + 6;
  context.fillStyle = faded(theme.card, 0.85);
  context.fillRect(x - 2, y - 6, width, 12);
  context.fillStyle = theme.warn;
  context.fillText(text, x + 1, y);
}

/** Inside a span, as far as there is room. */
function label({ context }: Stage, text: string, x: number, width: number, y: number, colour: string): void {
  const shown = fitted(context, text, width - 8);
  if (shown === '') return;
  context.fillStyle = colour;
  context.fillText(shown, x + 4, y);
}

/** The process whose lane a point is in; -1: none. */
export function laneAt(lanes: readonly number[], y: number): number {
  return lanes[Math.floor((y - AXIS) / LANE)] ?? -1;
}

/** The middle of a process's lane; null: it has none. */
export function laneY(lanes: readonly number[], process: number): number | null {
  const row = lanes.indexOf(process);
  return row === -1 ? null : AXIS + row * LANE + LANE / 2;
}

/** Where frames may be drawn: right of the names. */
export function clipToTime({ context, width, height }: Stage): void {
  context.beginPath();
  context.rect(GUTTER, 0, width - GUTTER, height);
  context.clip();
}
