/**
 * HTTP/1.1 over a simulated connection, as much of it as services of the simulated world speak (RFC 9112): requests one after the other on a
 * connection that is kept, with a body of known length or in chunks; answers of known length.
 */
import { stringToUtf8, utf8ToString } from '../../core/protocol/strings.ts';

/** A request, with its body as text. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query, and not decoded. */
  readonly path: string;
  /** What is behind the question mark. */
  readonly query: string;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Bytes that are no HTTP, or more of it than is taken. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
}

const HEAD_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const LINE_END = stringToUtf8('\r\n');
const HEAD_END = stringToUtf8('\r\n\r\n');
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Finds requests in the bytes of one connection, however they are cut. */
export class HttpReader {
  #bytes = new Uint8Array(0);

  /** Throws HttpError for what is no HTTP. */
  push(chunk: Uint8Array, take: (request: HttpRequest) => void): void {
    const joined = new Uint8Array(this.#bytes.length + chunk.length);
    joined.set(this.#bytes);
    joined.set(chunk, this.#bytes.length);
    this.#bytes = joined;
    for (let request = this.#next(); request !== null; request = this.#next()) take(request);
  }

  #next(): HttpRequest | null {
    const end = indexOf(this.#bytes, HEAD_END, 0);
    if (end < 0) {
      if (this.#bytes.length > HEAD_BYTES_MAX) throw new HttpError(`a head of more than ${HEAD_BYTES_MAX} bytes`);
      return null;
    }
    const [first = '', ...lines] = utf8ToString(this.#bytes.subarray(0, end)).split('\r\n');
    const [, method, target, version] = /^([A-Z]+) (\S+) HTTP\/(1\.[01])$/.exec(first) ?? [];
    if (method === undefined || target === undefined || version === undefined)
      throw new HttpError(`"${first}" begins no request`);
    const headers = Object.fromEntries(lines.map(header));
    const found = this.#body(headers, end + HEAD_END.length);
    if (found === null) return null;
    this.#bytes = this.#bytes.slice(found.end);
    const [path = '', query = ''] = target.split('?', 2);
    return { method, path, query, headers, body: utf8ToString(found.body) };
  }

  /** Null: it is not all there yet. */
  #body(headers: HttpRequest['headers'], start: number): { readonly body: Uint8Array; readonly end: number } | null {
    if (headers['transfer-encoding'] === 'chunked') return this.#chunks(start);
    const length = Number(headers['content-length'] ?? 0);
    if (!(length >= 0 && length <= BODY_BYTES_MAX)) throw new HttpError(`a body of ${headers['content-length']} bytes`);
    const end = start + length;
    return this.#bytes.length < end ? null : { body: this.#bytes.subarray(start, end), end };
  }

  #chunks(start: number): { readonly body: Uint8Array; readonly end: number } | null {
    const parts: Uint8Array[] = [];
    let at = start;
    for (let total = 0; ; ) {
      const lineEnd = indexOf(this.#bytes, LINE_END, at);
      if (lineEnd < 0) return null;
      const size = Number.parseInt(utf8ToString(this.#bytes.subarray(at, lineEnd)), 16);
      total += size;
      if (!(size >= 0 && total <= BODY_BYTES_MAX)) throw new HttpError('a chunk of no size, or too many of them');
      const from = lineEnd + LINE_END.length;
      const end = from + size + LINE_END.length;
      if (this.#bytes.length < end) return null;
      if (size === 0) return { body: joinedOf(parts), end };
      parts.push(this.#bytes.subarray(from, from + size));
      at = end;
    }
  }
}

/** An answer, as bytes. */
export function httpAnswer(status: number, headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const bytes = stringToUtf8(body);
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(status === 204 ? [] : [`content-length: ${bytes.length}`]),
  ];
  return joinedOf([stringToUtf8(`${lines.join('\r\n')}\r\n\r\n`), ...(status === 204 ? [] : [bytes])]);
}

function header(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new HttpError(`"${line}" is no header`);
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function indexOf(bytes: Uint8Array, what: Uint8Array, from: number): number {
  for (let at = from; at + what.length <= bytes.length; at++) {
    if (what.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

function joinedOf(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
