/** Where a tool writes. */
export interface Terminal {
  /** The tool's result. Bytes pass as they are. */
  out(text: string | Uint8Array): void;
  /** One line about how it goes: warnings, errors, totals. */
  note(line: string): void;
  /** Resolves when the reader has taken what was written; at once if it keeps up. */
  drained(): Promise<void>;
}

/** The streams of this process. */
export const standardStreams: Terminal = {
  out(text) {
    process.stdout.write(text);
  },
  note(line) {
    process.stderr.write(`${line}\n`);
  },
  drained() {
    if (!process.stdout.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      process.stdout.once('drain', resolve);
    });
  },
};

/** `text` in a column of at least `width`, as printf's %-Ns. */
export function column(text: string | number, width: number): string {
  return String(text).padEnd(width);
}
