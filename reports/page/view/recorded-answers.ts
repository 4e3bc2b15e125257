/** What a page answers itself of a run that it holds as it was recorded. */
import type { LineText, RequestKind, Requests } from '../protocol.ts';
import type { RunRecord } from '../record/run-record.ts';
import { NOBODY } from '../record/run-record.ts';
import type { RecordedRun } from '../recorded.ts';
import type { Answers } from './client.ts';
import { timeText } from './model/at.ts';

const ALWAYS: ReadonlySet<string> = new Set(['fault', 'phase', 'violation']);

export class RecordedAnswers implements Answers {
  readonly #run: RecordedRun;

  constructor(run: RecordedRun) {
    this.#run = run;
  }

  ask<K extends RequestKind>(kind: K, ask: Requests[K]['ask']): Promise<Requests[K]['answer']> {
    if (kind === 'lines') return Promise.resolve(this.#lines(ask as Requests['lines']['ask']) as Requests[K]['answer']);
    if (kind === 'about') return Promise.resolve(this.#about(ask as Requests['about']['ask']) as Requests[K]['answer']);
    return Promise.reject(new Error('this page holds the run as it was recorded'));
  }

  close(): void {
    // Nothing is under way.
  }

  #lines({ indexes }: Requests['lines']['ask']): readonly LineText[] {
    return indexes.map((index) => ({ index, text: this.#run.texts[index] || kindOf(this.#run.record, index), facts: [] }));
  }

  #about({ subjects }: Requests['about']['ask']): Uint32Array {
    const { texts, record } = this.#run;
    const found: number[] = [];
    for (const [index, text] of texts.entries()) {
      const isAlways = ALWAYS.has(record.lines.types[record.lines.type[index] as number] ?? '');
      if (isAlways || subjects.some((subject) => text.includes(subject))) found.push(index);
    }
    return Uint32Array.from(found);
  }
}

function kindOf({ lines, processes }: RunRecord, index: number): string {
  const process = lines.process[index] as number;
  const who = process === NOBODY ? '' : (processes[process]?.name ?? '');
  return `${timeText(lines.us[index] as number).padStart(14)}  ${who.padEnd(12)} ${lines.types[lines.type[index] as number] ?? ''}`;
}
