/** Which lines are stepped through and listed. */
import type { RunRecord } from '../../record/run-record.ts';
import { lastAt } from '../model/at.ts';

/** Indexes of lines, ascending; null: all. */
export type LineFilter = Uint32Array | null;

/** Index of the nearest line after (or before) a line, in the filter and of a type; -1: there is none. */
export function nextLine({ lines }: RunRecord, filter: LineFilter, from: number, direction: 1 | -1, type: string | null): number {
  const wanted = type === null ? -1 : lines.types.indexOf(type);
  if (type !== null && wanted === -1) return -1;
  // Of a type that was asked for, every one counts.
  if (filter === null || type !== null) {
    for (let index = from + direction; index >= 0 && index < lines.count; index += direction) {
      if (wanted === -1 || lines.type[index] === wanted) return index;
    }
    return -1;
  }
  const at = lastAt(filter, from);
  const place = direction === 1 ? at + 1 : filter[at] === from ? at - 1 : at;
  return filter[place] ?? -1;
}

/** The last line that is not after a time; -1: none is. */
export function lineAt({ lines }: RunRecord, us: number): number {
  return lastAt(lines.us, us);
}

/** Lines around one, of a filter: so many before and after. */
export function around({ lines }: RunRecord, filter: LineFilter, line: number, before: number, after: number): readonly number[] {
  if (filter === null) {
    const from = Math.max(0, line - before);
    return Array.from({ length: Math.min(lines.count, line + after + 1) - from }, (_, index) => from + index);
  }
  const at = lastAt(filter, line);
  return [...filter.slice(Math.max(0, at - before), at + after + 1)];
}
