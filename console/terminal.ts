/** Where a tool writes. */
export interface Terminal {
  /** The tool's result. Bytes pass as they are. */
  out(text: string | Uint8Array): void;
  /** One line about how it goes: warnings, errors, totals. */
  note(line: string): void;
  /** Resolves when the reader has taken what was written; at once if it keeps up. */
  drained(): Promise<void>;
  /** Calls back if the reader goes away, until it is stopped. */
  onClosed(callback: () => void): { stop(): void };
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
    const { stdout } = process;
    if (!stdout.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        stdout.off('drain', done).off('close', done);
        resolve();
      };
      stdout.on('drain', done).on('close', done);
    });
  },
  onClosed(callback) {
    const { stdout } = process;
    // Others end the process at once.
    const others = stdout.rawListeners('error');
    stdout.removeAllListeners('error');
    stdout.once('error', callback);
    // More writes fail while this ends.
    stdout.on('error', () => undefined);
    return {
      stop() {
        stdout.removeListener('error', callback);
        for (const other of others) stdout.on('error', other as (error: Error) => void);
      },
    };
  },
};

/** `text` in a column of at least `width`, as printf's %-Ns. */
export function column(text: string | number, width: number): string {
  return String(text).padEnd(width);
}
