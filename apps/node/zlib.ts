/**
 * `node:zlib` of a realm. Node has another thread compress; here it is done in this one, and the answer comes in an event of its own. A stream
 * gives what it comes to when all of its input is there.
 */
import { Transform, type TransformCallback } from 'node:stream';
import zlib from 'node:zlib';
import type { Realm } from '../realm.ts';

type Sync = (input: Buffer, options?: object) => Buffer;
type Callback = (error: Error | null, value?: unknown) => void;

const STREAMS: Readonly<Record<string, string>> = {
  Gzip: 'gzip',
  Gunzip: 'gunzip',
  Deflate: 'deflate',
  Inflate: 'inflate',
  DeflateRaw: 'deflateRaw',
  InflateRaw: 'inflateRaw',
  Unzip: 'unzip',
  BrotliCompress: 'brotliCompress',
  BrotliDecompress: 'brotliDecompress',
  ZstdCompress: 'zstdCompress',
  ZstdDecompress: 'zstdDecompress',
};

/** The module. */
export function zlibOf(realm: Realm) {
  const made: Record<string, unknown> = { ...zlib };
  for (const [stream, name] of Object.entries(STREAMS)) {
    const sync = (zlib as unknown as Record<string, Sync | undefined>)[`${name}Sync`];
    // Older releases of Node lack some.
    if (sync === undefined) continue;
    made[name] = (input: Buffer, given: object | Callback, last?: Callback): void => {
      const callback = last ?? (given as Callback);
      const options = last === undefined ? undefined : (given as object);
      realm.answer(() => sync(input, options), callback);
    };
    const Stream = streamOf(realm, sync);
    made[stream] = Stream;
    made[`create${stream}`] = (options?: object) => new Stream(options);
  }
  return made;
}

function streamOf(realm: Realm, sync: Sync) {
  return class extends Transform {
    readonly #chunks: Buffer[] = [];
    readonly #options: object | undefined;

    constructor(options?: object) {
      super();
      this.#options = options;
    }

    override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
      this.#chunks.push(chunk);
      done();
    }

    override _flush(done: TransformCallback): void {
      realm.answer(() => sync(Buffer.concat(this.#chunks), this.#options), done as Callback);
    }
  };
}
