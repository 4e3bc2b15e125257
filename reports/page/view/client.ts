/** A worker, asked one thing at a time or many; it is started when it is asked something. */
import type { Progress, RequestKind, Requests, WorkerMessage } from '../protocol.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Who answers about a run. */
export interface Answers {
  /** Rejects with one sentence. */
  ask<K extends RequestKind>(kind: K, ask: Requests[K]['ask']): Promise<Requests[K]['answer']>;
  close(): void;
}

export class WorkerClient implements Answers {
  readonly #address: string;
  /** Null: nobody has asked anything yet. */
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(address: string) {
    this.#address = address;
  }

  /** Rejects with one sentence. */
  ask<K extends RequestKind>(
    kind: K,
    ask: Requests[K]['ask'],
    onProgress?: (progress: Progress) => void,
  ): Promise<Requests[K]['answer']> {
    const worker = this.#started();
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      worker.postMessage({ id, kind, ask });
    });
  }

  /** Ends it, and whatever it does. */
  close(): void {
    this.#worker?.terminate();
    this.#end('it was stopped');
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#address);
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => this.#heard(data));
    worker.addEventListener('error', (event) => this.#end(event.message || 'the worker could not be started'));
    this.#worker = worker;
    return worker;
  }

  #heard(message: WorkerMessage): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if ('progress' in message) {
      waiting.onProgress?.(message.progress);
      return;
    }
    this.#waiting.delete(message.id);
    if ('error' in message) waiting.reject(new Error(message.error));
    else waiting.resolve(message.answer as never);
  }

  #end(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}
