/** A group over time: its generations and states, and for each partition who owned it. Where two owned it at once, both are shown. */
import type { GroupTrack, RunRecord } from '../../record/run-record.ts';
import { committedAt } from '../model/at.ts';
import { fitted, GUTTER, hatch, isShown, spanX, type Stage } from './stage.ts';
import { faded, seriesColour } from './theme.ts';

const ROW = 18;
const HEAD = 20;

function partitionsOf({ owners, commits }: GroupTrack): readonly string[] {
  const names = new Set([...owners.map(({ partition }) => partition), ...commits.map(({ partition }) => partition)]);
  return [...names].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export function groupHeight(group: GroupTrack): number {
  return HEAD + partitionsOf(group).length * ROW + 4;
}

export function drawGroup(stage: Stage, record: RunRecord, group: GroupTrack, cursorUs: number): void {
  const { context, theme } = stage;
  context.fillStyle = theme.ink;
  context.font = `600 ${theme.font}`;
  context.fillText(fitted(context, `group ${group.name}`, GUTTER - 12), 8, 10);
  context.font = theme.font;
  drawGenerations(stage, group, record.endUs);
  for (const [row, partition] of partitionsOf(group).entries()) {
    const y = HEAD + row * ROW;
    const committed = committedAt(group, partition, cursorUs);
    context.fillStyle = theme.soft;
    context.fillText(fitted(context, `${partition}${committed === null ? '' : ` @${committed}`}`, GUTTER - 12), 8, y + ROW / 2);
    drawOwners(stage, record, group, partition, y);
    drawCommits(stage, group, partition, y);
  }
}

function drawGenerations(stage: Stage, { states }: GroupTrack, endUs: number): void {
  const { context, theme } = stage;
  for (const [index, { us, state, generation, members }] of states.entries()) {
    const toUs = states[index + 1]?.us ?? endUs;
    if (!isShown(stage, us, toUs)) continue;
    const [x, width] = spanX(stage, us, toUs);
    const isStable = state === 'Stable';
    context.fillStyle = isStable ? faded(theme.good, 0.2) : faded(theme.warn, 0.25);
    context.fillRect(x, 2, width, 15);
    if (!isStable) hatch(context, [x, 2, width, 15], faded(theme.warn, 0.5), 6);
    context.fillStyle = theme.ink;
    context.fillText(fitted(context, `${generation} ${state}, ${members.length}`, width - 6), x + 3, 10);
  }
}

function drawOwners(stage: Stage, record: RunRecord, { owners }: GroupTrack, partition: string, y: number): void {
  const { context, theme } = stage;
  const ours = owners.filter((owner) => owner.partition === partition);
  for (const owner of ours) {
    if (!isShown(stage, owner.fromUs, owner.toUs)) continue;
    // Whom it shares the row with, of those that are seen.
    const rival = ours.find(
      (other) =>
        other !== owner &&
        other.process !== owner.process &&
        other.fromUs < owner.toUs &&
        owner.fromUs < other.toUs &&
        isShown(stage, Math.max(owner.fromUs, other.fromUs), Math.min(owner.toUs, other.toUs)),
    );
    const isUpper = rival === undefined || owner.fromUs < rival.fromUs;
    const height = rival === undefined ? ROW - 5 : (ROW - 4) / 2;
    const top = y + (isUpper ? 2 : 2 + (ROW - 4) / 2);
    const [x, width] = spanX(stage, owner.fromUs, owner.toUs, 2);
    context.fillStyle = faded(seriesColour(theme, owner.process), 0.45);
    context.fillRect(x, top, width, height);
    if (rival !== undefined) {
      const [overlapX, overlap] = spanX(stage, Math.max(owner.fromUs, rival.fromUs), Math.min(owner.toUs, rival.toUs), 2);
      context.strokeStyle = theme.bad;
      context.lineWidth = 2;
      context.strokeRect(overlapX, y + 1, overlap, ROW - 3);
    }
    context.fillStyle = theme.ink;
    context.fillText(
      fitted(context, `${record.processes[owner.process]?.name ?? '?'}, generation ${owner.generation}`, width - 6),
      x + 3,
      top + height / 2 + 1,
    );
  }
}

function drawCommits(stage: Stage, { commits }: GroupTrack, partition: string, y: number): void {
  const { context, theme } = stage;
  context.fillStyle = theme.ink;
  for (const { us, partition: of } of commits) {
    if (of !== partition || !isShown(stage, us, us)) continue;
    const [x] = spanX(stage, us, us);
    context.fillRect(x, y + ROW - 4, 1.5, 4);
  }
}
