/** Transactions as bars over their partitions, from the first record to the marker; above them the state that the coordinator has. */
import type { RunRecord, TransactionTrack } from '../../record/run-record.ts';
import { fitted, GUTTER, hatch, isShown, spanX, type Stage } from './stage.ts';
import { faded } from './theme.ts';

const ROW = 15;
const HEAD = 17;

function barPartitions({ bars }: TransactionTrack): readonly string[] {
  return [...new Set(bars.map(({ partition }) => partition))].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export function transactionHeight(track: TransactionTrack): number {
  return HEAD + barPartitions(track).length * ROW + 3;
}

export function drawTransaction(stage: Stage, record: RunRecord, track: TransactionTrack): void {
  const { context, theme } = stage;
  context.fillStyle = theme.ink;
  context.font = `600 ${theme.font}`;
  context.fillText(fitted(context, track.id, GUTTER - 12), 8, 9);
  context.font = theme.font;
  for (const [index, { us, state }] of track.states.entries()) {
    const toUs = track.states[index + 1]?.us ?? record.endUs;
    if (!isShown(stage, us, toUs)) continue;
    const [x, width] = spanX(stage, us, toUs);
    const isOpen = state === 'Ongoing';
    const isPreparing = state.startsWith('Prepare');
    context.fillStyle = isPreparing ? faded(theme.warn, 0.35) : isOpen ? faded(theme.accent, 0.25) : faded(theme.soft, 0.12);
    context.fillRect(x, 2, width, 13);
    context.fillStyle = theme.ink;
    context.fillText(fitted(context, state, width - 6), x + 3, 9);
  }
  for (const [row, partition] of barPartitions(track).entries()) {
    const y = HEAD + row * ROW;
    context.fillStyle = theme.soft;
    context.fillText(fitted(context, partition, GUTTER - 20), 16, y + ROW / 2);
    for (const bar of track.bars) if (bar.partition === partition) drawBar(stage, bar, y);
  }
}

/** Committed: filled, ends with a tick. Aborted: hatched, ends with a cross. Open: dotted. */
function drawBar(
  stage: Stage,
  { fromUs, toUs, outcome, firstOffset, markerOffset }: TransactionTrack['bars'][number],
  y: number,
): void {
  const { context, theme } = stage;
  if (!isShown(stage, fromUs, toUs)) return;
  const [x, width] = spanX(stage, fromUs, toUs, 3);
  const colour = outcome === 'committed' ? theme.good : outcome === 'aborted' ? theme.bad : theme.warn;
  context.fillStyle = faded(colour, outcome === 'committed' ? 0.5 : 0.15);
  context.fillRect(x, y + 2, width, ROW - 5);
  if (outcome !== 'committed') hatch(context, [x, y + 2, width, ROW - 5], colour, outcome === 'aborted' ? 5 : 9);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 2.5, Math.max(1, width - 1), ROW - 6);
  const sign = outcome === 'committed' ? '✓' : outcome === 'aborted' ? '✕' : '…';
  context.fillStyle = theme.ink;
  const offsets = markerOffset === -1 ? `${firstOffset}` : `${firstOffset}→${markerOffset}`;
  context.fillText(fitted(context, `${sign} ${offsets}`, width - 4), x + 3, y + ROW / 2);
}
