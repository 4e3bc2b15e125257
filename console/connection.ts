/** Opens an admin client and makes sure first that the cluster is there, so that nobody waits a minute for a typing error. */
import { Admin } from '../core/client/admin/admin.ts';
import { deferred } from '../core/client/deferred.ts';
import type { ClientEnvironment } from '../core/environment.ts';
import { type ClientProcess, clientProcess } from '../server/client-environment.ts';
import { type ConnectionOptions, givenProperties, propertiesFor } from './client-properties.ts';
import { RefusedError } from './errors.ts';
import type { StringProperties } from './properties.ts';
import type { Terminal } from './terminal.ts';

/** A bootstrap server that takes the connection must answer in this time. */
const ANSWER_MS = 10_000;

/** A server that stays away is not told more often. */
const REMIND_MS = 10_000;

export interface Connected {
  readonly environment: ClientEnvironment;
  readonly admin: Admin;
  /** What the user gave for all clients. */
  readonly given: StringProperties;
  /** Rejects if a client breaks inside. */
  readonly broken: Promise<never>;
}

/** Runs `use` with a cluster that answered, and gives everything up after it. */
export async function connected<T>(
  options: ConnectionOptions,
  terminal: Terminal,
  use: (cluster: Connected) => Promise<T>,
): Promise<T> {
  const given = givenProperties(options);
  const properties = propertiesFor('admin', given, terminal);
  const servers = (given['bootstrap.servers'] ?? '').split(',');
  const breakdown = deferred<never>();
  const broken = breakdown.promise;
  const reachability = new Reachability(servers, terminal);
  const process = clientProcess({
    name: 'trial',
    onFailed: ({ error, reason }) => breakdown.reject(error ?? new Error(reason)),
    onConnectionError: (host, port, error) => reachability.failed(host, port, error),
  });
  const { environment } = process;
  let admin: Admin | null = null;
  try {
    admin = new Admin(environment, { 'client.id': 'trial-admin', ...properties });
    await Promise.race([firstAnswer(admin, reachability), broken]);
    reachability.answered();
    return await Promise.race([use({ environment, admin, given, broken }), broken]);
  } finally {
    await endAll(admin, process);
  }
}

async function endAll(admin: Admin | null, process: ClientProcess): Promise<void> {
  await admin?.close();
  process.end();
}

async function firstAnswer(admin: Admin, reachability: Reachability): Promise<void> {
  const answer = admin.describeCluster();
  // If the servers cannot be reached, nobody waits for it any more.
  answer.catch(() => undefined);
  const timer = setTimeout(() => reachability.silent(ANSWER_MS), ANSWER_MS);
  try {
    await Promise.race([answer, reachability.lost]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Watches whether any of the bootstrap servers can be reached: `lost` rejects as soon as each has failed once. After the first
 * answer it only tells of connections that fail, because clients go on trying in silence.
 */
class Reachability {
  readonly #end = deferred<never>();
  readonly #terminal: Terminal;
  readonly #failures = new Map<string, string | null>();
  readonly #toldMs = new Map<string, number>();
  #hasAnswered = false;

  constructor(servers: readonly string[], terminal: Terminal) {
    this.#terminal = terminal;
    for (const server of servers) this.#failures.set(server, null);
  }

  get lost(): Promise<never> {
    return this.#end.promise;
  }

  failed(host: string, port: number, error: NodeJS.ErrnoException): void {
    const server = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (this.#hasAnswered) this.#warn(server, `${server} ${reasonOf(host, error)}`);
    if (this.#hasAnswered || !this.#failures.has(server)) return;
    this.#failures.set(server, `${server} ${reasonOf(host, error)}`);
    const reasons = [...this.#failures.values()];
    if (reasons.every((reason) => reason !== null))
      this.#end.reject(new RefusedError(`no cluster can be reached: ${reasons.join(', ')}`));
  }

  answered(): void {
    this.#hasAnswered = true;
  }

  #warn(server: string, sentence: string): void {
    const now = performance.now();
    if (now - (this.#toldMs.get(server) ?? Number.NEGATIVE_INFINITY) < REMIND_MS) return;
    this.#toldMs.set(server, now);
    this.#terminal.note(`trial: warning: ${sentence}.`);
  }

  silent(afterMs: number): void {
    const reasons = Array.from(
      this.#failures,
      ([server, reason]) => reason ?? `${server} did not answer as a Kafka broker within ${afterMs / 1000} s`,
    );
    this.#end.reject(new RefusedError(`no cluster can be reached: ${reasons.join(', ')}`));
  }
}

function reasonOf(host: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refuses the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `has a name that can't be looked up (${host})`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return "can't be reached from here";
    case 'ETIMEDOUT':
      return 'did not take the connection in time';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'broke the connection';
    // OpenSSL's codes of certificates, and Node's of TLS.
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'shows a certificate of nobody that is trusted (ssl.truststore.location names whom to trust)';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'shows a certificate of another host';
    default:
      return `failed (${error.code ?? error.message})`;
  }
}
