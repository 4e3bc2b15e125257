/**
 * Incremental fetch sessions, the server's side (KIP-227): the broker remembers which partitions a client fetches and what it
 * told it last, so that requests and answers carry only what changed.
 */
import type { RandomStream } from '../../ports/random.ts';
import { invariant } from '../../ports/invariant.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { NONE, type Offset } from '../protocol/numbers.ts';
import type { FetchPartition, FetchPartitionResult } from './types.ts';

export const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
export const NO_SESSION = 0;
const MAX_EPOCH = 0x7fffffff;
/** A session younger than this, and used since, is not evicted for an equal one (Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS). */
const EVICTION_MS = 120_000;

export function nextEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH;
  return epoch === MAX_EPOCH ? 1 : epoch + 1;
}

/** A partition of a session: what is asked, and what was last answered. */
interface CachedPartition {
  request: FetchPartition;
  highWatermark: Offset;
  logStartOffset: Offset;
}

interface FetchSession {
  readonly id: number;
  /** Followers' sessions take precedence. */
  readonly isPrivileged: boolean;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  epoch: number;
  /** In the order of reading: a partition that gave data goes to the end. */
  readonly partitions: Map<string, CachedPartition>;
}

export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** Session keys in the form of `sessionKey`. */
  readonly partitions: Map<string, FetchPartition>;
  readonly forgotten: readonly string[];
  readonly usesTopicIds: boolean;
  readonly isFollower: boolean;
}

/** How one request is to be answered. */
export type FetchContext =
  | { readonly kind: 'error'; readonly error: number }
  | { readonly kind: 'sessionless'; readonly request: SessionRequest }
  | { readonly kind: 'full'; readonly request: SessionRequest }
  | { readonly kind: 'incremental'; readonly request: SessionRequest; readonly session: FetchSession };

export interface SessionAnswer {
  readonly error: number;
  readonly sessionId: number;
  readonly results: readonly (readonly [key: string, result: FetchPartitionResult])[];
}

export class FetchSessions {
  readonly #sessions = new Map<number, FetchSession>();
  readonly #maxSessions: number;
  readonly #random: RandomStream;
  readonly #nowMs: () => number;

  constructor(maxSessions: number, random: RandomStream, nowMs: () => number) {
    this.#maxSessions = maxSessions;
    this.#random = random;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Gives up a session, to make room; nothing if there is none of this id. */
  evict(sessionId: number): void {
    this.#sessions.delete(sessionId);
  }

  /** Finds out what a request wants. Errors: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR. */
  begin(request: SessionRequest): FetchContext {
    if (request.sessionEpoch === INITIAL_EPOCH || request.sessionEpoch === FINAL_EPOCH) {
      this.#sessions.delete(request.sessionId);
      return { kind: request.sessionEpoch === FINAL_EPOCH ? 'sessionless' : 'full', request };
    }
    const session = this.#sessions.get(request.sessionId);
    if (session === undefined) return { kind: 'error', error: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    if (session.epoch !== request.sessionEpoch) return { kind: 'error', error: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    if (session.usesTopicIds !== request.usesTopicIds) return { kind: 'error', error: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
    updatePartitions(session, request);
    if (session.partitions.size === 0) {
      this.#sessions.delete(session.id);
      return { kind: 'sessionless', request };
    }
    session.epoch = nextEpoch(session.epoch);
    session.lastUsedMs = this.#nowMs();
    return { kind: 'incremental', request, session };
  }

  /** Visits the partitions to read, in order. `visit` may `resolve` the partition it is given. */
  forEachPartition(context: FetchContext, visit: (key: string, request: FetchPartition) => void): void {
    switch (context.kind) {
      case 'error':
        return;
      case 'incremental':
        for (const [key, cached] of context.session.partitions) visit(key, cached.request);
        return;
      default:
        for (const [key, request] of context.request.partitions) visit(key, request);
    }
  }

  /** A topic's name became known (its id was in a request before this broker had heard of it). */
  resolve(context: FetchContext, key: string, request: FetchPartition): void {
    if (context.kind !== 'incremental') return;
    const cached = context.session.partitions.get(key);
    if (cached !== undefined) cached.request = request;
  }

  /** What to put into the answer to what was read of the partitions `keys`: everything, or for an incremental session what the client does not know yet. */
  finish(context: FetchContext, keys: readonly string[], results: readonly FetchPartitionResult[]): SessionAnswer {
    switch (context.kind) {
      case 'error':
        return { error: context.error, sessionId: NO_SESSION, results: [] };
      case 'sessionless':
        return { error: ErrorCode.NONE, sessionId: NO_SESSION, results: paired(keys, results) };
      case 'full': {
        const sessionId = this.#create(context.request, keys, results);
        return { error: ErrorCode.NONE, sessionId, results: paired(keys, results) };
      }
      case 'incremental':
        return finishIncremental(context.session, context.request, keys, results);
    }
  }

  #create(request: SessionRequest, keys: readonly string[], results: readonly FetchPartitionResult[]): number {
    const nowMs = this.#nowMs();
    const hasRoom = this.#sessions.size < this.#maxSessions || this.#evict(request.isFollower, results.length, nowMs);
    if (!hasRoom) return NO_SESSION;
    const partitions = new Map<string, CachedPartition>();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const result = results[i] as FetchPartitionResult;
      const asked = request.partitions.get(key);
      invariant(asked !== undefined, () => `a fetch answer for ${key}, which was not asked for`);
      const isTaken = result.error === ErrorCode.NONE && result.divergingEpoch === null;
      partitions.set(key, {
        request: asked,
        highWatermark: isTaken ? result.highWatermark : NONE,
        logStartOffset: result.logStartOffset,
      });
    }
    const id = this.#newId();
    this.#sessions.set(id, {
      id,
      isPrivileged: request.isFollower,
      usesTopicIds: request.usesTopicIds,
      createdMs: nowMs,
      lastUsedMs: nowMs,
      epoch: nextEpoch(INITIAL_EPOCH),
      partitions,
    });
    return id;
  }

  #newId(): number {
    for (;;) {
      const id = this.#random.between(1, 0x7ffffffe, 'fetch-session-id');
      if (!this.#sessions.has(id)) return id;
    }
  }

  /** Makes room: a stale session first, else one that is worth less than the new one (a follower's outweighs, then a larger). */
  #evict(isPrivileged: boolean, size: number, nowMs: number): boolean {
    let stalest: FetchSession | null = null;
    let least: FetchSession | null = null;
    for (const session of this.#sessions.values()) {
      if (stalest === null || session.lastUsedMs < stalest.lastUsedMs) stalest = session;
      const isOld = nowMs - session.createdMs > EVICTION_MS;
      const isEvictable = isPrivileged ? !session.isPrivileged || isOld : isOld;
      if (isEvictable && (least === null || worth(session) < worth(least))) least = session;
    }
    const isStale = stalest !== null && nowMs - stalest.lastUsedMs > EVICTION_MS;
    if (isStale) return this.#sessions.delete((stalest as FetchSession).id);
    const mine = (isPrivileged ? PRIVILEGE : 0) + size;
    return least !== null && mine >= worth(least) && this.#sessions.delete(least.id);
  }
}

const PRIVILEGE = 2 ** 40;

function worth(session: FetchSession): number {
  return (session.isPrivileged ? PRIVILEGE : 0) + session.partitions.size;
}

function updatePartitions(session: FetchSession, request: SessionRequest): void {
  for (const [key, partition] of request.partitions) {
    const cached = session.partitions.get(key);
    if (cached === undefined) {
      session.partitions.set(key, { request: partition, highWatermark: NONE, logStartOffset: NONE });
      continue;
    }
    // In another epoch the client may have ignored the last answer: it is told everything again.
    if (cached.request.currentLeaderEpoch !== partition.currentLeaderEpoch) cached.highWatermark = NONE;
    // All of the request is taken over, its leader epoch too.
    cached.request = partition;
  }
  for (const key of request.forgotten) session.partitions.delete(key);
}

function finishIncremental(
  session: FetchSession,
  request: SessionRequest,
  keys: readonly string[],
  results: readonly FetchPartitionResult[],
): SessionAnswer {
  const isSuperseded = session.epoch !== nextEpoch(request.sessionEpoch);
  if (isSuperseded) return { error: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id, results: [] };
  const news: (readonly [string, FetchPartitionResult])[] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const result = results[i] as FetchPartitionResult;
    const cached = session.partitions.get(key);
    invariant(cached !== undefined, () => `a fetch answer for ${key}, which is not in session ${session.id}`);
    if (hasNews(cached, result)) news.push([key, result]);
    // After an error or a divergence the client has not taken the high watermark, and must be told again.
    const isTaken = result.error === ErrorCode.NONE && result.divergingEpoch === null;
    cached.highWatermark = isTaken ? result.highWatermark : NONE;
    cached.logStartOffset = result.logStartOffset;
    if (result.records.length > 0) {
      session.partitions.delete(key);
      session.partitions.set(key, cached);
    }
  }
  return { error: ErrorCode.NONE, sessionId: session.id, results: news };
}

function paired(
  keys: readonly string[],
  results: readonly FetchPartitionResult[],
): (readonly [key: string, result: FetchPartitionResult])[] {
  return keys.map((key, i) => [key, results[i] as FetchPartitionResult]);
}

function hasNews(cached: CachedPartition, result: FetchPartitionResult): boolean {
  return (
    result.records.length > 0 ||
    result.error !== ErrorCode.NONE ||
    result.divergingEpoch !== null ||
    result.preferredReadReplica >= 0 ||
    result.highWatermark !== cached.highWatermark ||
    result.logStartOffset !== cached.logStartOffset
  );
}
