/**
 * A service of the simulated world: what an application asks besides Kafka, by HTTP. Model:
 * - Requests are handled one after the other, each after a latency that is drawn, and answered when what they changed is durable.
 * - A request is a transaction: what it does to the tables is kept as a whole, or not at all.
 * - While there are faults, a share of the requests fails: it is refused, or its connection is reset before it is handled, or after.
 * - Its process is one like any other: it may die, stand still, and be cut off. What was durable is there when it is back.
 */
import type { Environment } from '../../core/environment.ts';
import type { Connection, ConnectionHandlers } from '../../ports/network.ts';
import type { RandomStream } from '../../ports/random.ts';
import type { StoredChange } from '../history.ts';
import { httpAnswer, HttpError, HttpReader, type HttpRequest } from './http.ts';
import { ServiceStore, type Tables } from './store.ts';

export interface ServiceRequest {
  /** `GET`, `POST`, ... */
  readonly method: string;
  /** Decoded, from the first slash on, without the query: `/accounts/7`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON; undefined, if it is none. */
  json(): unknown;
}

export interface ServiceAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is; anything else as JSON. */
  readonly body?: unknown;
}

/** What a service does. It may be asked again after an error that it has thrown: that ends the run, as an error of the application. */
export type Service = (request: ServiceRequest, tables: Tables) => ServiceAnswer | Promise<ServiceAnswer>;

export interface ServiceOptions {
  /** Where it listens. Default 80 and 443: what would be HTTPS is plain text in the simulated network. */
  readonly ports?: readonly number[];
  /** A request takes up to so long, ms. Default 5. */
  readonly latencyMs?: number;
  /** One of so many requests takes up to `slowMs`; 0: none does. Default 50. */
  readonly slowOneIn?: number;
  /** Default 2,000. */
  readonly slowMs?: number;
  /** One of so many requests fails while there are faults; 0: none does. Default 50. */
  readonly failsOneIn?: number;
}

/** What the run has for a service. */
export interface ServiceHost {
  readonly env: Pick<Environment, 'network' | 'disk'>;
  readonly chance: RandomStream;
  /** Are there faults? */
  readonly isTroubled: () => boolean;
  sleep(ms: number): Promise<void>;
  /** The changes of a commit that is durable: of all that the store had when it was loaded, then of each when it is made. */
  stored(changes: readonly StoredChange[]): void;
}

type Fate = 'answer' | 'refuse' | 'forget' | 'lose';

const PORTS = [80, 443];

/** Listens, and answers until the process ends: the promise rejects with what `service` throws, and resolves never. */
export async function serveRequests(name: string, service: Service, options: ServiceOptions, host: ServiceHost): Promise<never> {
  const { ports = PORTS } = options;
  const store = new ServiceStore(host.env.disk, name);
  for (const changes of store.load()) host.stored(changes);
  const queue = new Queue();
  for (const port of ports) host.env.network.listen(port, (connection) => handlersOf(connection, queue));
  for (;;) {
    const asked = await queue.next();
    await host.sleep(latencyOf(options, host.chance));
    const fate = fateOf(options, host);
    if (fate === 'refuse') asked.answer({ status: 503, body: 'the service is not available' });
    else if (fate === 'forget') asked.reset();
    else {
      const { tables, changes } = store.begin();
      const made = await service(asked.request, tables);
      const changed = changes();
      if (changed.length > 0) {
        await durable(store, changed);
        host.stored(changed);
      }
      if (fate === 'lose') asked.reset();
      else asked.answer(made);
    }
  }
}

function durable(store: ServiceStore, changes: readonly StoredChange[]): Promise<void> {
  return new Promise((resolve, reject) => store.commit(changes, (error) => (error === null ? resolve() : reject(error))));
}

function latencyOf({ latencyMs = 5, slowOneIn = 50, slowMs = 2_000 }: ServiceOptions, chance: RandomStream): number {
  const isSlow = slowOneIn > 0 && chance.chance(1, slowOneIn, 'slow');
  return chance.between(0, isSlow ? slowMs : latencyMs, 'latency');
}

function fateOf({ failsOneIn = 50 }: ServiceOptions, { chance, isTroubled }: ServiceHost): Fate {
  const fails = failsOneIn > 0 && isTroubled() && chance.chance(1, failsOneIn, 'fails');
  return fails ? chance.pick<Fate>(['refuse', 'forget', 'lose'], 'failure') : 'answer';
}

interface Asked {
  readonly request: ServiceRequest;
  answer(made: ServiceAnswer): void;
  reset(): void;
}

function handlersOf(connection: Connection, queue: Queue): ConnectionHandlers {
  const reader = new HttpReader();
  let isOpen = true;
  const close = (): void => {
    if (isOpen) connection.close();
    isOpen = false;
  };
  const answer = ({ status = 200, headers = {}, body = '' }: ServiceAnswer): void => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
    if (isOpen) connection.send(httpAnswer(status, { 'content-type': type, ...headers }, text));
  };
  return {
    onData(chunk) {
      if (!isOpen) return;
      try {
        reader.push(chunk, (request) => queue.add({ request: requestOf(request), answer, reset: close }));
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        answer({ status: 400, body: error.message });
        close();
      }
    },
    onClose() {
      isOpen = false;
    },
  };
}

function requestOf({ method, path, query, headers, body }: HttpRequest): ServiceRequest {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const json = (): unknown => {
    try {
      return JSON.parse(body) as unknown;
    } catch {
      return undefined;
    }
  };
  const words = pairs.map((pair) => pair.split('=', 2).map(decoded));
  return {
    method,
    path: decoded(path),
    query: Object.fromEntries(words.map(([key = '', value = '']) => [key, value])),
    headers,
    body,
    json,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Requests that wait for their turn. */
class Queue {
  readonly #waiting: Asked[] = [];
  #wake: (() => void) | null = null;

  add(asked: Asked): void {
    this.#waiting.push(asked);
    this.#wake?.();
    this.#wake = null;
  }

  async next(): Promise<Asked> {
    for (;;) {
      const first = this.#waiting.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
