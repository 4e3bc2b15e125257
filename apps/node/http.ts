/**
 * `node:http` and `node:https` of a realm: Node's, over sockets of the simulated network. Model:
 * - Names are those of the world: processes, and services of the scenario. HTTPS is spoken in plain text, on its own port: there is no TLS.
 * - Answers carry no date, which Node takes from the clock of the machine.
 */
import http, { type AgentOptions, type ClientRequest, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { OutsideError } from '../outside.ts';
import type { Realm } from '../realm.ts';
import { RealmHttpServer, Undated } from './http-server.ts';
import { RealmSocket } from './socket.ts';

const DEFAULT_PORTS = { http: 80, https: 443 };

export type Scheme = keyof typeof DEFAULT_PORTS;

/** The module; what a realm's own `fetch` needs of it by name. */
export interface HttpModule extends Readonly<Record<string, unknown>> {
  request(...given: unknown[]): ClientRequest;
}

type Answered = (response: http.IncomingMessage) => void;

/** What is asked of a name that the world does not have. */
export function unknownHost(module: string, call: string, host: string): OutsideError {
  const remedy = `give it one, services: { '${host}': ... } (docs/testing-your-app.md), or give the application a stand-in for what it asks`;
  return new OutsideError(module, call, `no process and no service of the simulated world is called ${host}`, remedy);
}

/** The module. */
export function httpOf(realm: Realm, scheme: Scheme): HttpModule {
  const defaultPort = DEFAULT_PORTS[scheme];

  class Agent extends http.Agent {
    // Node keeps these two there, and asks an agent for them; its types do not know.
    readonly defaultPort = defaultPort;
    readonly protocol = `${scheme}:`;
    constructor(options?: AgentOptions) {
      super(options);
    }
    override createConnection({ host, port }: { readonly host?: string; readonly port?: number | string }): Socket {
      return new RealmSocket(realm).connect({ host: host ?? 'localhost', port: Number(port) }) as unknown as Socket;
    }
  }
  const globalAgent = new Agent({ keepAlive: true, timeout: 5_000 });

  const request = (...given: unknown[]): ClientRequest => {
    const { url, options, callback } = requestArguments(given);
    const host = options.hostname ?? options.host ?? url?.hostname ?? 'localhost';
    if (realm.hosts.nameOf(host) === null) throw realm.stop(unknownHost(`node:${scheme}`, 'request', host));
    const all = { ...fromUrl(url), ...options, _defaultAgent: globalAgent };
    return http.request(all as RequestOptions, callback);
  };
  const get = (...given: unknown[]): ClientRequest => {
    const asked = request(...given);
    asked.end();
    return asked;
  };

  class Server extends RealmHttpServer {
    constructor(...given: unknown[]) {
      super(realm, given);
    }
  }
  const createServer = (...given: unknown[]): Server => new Server(...given);
  return { ...http, Agent, globalAgent, request, get, Server, createServer, ServerResponse: Undated };
}

function requestArguments(given: readonly unknown[]): {
  readonly url: URL | null;
  readonly options: RequestOptions;
  readonly callback: Answered | undefined;
} {
  const [first] = given;
  const url = typeof first === 'string' || first instanceof URL ? new URL(first) : null;
  const rest = url === null ? given : given.slice(1);
  const options = rest.find((one) => typeof one === 'object' && one !== null) as RequestOptions | undefined;
  return { url, options: options ?? {}, callback: rest.find((one) => typeof one === 'function') as Answered | undefined };
}

function fromUrl(url: URL | null): RequestOptions {
  if (url === null) return {};
  const { protocol, hostname, port, pathname, search, username, password } = url;
  return {
    protocol,
    hostname,
    path: `${pathname}${search}`,
    ...(port === '' ? {} : { port }),
    ...(username === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
  };
}
