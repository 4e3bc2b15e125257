/** A canvas with a time axis: a gutter for names on the left, time from left to right in the rest. */
import type { Theme } from './theme.ts';

/** Width of the names, px. */
export const GUTTER = 118;

/** From when to when, µs. */
export interface TimeWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Stage {
  readonly context: CanvasRenderingContext2D;
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  readonly window: TimeWindow;
}

export function xOf({ width, window }: Pick<Stage, 'width' | 'window'>, us: number): number {
  return GUTTER + ((us - window.fromUs) / (window.toUs - window.fromUs)) * (width - GUTTER);
}

export function usOf({ width, window }: Pick<Stage, 'width' | 'window'>, x: number): number {
  return window.fromUs + ((x - GUTTER) / (width - GUTTER)) * (window.toUs - window.fromUs);
}

/** Is any of it in the window? */
export function isShown({ window }: Pick<Stage, 'window'>, fromUs: number, toUs: number): boolean {
  return toUs >= window.fromUs && fromUs <= window.toUs;
}

/** The part of a span that is in the window, as x and width, at least `least` px wide. */
export function spanX(stage: Stage, fromUs: number, toUs: number, least = 1): readonly [x: number, width: number] {
  const x = Math.max(GUTTER, xOf(stage, fromUs));
  const end = Math.min(stage.width, xOf(stage, toUs));
  return [x, Math.max(least, end - x)];
}

/** Sets a canvas up for the screen's pixels, and empties it. */
export function stageOf(canvas: HTMLCanvasElement, theme: Theme, window: TimeWindow, height: number): Stage | null {
  const context = canvas.getContext('2d');
  const width = canvas.clientWidth;
  if (context === null || width === 0) return null;
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = theme.font;
  context.textBaseline = 'middle';
  return { context, theme, width, height, window };
}

/** Text that ends with an ellipsis where there is no room for it; nothing where there is none at all. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (room < 12) return '';
  if (context.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return length > 1 ? `${text.slice(0, length)}…` : '';
}

/** Stripes across a rectangle: a sign that needs no colour. */
export function hatch(
  context: CanvasRenderingContext2D,
  [x, y, width, height]: readonly [number, number, number, number],
  colour: string,
  step: number,
  isRising = true,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  const first = Math.floor((x - height) / step) * step;
  for (let at = first; at < x + width + height; at += step) {
    context.moveTo(at, isRising ? y + height : y);
    context.lineTo(at + height, isRising ? y : y + height);
  }
  context.stroke();
  context.restore();
}

/** Steps of a time axis: round numbers, of which at most so many are shown. */
export function ticks({ fromUs, toUs }: TimeWindow, most: number): { readonly stepUs: number; readonly at: readonly number[] } {
  const wanted = (toUs - fromUs) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  const stepUs = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= wanted) ?? 10 * power;
  const at: number[] = [];
  for (let us = Math.ceil(fromUs / stepUs) * stepUs; us <= toUs; us += stepUs) at.push(us);
  return { stepUs, at };
}
