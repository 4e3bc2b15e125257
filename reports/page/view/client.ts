/** A worker, asked one thing at a time or many. */
import type { Progress, RequestKind, Requests, WorkerMessage } from '../protocol.ts';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(address: string) {
    this.#worker = new Worker(address);
    this.#worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => this.#heard(data));
    this.#worker.addEventListener('error', (event) => this.#end(event.message || 'the worker could not be started'));
  }

  /** Rejects with one sentence. */
  ask<K extends RequestKind>(
    kind: K,
    ask: Requests[K]['ask'],
    onProgress?: (progress: Progress) => void,
  ): Promise<Requests[K]['answer']> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, kind, ask });
    });
  }

  /** Ends it, and whatever it does. */
  close(): void {
    this.#worker.terminate();
    this.#end('it was stopped');
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
