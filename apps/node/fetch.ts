/** `fetch` of a realm: Node's requests and answers, carried by the realm's own `node:http`. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Realm } from '../realm.ts';
import { type HttpModule, type Scheme, unknownHost } from './http.ts';

const REDIRECTS_MAX = 20;
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** What is sent, and again where a redirect says so. */
interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | null;
  readonly request: Request;
  readonly redirects: number;
}

/** The function. */
export function fetchOf(realm: Realm): typeof fetch {
  const failed = (why: string, cause?: unknown): Error =>
    new (realm.global['TypeError'] as ErrorConstructor)(why, ...(cause === undefined ? [] : [{ cause }]));
  const moduleOf = (scheme: Scheme) => realm.require(`node:${scheme}`) as HttpModule;

  const ask = (asked: Asked): Promise<Response> => {
    const { url, method, headers, body, request } = asked;
    const scheme = url.protocol.slice(0, -1);
    if (scheme !== 'http' && scheme !== 'https') throw failed(`fetch failed: ${url.protocol} is neither http: nor https:`);
    if (realm.hosts.nameOf(url.hostname) === null) throw realm.stop(unknownHost('the platform', 'fetch', url.hostname));
    return new Promise((resolve, reject) => {
      const outgoing = moduleOf(scheme).request(url, { method, headers });
      const abort = (): void => {
        const reason: unknown = request.signal.reason;
        outgoing.destroy();
        reject(reason as Error);
      };
      if (request.signal.aborted) return abort();
      request.signal.addEventListener('abort', abort, { once: true });
      outgoing.on('error', (error) => reject(failed('fetch failed', error)));
      outgoing.on('response', (incoming: IncomingMessage) => {
        const next = request.redirect === 'follow' ? redirected(asked, incoming) : null;
        if (next === null) return resolve(responseOf(asked, incoming));
        incoming.resume();
        if (next.redirects > REDIRECTS_MAX) reject(failed('fetch failed', new Error('redirect count exceeded')));
        else resolve(ask(next));
      });
      outgoing.end(body ?? undefined);
    });
  };

  return async (input, init) => {
    const request = new Request(input, init);
    const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
    const headers = { accept: '*/*', 'user-agent': 'node', ...Object.fromEntries(request.headers) };
    return await ask({ url: new URL(request.url), method: request.method, headers, body, request, redirects: 0 });
  };
}

function responseOf({ url, method, redirects }: Asked, incoming: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = incoming;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  const isEmpty = WITHOUT_BODY.has(status) || method === 'HEAD';
  if (isEmpty) incoming.resume();
  const response = new Response(isEmpty ? null : (Readable.toWeb(incoming) as ReadableStream), { status, statusText, headers });
  return Object.defineProperties(response, { url: { value: url.href }, redirected: { value: redirects > 0 } });
}

/** Where it is to be asked instead; null: nowhere. */
function redirected(asked: Asked, { statusCode, headers }: IncomingMessage): Asked | null {
  if (statusCode === undefined || ![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return null;
  const becomesGet = statusCode === 303 || (statusCode < 303 && asked.method === 'POST');
  return {
    ...asked,
    url: new URL(headers.location, asked.url),
    ...(becomesGet ? { method: 'GET', body: null } : {}),
    redirects: asked.redirects + 1,
  };
}
