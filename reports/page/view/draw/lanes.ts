/** A lane for each process: alive or not, what befell it, whom it leads, what it sent. */
import { ledBy, leaderSpans, quorumAt, stateAt, spanText } from '../model/at.ts';
import { METADATA_LOG } from '../../record/names.ts';
import type { FaultSpan, PartitionTrack, ProcessTrack, RunRecord } from '../../record/run-record.ts';
import { fitted, GUTTER, hatch, isShown, spanX, type Stage } from './stage.ts';
import { faded, seriesColour } from './theme.ts';

const AXIS = 18;

/** Of the window's height, what all lanes together may take: what is below them is to be seen too. */
const SHARE = 0.42;
const LEAST_HEIGHT = 17;

/** Height of a lane, px: more where there is room for so many. */
function laneHeight(lanes: readonly number[]): number {
  const room = Math.floor((SHARE * globalThis.innerHeight) / lanes.length);
  return Math.max(LEAST_HEIGHT, Math.min(globalThis.innerHeight > TALL ? 31 : 24, room));
}

/** Screens that are as high have room, px. */
export const TALL = 950;

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
  return AXIS + lanes.length * laneHeight(lanes) + 4;
}

export function drawLanes(stage: Stage, view: LanesView): void {
  const { record, lanes } = view;
  const height = laneHeight(lanes);
  for (const [row, process] of lanes.entries()) {
    const track = record.processes[process] as ProcessTrack;
    const lane = { y: AXIS + row * height, height };
    drawBackground(stage, row, lane, process === view.selected);
    drawStates(stage, track, record.endUs, lane);
    drawQuorum(stage, track, record.endUs, lane);
    drawVotes(stage, record, track, lane);
    // Who leads the log of the quorum leads the quorum.
    if (view.partition !== null && view.partition.name !== METADATA_LOG)
      drawLeadership(stage, view.partition, process, record.endUs, lane);
  }
  const named = new Map<number, Extent[]>();
  for (const fault of record.faults) drawFault(stage, fault, lanes, named);
  for (const [row, process] of lanes.entries()) {
    drawName(stage, view, record.processes[process] as ProcessTrack, process, { y: AXIS + row * height, height });
  }
}

interface Lane {
  readonly y: number;
  readonly height: number;
}

function drawBackground({ context, theme, width }: Stage, row: number, { y, height }: Lane, isSelected: boolean): void {
  context.fillStyle = isSelected ? faded(theme.accent, 0.14) : row % 2 === 0 ? faded(theme.soft, 0.05) : 'transparent';
  context.fillRect(0, y, width, height);
}

function drawStates(stage: Stage, { states }: ProcessTrack, endUs: number, { y, height }: Lane): void {
  const { context, theme } = stage;
  for (const [index, { us, state, why }] of states.entries()) {
    const toUs = states[index + 1]?.us ?? endUs;
    if (!isShown(stage, us, toUs)) continue;
    const [x, width] = spanX(stage, us, toUs);
    const middle = y + height / 2;
    if (state === 'down') {
      context.fillStyle = faded(theme.ink, 0.1);
      context.fillRect(x, y + 4, width, height - 8);
      hatch(context, [x, y + 4, width, height - 8], faded(theme.ink, 0.3), 6);
      if (width > 120) halo(stage, index === 0 ? why : 'down', x + width / 2 - (index === 0 ? 40 : 17), middle, theme.soft);
      continue;
    }
    context.fillStyle = state === 'up' ? faded(theme.good, 0.55) : theme.warn;
    context.fillRect(x, middle - 1, width, 2);
    if (state === 'up') continue;
    context.fillStyle = faded(theme.warn, 0.22);
    context.fillRect(x, y + 5, width, height - 10);
    if (state === 'paused') hatch(context, [x, y + 5, width, height - 10], theme.warn, 9, false);
    if (width > 120) halo(stage, state, x + width / 2 - 22, middle, theme.ink);
  }
}

/** Which controller leads the quorum: a line above the lane's middle, with its epoch. */
function drawQuorum(stage: Stage, { quorum }: ProcessTrack, endUs: number, { y, height }: Lane): void {
  const { context, theme } = stage;
  for (const [index, { us, role, epoch, isActive }] of quorum.entries()) {
    const next = quorum[index + 1];
    const toUs = next?.us ?? endUs;
    if ((role !== 'leader' && role !== 'candidate') || !isShown(stage, us, toUs)) continue;
    const [x, width] = spanX(stage, us, toUs, 2);
    context.fillStyle = role === 'leader' ? theme.violet : faded(theme.violet, 0.4);
    context.fillRect(x, y + 3, width, isActive ? 5 : 3);
    // Named once, over all of its time as a leader.
    if (role !== 'leader' || quorum[index - 1]?.role === 'leader') continue;
    const end = quorum.slice(index).find((each) => each.role !== 'leader')?.us ?? endUs;
    const [, room] = spanX(stage, us, end);
    label(stage, `leads the quorum, epoch ${epoch}`, x, room, y + height - 8, theme.violet);
  }
}

/** Whom it votes for, once there is room to say so. */
function drawVotes(stage: Stage, { processes }: RunRecord, { votes, quorum }: ProcessTrack, { y, height }: Lane): void {
  const { context, theme } = stage;
  for (const [index, { us, epoch }] of votes.entries()) {
    if (!isShown(stage, us, us)) continue;
    const [x] = spanX(stage, us, us);
    context.fillStyle = theme.violet;
    context.beginPath();
    context.arc(x, y + 6, 3.5, 0, 2 * Math.PI);
    context.fill();
    const next = votes[index + 1];
    // Of several at once all are named together.
    if (next?.us === us) continue;
    const names = votes.filter((vote) => vote.us === us).map((vote) => nameOf(processes, vote.candidate));
    // Where it leads from, that is said.
    const leadsUs = quorum.find((each) => each.us >= us && each.role === 'leader')?.us;
    const [, room] = spanX(stage, us, Math.min(next?.us ?? Number.POSITIVE_INFINITY, leadsUs ?? Number.POSITIVE_INFINITY));
    label(stage, `votes for ${names.join(' and ')}, epoch ${epoch}`, x + 3, room, y + height - 8, theme.violet);
  }
}

function nameOf(processes: RunRecord['processes'], id: number): string {
  return processes.find(({ nodeId }) => nodeId === id)?.name ?? String(id);
}

function drawLeadership(stage: Stage, partition: PartitionTrack, process: number, endUs: number, { y, height }: Lane): void {
  const { context, theme } = stage;
  const track = partition.replicas.find((replica) => replica.process === process);
  if (track === undefined) return;
  for (const { fromUs, toUs, epoch } of leaderSpans(track, endUs)) {
    if (!isShown(stage, fromUs, toUs)) continue;
    const [x, width] = spanX(stage, fromUs, toUs, 2);
    context.fillStyle = faded(seriesColour(theme, epoch), 0.8);
    context.fillRect(x, y + height - 9, width, 6);
    label(stage, `leads ${partition.name}, epoch ${epoch}`, x, width, y + 8, theme.ink);
  }
}

function drawName({ context, theme }: Stage, view: LanesView, track: ProcessTrack, process: number, { y, height }: Lane): void {
  const { state } = stateAt(track, view.cursorUs);
  const quorum = quorumAt(track, view.cursorUs);
  const middle = y + height / 2;
  context.fillStyle = theme.card;
  context.fillRect(0, y, GUTTER - 2, height);
  context.fillStyle = process === view.selected ? faded(theme.accent, 0.25) : faded(theme.soft, 0.08);
  context.fillRect(0, y, GUTTER - 2, height - 1);
  // A filled sign for who is up, an empty one for who is down, two bars for who is paused.
  context.fillStyle = state === 'up' ? theme.good : state === 'down' ? theme.soft : theme.warn;
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1.5;
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
  const led = track.kind === 'client' || track.kind === 'harness' ? [] : ledBy(view.record, process, view.cursorUs);
  const note = quorum?.role === 'leader' ? 'quorum' : led.length > 0 ? `leads ${led.length}` : '';
  const name = fitted(context, track.name, note === '' ? GUTTER - 26 : 62);
  context.fillText(name, 20, middle);
  const nameWidth = context.measureText(name).width;
  context.font = theme.font;
  context.fillStyle = quorum?.role === 'leader' ? theme.violet : theme.soft;
  context.fillText(fitted(context, note, GUTTER - 26 - nameWidth), 24 + nameWidth, middle);
}

/** A band over the lanes that it hits; named on the first of them, where it hits many. `named`: by lane, where names stand. */
function drawFault(stage: Stage, fault: FaultSpan, lanes: readonly number[], named: Map<number, Extent[]>): void {
  const { context, theme } = stage;
  const { kind, processes, fromUs, toUs, isRefused } = fault;
  if (isRefused || !isShown(stage, fromUs, toUs)) return;
  const height = laneHeight(lanes);
  const rows = processes.map((process) => lanes.indexOf(process)).filter((row) => row !== -1);
  const isInstant = toUs === fromUs;
  const [x, width] = spanX(stage, fromUs, toUs, isInstant ? 3 : 2);
  for (const [index, row] of rows.toSorted((a, b) => a - b).entries()) {
    const y = AXIS + row * height;
    context.fillStyle = faded(theme.warn, isInstant ? 0.9 : 0.13);
    context.fillRect(x, y + 1, width, height - 2);
    if (!isInstant) hatch(context, [x, y + 1, width, height - 2], faded(theme.warn, 0.2), 9);
    context.strokeStyle = theme.warn;
    context.lineWidth = 1;
    if (!isInstant) context.strokeRect(x + 0.5, y + 1.5, Math.max(0, width - 1), height - 3);
    if (index > 0 && rows.length > 4) continue;
    const text = isInstant ? kind : `${kind}, ${spanText(toUs - fromUs)}`;
    if (isInstant) {
      halo(stage, kind, x + 5, y + height / 2, theme.warn);
      continue;
    }
    nameFault(stage, text, [x, width], y + height / 2, takenIn(named, row));
  }
}

/** Inside a span, as far as there is room. */
function label(stage: Stage, text: string, x: number, width: number, y: number, colour: string): void {
  const shown = fitted(stage.context, text, width - 8);
  if (shown !== '') halo(stage, shown, x + 4, y, colour);
}

type Extent = readonly [x: number, width: number];

function takenIn(named: Map<number, Extent[]>, row: number): Extent[] {
  const taken = named.get(row) ?? [];
  named.set(row, taken);
  return taken;
}

/** At the end of its span, or where another name is there in its middle, or nowhere: at the beginning stands who leads. */
function nameFault(stage: Stage, text: string, [x, width]: Extent, y: number, taken: Extent[]): void {
  const shown = fitted(stage.context, text, width - 8);
  if (shown === '') return;
  const needed = stage.context.measureText(shown).width;
  const isFree = (left: number): boolean => taken.every(([from, size]) => left + needed < from || left > from + size);
  const left = [x + width - 4 - needed, x + (width - needed) / 2].find(isFree);
  if (left === undefined) return;
  taken.push([left, needed]);
  halo(stage, shown, left, y, stage.theme.warn);
}

/** Text that can be read over lines and stripes. */
export function halo({ context, theme }: Stage, text: string, x: number, y: number, colour: string): void {
  context.strokeStyle = theme.card;
  context.lineWidth = 3.5;
  context.lineJoin = 'round';
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** The process whose lane a point is in; -1: none. */
export function laneAt(lanes: readonly number[], y: number): number {
  return lanes[Math.floor((y - AXIS) / laneHeight(lanes))] ?? -1;
}

/** The middle of a process's lane; null: it has none. */
export function laneY(lanes: readonly number[], process: number): number | null {
  const row = lanes.indexOf(process);
  return row === -1 ? null : AXIS + (row + 0.5) * laneHeight(lanes);
}

/** Where frames may be drawn: right of the names. */
export function clipToTime({ context, width, height }: Stage): void {
  context.beginPath();
  context.rect(GUTTER, 0, width - GUTTER, height);
  context.clip();
}
