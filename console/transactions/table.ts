/** The tables of `trial transactions`, in the form of kafka-transactions.sh: as wide as what is in them, with a tab behind each cell. */
import { column } from '../terminal.ts';

export function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [titles, ...rows];
  const widths = titles.map((_, index) => Math.max(...lines.map((line) => String(line[index]).length)));
  return lines.map((line) => `${widths.map((width, index) => `${column(line[index] ?? '', width)}\t`).join('')}\n`).join('');
}
