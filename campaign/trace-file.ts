/** A narrated trace on its way into a file. Writes are synchronous, because a run leaves the event loop no turns. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { TraceLine } from '../sim/run.ts';
import { isNoise, narrate } from './narrate.ts';

const BUFFER_CHARACTERS = 1 << 16;

export class TraceFile {
  readonly #descriptor: number;
  readonly #verbose: boolean;
  #text = '';
  #closed = false;

  /** Opens the file anew; `-` is the standard output. */
  constructor(path: string, verbose = false) {
    this.#descriptor = path === '-' ? 1 : openSync(path, 'w');
    this.#verbose = verbose;
  }

  line(line: TraceLine): void {
    if (!this.#verbose && isNoise(line)) return;
    this.text(narrate(line));
  }

  text(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length > BUFFER_CHARACTERS) this.#flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush();
    if (this.#descriptor !== 1) closeSync(this.#descriptor);
  }

  #flush(): void {
    let bytes: Uint8Array = Buffer.from(this.#text);
    this.#text = '';
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
      } catch (error) {
        // A pipe that is full now; one that nobody reads any more ends the output, not the run.
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EPIPE') return;
        if (code !== 'EAGAIN') throw error;
      }
    }
  }
}
