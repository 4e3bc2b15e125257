/** Requests to any number of nodes: connections, versions, time-outs, back-off (Kafka's NetworkClient). */
import type { ClientEnvironment } from '../environment.ts';
import type { RandomStream } from '../../ports/random.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { ClientSecurity } from '../security/client-security.ts';
import { type ApiRanges, negotiate, RELEASE_APIS, rangesOf, type RequestVersions } from './api-versions.ts';
import { FinalizedFeatures } from './finalized-features.ts';
import { NodeConnection } from './node-connection.ts';
import { Pending, type RpcResult } from './pending.ts';

export type { RpcFailure, RpcResult } from './pending.ts';

/** A destination. `id` is unique within the client, e.g. "1" or "bootstrap-1". */
export interface Endpoint {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Which node it must be; absent: not known, or of no matter. */
  readonly nodeId?: number;
}

export interface RpcClientOptions {
  readonly clientId: string;
  /** `negotiate`: ask each node for its versions (KIP-35); `latest`: nodes of one release among themselves. */
  readonly versions: 'negotiate' | 'latest';
  /** What this side speaks. Default: what is published and stable. */
  readonly apis?: ApiRanges;
  readonly requestTimeoutMs: number;
  /** Default 50. */
  readonly reconnectBackoffMs?: number;
  /** Default 1000. */
  readonly reconnectBackoffMaxMs?: number;
  /** Default 10 s; grows with failed connects up to the maximum, default 30 s (KIP-601). */
  readonly connectionSetupTimeoutMs?: number;
  readonly connectionSetupTimeoutMaxMs?: number;
  /** Default 9 minutes; negative: never. */
  readonly connectionsMaxIdleMs?: number;
  /** Which cluster a node whose id is known must be of (KIP-1242); null: any. Default: any. */
  readonly clusterId?: () => string | null;
  /** A node is of another cluster, or is another; told after the requests have failed that waited for the connection. */
  readonly onRebootstrapRequired?: () => void;
  /** How nodes are trusted and this client makes itself known; null, the default: PLAINTEXT. */
  readonly security?: ClientSecurity | null;
  /** A node and this client do not trust each other; told after the requests have failed that waited for the connection. */
  readonly onAuthenticationFailed?: (failure: AuthenticationFailure) => void;
}

export interface AuthenticationFailure {
  /** Which layer refused: TLS, or SASL on top of it. */
  readonly by: 'tls' | 'sasl';
  readonly message: string;
}

/** Default version: the highest that both sides know. */
export interface SendOptions extends RequestVersions {
  /** Default: the client's request time-out. Counts from the call until it is written, then again until it is answered. */
  readonly timeoutMs?: number;
  /** The server will not answer (Produce with acks 0): `done` is called when the request is written. */
  readonly noResponse?: boolean;
}

export class RpcClient {
  readonly #env: ClientEnvironment;
  readonly #options: Required<RpcClientOptions>;
  readonly #random: RandomStream;
  readonly #nodes = new Map<string, NodeConnection>();
  /** As the nodes have told them that this client has connected to. */
  readonly features = new FinalizedFeatures();
  #closed = false;

  constructor(env: ClientEnvironment, options: RpcClientOptions) {
    this.#env = env;
    this.#random = env.random.stream(`rpc/${options.clientId}`);
    this.#options = {
      apis: RELEASE_APIS,
      reconnectBackoffMs: 50,
      reconnectBackoffMaxMs: 1000,
      connectionSetupTimeoutMs: 10_000,
      connectionSetupTimeoutMaxMs: 30_000,
      connectionsMaxIdleMs: 540_000,
      clusterId: () => null,
      onRebootstrapRequired: () => {},
      security: null,
      onAuthenticationFailed: () => {},
      ...options,
    };
  }

  /**
   * Sends a request, connecting first if need be; while connecting or backing off it waits, and fails if the connect fails.
   * `done` is called exactly once, unless the client is closed before. Failures are never told from inside this call; a
   * `noResponse` request on a ready connection is.
   */
  send<A extends ApiName>(
    to: Endpoint,
    api: A,
    request: Draft<RequestTypes[A]>,
    options: SendOptions,
    done: (result: RpcResult<ResponseTypes[A]>) => void,
  ): void {
    if (this.#closed) return;
    const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs;
    const now = this.#env.clock.monotonicMs();
    // The codec gives the response of this API: the one cast that ties request and response together.
    const body = request as Draft<RequestTypes[ApiName]>;
    const callback = done as unknown as (result: RpcResult<ResponseTypes[ApiName]>) => void;
    this.#node(to).send(to, new Pending(api, body, options, timeoutMs, now, callback));
  }

  /** The versions that a node supports, by API. */
  apiVersions(to: Endpoint, done: (result: RpcResult<ApiRanges>) => void): void {
    const body = { clientSoftwareName: 'kafka-trial', clientSoftwareVersion: '1' };
    this.send(to, 'ApiVersions', body, {}, (result) => {
      done(result.ok ? { ok: true, response: rangesOf(result.response.apiKeys), version: result.version } : result);
    });
  }

  /** The version that a request would have, as far as is known of the destination; null: it does not have the API. */
  versionFor(to: Endpoint | null, api: ApiName): number | null {
    const ranges = to === null ? null : (this.#nodes.get(to.id)?.ranges ?? null);
    return negotiate(api, this.#options.apis, ranges, {});
  }

  /** Requests to this destination that wait or are unanswered. */
  inFlight(to: Endpoint): number {
    return this.#nodes.get(to.id)?.inFlight ?? 0;
  }

  /** Ends the connection; requests under way fail as disconnected, in an event of their own. */
  disconnect(to: Endpoint): void {
    this.#nodes.get(to.id)?.disconnect();
  }

  /** Ends all connections; no callback is called any more. */
  close(): void {
    this.#closed = true;
    for (const node of this.#nodes.values()) node.close();
  }

  #node(to: Endpoint): NodeConnection {
    let node = this.#nodes.get(to.id);
    if (node === undefined) {
      node = new NodeConnection(this.#env, this.#options, this.#random, this.features, to);
      this.#nodes.set(to.id, node);
    }
    return node;
  }
}
