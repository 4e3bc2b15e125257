/**
 * A transcript is a text with acts, and under each act what the nodes then told (in the manner of etcd's rafttest):
 *
 *     # A comment says what to look at.
 *     partition 1 from 2 3
 *     run 2 s
 *         4.012 s  n1  leader -> resigned, epoch 1: check-quorum
 *
 * What is indented is told, everything else is the author's. A test performs the acts, and compares; or writes what is told anew.
 */

/** An act: what its line looks like, and what it does with the groups of the pattern. */
export type Act = readonly [pattern: RegExp, perform: (...groups: string[]) => void];

/** Where a transcript is performed. */
export interface Stage {
  readonly acts: readonly Act[];
  /** What was told since this was last called. */
  takeLines(): string[];
}

/** The transcript as it is when its acts are performed now. Throws at a line that is no act, or whose act fails. */
export function performTranscript(text: string, stage: Stage): string {
  const lines: string[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.startsWith('  ')) return;
    lines.push(line);
    if (line === '' || line.startsWith('#')) return;
    try {
      performAct(line, stage);
    } catch (error) {
      throw new Error(`line ${index + 1}, "${line}": ${(error as Error).message}`, { cause: error });
    }
    lines.push(...stage.takeLines().map((told) => `  ${told}`));
  });
  return lines.join('\n');
}

function performAct(line: string, { acts }: Stage): void {
  for (const [pattern, perform] of acts) {
    const match = pattern.exec(line);
    if (match === null) continue;
    perform(...match.slice(1).map((group) => group ?? ''));
    return;
  }
  throw new Error('there is no such act');
}

/** Collects lines like `  1.016 s  n1  what it told`. */
export class Narrator {
  readonly #nameWidth: number;
  #lines: string[] = [];

  constructor(nameWidth = 2) {
    this.#nameWidth = nameWidth;
  }

  tell(atMs: number, who: string, what: string): void {
    this.#lines.push(`${(atMs / 1000).toFixed(3).padStart(7)} s  ${who.padEnd(this.#nameWidth)}  ${what}`);
  }

  /** A line of no node and no time. */
  add(line: string): void {
    this.#lines.push(line);
  }

  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

/** `500 ms` or `2 s` in milliseconds. */
export function durationMs(amount: string, unit: string): number {
  return Number(amount) * (unit === 's' ? 1000 : 1);
}

/** `1 2 3` as numbers. */
export function numbers(text: string): number[] {
  return text.split(' ').map(Number);
}
