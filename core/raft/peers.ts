/** Requests to voters: one at a time to each, with a back-off after a failure (Kafka's RequestManager). */
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import type { Draft } from '../protocol/schema.ts';
import type { Quorum } from './quorum.ts';
import type { Voter } from './types.ts';

interface PeerOptions {
  /** The lowest version that the request can be written in. */
  readonly minVersion?: number;
  /** The voter does not speak such a version. */
  readonly onUnsupported?: () => void;
}

interface PeerState {
  /** Monotonic; not before. */
  readyAtMs: number;
  /** Identifies the request in flight; 0: none. */
  inFlight: number;
}

export class Peers {
  readonly #quorum: Quorum;
  readonly #peers = new Map<number, PeerState>();
  #lastRequest = 0;

  constructor(quorum: Quorum) {
    this.#quorum = quorum;
  }

  /** When a request may go to this voter: now or before (ready), later (back-off), or Infinity (one is in flight). */
  readyAt(voterId: BrokerId): number {
    const peer = this.#peer(voterId);
    return peer.inFlight !== 0 ? Number.POSITIVE_INFINITY : peer.readyAtMs;
  }

  get hasAnyInFlight(): boolean {
    for (const peer of this.#peers.values()) if (peer.inFlight !== 0) return true;
    return false;
  }

  /** The role has changed: what is in flight no longer holds up the next request. Its answer is still handled. */
  reset(): void {
    for (const peer of this.#peers.values()) {
      peer.inFlight = 0;
      peer.readyAtMs = 0;
    }
  }

  /**
   * Sends once this node's state is durable. `handle` returns false if the answer was an error to back off from.
   */
  send<A extends ApiName>(
    voterId: BrokerId,
    api: A,
    body: Draft<RequestTypes[A]>,
    handle: (response: ResponseTypes[A]) => boolean,
    { minVersion, onUnsupported }: PeerOptions = {},
  ): void {
    const peer = this.#peer(voterId);
    const { host, port } = this.#quorum.voters.get(voterId) as Voter;
    this.#lastRequest += 1;
    const token = this.#lastRequest;
    peer.inFlight = token;
    const timeoutMs = this.#quorum.options.config['controller.quorum.request.timeout.ms'];
    this.#quorum.gate.output(() => {
      this.#quorum.options.rpc.send({ id: String(voterId), host, port }, api, body, { timeoutMs, minVersion }, (result) => {
        if (this.#quorum.isClosed) return;
        this.#quorum.gate.input(() => {
          if (!result.ok && result.reason === 'unsupported-version') onUnsupported?.();
          const isHandled = result.ok && handle(result.response);
          if (peer.inFlight !== token) return;
          peer.inFlight = 0;
          const backoffMs = this.#quorum.options.config['controller.quorum.retry.backoff.ms'];
          peer.readyAtMs = isHandled ? 0 : this.#quorum.nowMs() + backoffMs;
        });
      });
    });
  }

  /** A voter to ask when no leader is known, drawn among those that are ready; null if there is none. */
  anyReady(nowMs: number): Voter | null {
    const ready: Voter[] = [];
    for (const voter of this.#quorum.voters) {
      if (voter.id !== this.#quorum.self && this.readyAt(voter.id) <= nowMs) ready.push(voter);
    }
    return ready.length === 0 ? null : this.#quorum.random.pick(ready, 'voter to ask');
  }

  /** When the first peer is out of its back-off. */
  earliestReadyAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const id of this.#quorum.voters.ids) if (id !== this.#quorum.self) earliest = Math.min(earliest, this.readyAt(id));
    return earliest;
  }

  #peer(id: BrokerId): PeerState {
    let peer = this.#peers.get(id);
    if (peer === undefined) {
      peer = { readyAtMs: 0, inFlight: 0 };
      this.#peers.set(id, peer);
    }
    return peer;
  }
}
