/**
 * A node of the KRaft quorum that replicates the metadata log (KIP-595, KIP-630, KIP-996 pre-vote), voter or observer.
 *
 * Requests, answers, timers and disk completions are inputs to one gate, which takes them one at a time. Each changes the
 * state, and what it says to others leaves when the state behind it is durable (DurabilityGate). After the inputs, `poll`
 * does what is due: elections, fetches, appends, resignations.
 */
import { DiskError } from '../../ports/disk.ts';
import type { Environment } from '../environment.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Timer } from '../../ports/time.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { type BrokerId, LeaderEpoch, type Offset } from '../protocol/numbers.ts';
import { Elections } from './elections.ts';
import { Fetcher } from './fetcher.ts';
import { FetchServer, isMetadataFetch } from './fetch-server.ts';
import { Leadership } from './leadership.ts';
import { ListenerProgress } from './listener-progress.ts';
import { epochResponse, isOwnCluster, onlyPartition } from './messages.ts';
import type { RaftOptions, RaftRequest } from './options.ts';
import { Peers } from './peers.ts';
import { Quorum } from './quorum.ts';
import type { Role } from './roles.ts';
import { encodeSnapshot } from './snapshot-format.ts';
import { becomeUnattached, learn } from './transitions.ts';
import type { LeaderAndEpoch, RaftListener } from './types.ts';
import type { VoterSet } from './voter-set.ts';

export type { RaftOptions, RaftRequest, RaftTransport } from './options.ts';
export * from './types.ts';

export class RaftClient {
  readonly #env: Environment;
  readonly #quorum: Quorum;
  readonly #peers: Peers;
  readonly #elections: Elections;
  readonly #leadership: Leadership;
  readonly #fetcher: Fetcher;
  readonly #server: FetchServer;
  #timer: Timer | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** What is committed is given to the listener when this fires. */
  #feedTimer: Timer | null = null;
  #shutdownDone: (() => void) | null = null;
  #shutdownDeadlineMs = Number.POSITIVE_INFINITY;
  #isSnapshotting = false;

  /** Opens the log and the election state; halts the node if the disk refuses. Does nothing more before `start`. */
  constructor(env: Environment, options: RaftOptions) {
    this.#env = env;
    this.#quorum = new Quorum(
      env,
      options,
      { onRoleChanged: (from, to) => this.#onRoleChanged(from, to) },
      { onIdle: () => this.#poll(), onLogFlushed: () => this.#onLogFlushed() },
    );
    this.#peers = new Peers(this.#quorum);
    this.#server = new FetchServer(this.#quorum);
    const onHighWatermark = (): void => this.#feedSoon();
    this.#leadership = new Leadership(this.#quorum, this.#peers, this.#server.purgatory, onHighWatermark);
    this.#server.connect(this.#leadership);
    this.#elections = new Elections(this.#quorum, this.#peers, (granted) => this.#leadership.elected(granted));
    this.#fetcher = new Fetcher(this.#quorum, this.#peers, this.#elections, onHighWatermark);
  }

  /** Begins to take part. The latest local snapshot is given to the listener at once. */
  start(listener: RaftListener): void {
    invariant(this.#quorum.listener === null, () => 'the quorum client was started twice');
    this.#quorum.listener = new ListenerProgress(this.#quorum.log, this.#env.tracer, listener);
    this.#quorum.gate.input(() => {
      this.#feedListener('local');
      // A single voter needs nobody's vote, and waits for nobody; not in an epoch that it led before.
      if (!this.#quorum.isVoter || this.#quorum.voters.size > 1) return;
      if (this.#quorum.role.name === 'resigned') becomeUnattached(this.#quorum, LeaderEpoch(this.#quorum.epoch + 1));
      if (this.#quorum.role.name === 'unattached') this.#elections.becomeProspective(1);
    });
  }

  /**
   * Ends: a leader first hands over (EndQuorumEpoch), for at most `timeoutMs` or until all voters know. Then `done`.
   * Without `done` it ends at once.
   */
  shutdown(done?: () => void, timeoutMs = 5000): void {
    if (this.#quorum.isClosed) return;
    if (done === undefined || this.#quorum.role.name !== 'leader') {
      this.#close();
      if (done !== undefined) this.#env.timers.after(0, done);
      return;
    }
    this.#shutdownDone = done;
    this.#shutdownDeadlineMs = this.#quorum.nowMs() + timeoutMs;
    this.#wake();
  }

  get leaderAndEpoch(): LeaderAndEpoch {
    return this.#quorum.leaderAndEpoch;
  }

  /** Who decides in this quorum, and where they listen. */
  get voters(): VoterSet {
    return this.#quorum.voters;
  }

  get highWatermark(): Offset {
    return this.#quorum.log.highWatermark;
  }

  get logEndOffset(): Offset {
    return this.#quorum.log.endOffset;
  }

  get logStartOffset(): Offset {
    return this.#quorum.log.startOffset;
  }

  /** What the node is in the quorum, for operators. */
  get roleName(): Role['name'] {
    return this.#quorum.role.name;
  }

  /**
   * Appends one atomic batch of record values and returns its last offset; that it is committed is learned by handleCommit.
   * Throws NotLeaderError if this node doesn't lead in `epoch` (any more).
   */
  scheduleAppend(epoch: LeaderEpoch, records: readonly Uint8Array[]): Offset {
    const lastOffset = this.#leadership.scheduleAppend(epoch, records);
    this.#wake();
    return lastOffset;
  }

  /** Gives up the leadership of `epoch`; without effect if it is over. */
  resign(epoch: LeaderEpoch): void {
    this.#leadership.resign(epoch, 'requested');
    this.#wake();
  }

  /**
   * Writes the state up to `endOffset` (exclusive) as a snapshot and, when it is durable, deletes the log below it.
   * `epoch` is the epoch of the last entry contained. Nothing happens if there is such a snapshot or a later one.
   */
  createSnapshot(
    endOffset: Offset,
    epoch: LeaderEpoch,
    lastContainedTimestamp: number,
    records: readonly Uint8Array[],
    done?: () => void,
  ): void {
    const quorum = this.#quorum;
    // A snapshot holds committed entries only.
    invariant(
      endOffset <= quorum.log.highWatermark,
      () => `snapshot at ${endOffset}, high watermark ${quorum.log.highWatermark}`,
    );
    const id = { offset: endOffset, epoch };
    const latest = quorum.log.latestSnapshot;
    const isOld = endOffset <= quorum.log.startOffset || (latest !== null && latest.offset >= endOffset);
    if (isOld || this.#isSnapshotting || quorum.isClosed) return;
    invariant(quorum.log.check(endOffset, epoch).kind === 'valid', () => `snapshot (${endOffset}, ${epoch}) is not in the log`);
    this.#isSnapshotting = true;
    try {
      const partial = quorum.log.createSnapshot(id);
      for (const batch of encodeSnapshot(id, lastContainedTimestamp, records, this.#env.clock.wallMs())) partial.append(batch);
      const { sizeBytes } = partial;
      partial.publish((error) => {
        if (quorum.isClosed) return;
        if (error !== null) return quorum.fail(error);
        quorum.gate.input(() => {
          this.#isSnapshotting = false;
          quorum.log.addSnapshot(id);
          this.#env.tracer.emit({ type: 'snapshot-created', endOffset, epoch, sizeBytes });
          const newest = quorum.log.latestSnapshot;
          if (newest !== null) quorum.log.deleteBefore(newest);
          done?.();
        });
      });
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      quorum.fail(error);
    }
  }

  // --- APIs ---

  Vote(request: RaftRequest<'Vote'>): void {
    this.#take(request, () => this.#elections.handleVote(request, request.body));
  }

  BeginQuorumEpoch(request: RaftRequest<'BeginQuorumEpoch'>): void {
    this.#take(request, () => this.#handleBeginQuorumEpoch(request, request.body));
  }

  EndQuorumEpoch(request: RaftRequest<'EndQuorumEpoch'>): void {
    this.#take(request, () => this.#handleEndQuorumEpoch(request, request.body));
  }

  /** Of the metadata log; nobody has another one here. */
  Fetch(request: RaftRequest<'Fetch'>): void {
    if (isMetadataFetch(request.body)) this.#take(request, () => this.#server.handleFetch(request, request.body));
    else request.closeConnection();
  }

  FetchSnapshot(request: RaftRequest<'FetchSnapshot'>): void {
    this.#take(request, () => this.#server.handleFetchSnapshot(request, request.body));
  }

  DescribeQuorum(request: RaftRequest<'DescribeQuorum'>): void {
    this.#take(request, () => this.#server.handleDescribe(request, request.body));
  }

  #take(request: RaftRequest, action: () => void): void {
    if (this.#quorum.isClosed) request.closeConnection();
    else this.#quorum.gate.input(action);
  }

  #handleBeginQuorumEpoch(request: RaftRequest, body: RequestTypes['BeginQuorumEpoch']): void {
    const errorCode = this.#learnFromLeader(request, body.clusterId, onlyPartition(body.topics));
    if (errorCode === null) return;
    const isForOther = errorCode === ErrorCode.NONE && body.voterId >= 0 && body.voterId !== this.#quorum.self;
    this.#answerEpoch(request, isForOther ? ErrorCode.INVALID_VOTER_KEY : errorCode);
  }

  #handleEndQuorumEpoch(request: RaftRequest, body: RequestTypes['EndQuorumEpoch']): void {
    const asked = onlyPartition(body.topics);
    const errorCode = this.#learnFromLeader(request, body.clusterId, asked);
    if (errorCode === null || asked === null) return;
    const { role } = this.#quorum;
    if (errorCode === ErrorCode.NONE && role.name === 'follower' && role.leaderId === asked.leaderId) {
      const successors = asked.preferredCandidates.map((candidate) => candidate.candidateId);
      role.fetchDeadlineMs = this.#quorum.nowMs() + this.#successionDelayMs(successors);
      // The leader is gone by its own word: no reason to refuse a pre-vote.
      role.hasFetched = false;
    }
    this.#answerEpoch(request, errorCode);
  }

  /** Null: already answered. */
  #learnFromLeader(
    request: RaftRequest,
    clusterId: string | null,
    asked: { readonly leaderId: BrokerId; readonly leaderEpoch: number } | null,
  ): number | null {
    if (!isOwnCluster(this.#quorum, clusterId)) {
      request.respond({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID });
      return null;
    }
    if (asked === null) {
      request.respond({ errorCode: ErrorCode.INVALID_REQUEST });
      return null;
    }
    if (asked.leaderEpoch < this.#quorum.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
    if (!this.#quorum.voters.has(asked.leaderId)) return ErrorCode.INVALID_REQUEST;
    learn(this.#quorum, asked.leaderId, LeaderEpoch(asked.leaderEpoch));
    return ErrorCode.NONE;
  }

  #answerEpoch(request: RaftRequest, errorCode: number): void {
    const response = epochResponse(this.#quorum, errorCode);
    this.#quorum.gate.output(() => request.respond(response));
  }

  /** The first successor at once, each further one later, those not named last. */
  #successionDelayMs(successors: readonly BrokerId[]): number {
    const maxMs = this.#quorum.options.config['controller.quorum.election.backoff.max.ms'];
    const position = successors.indexOf(this.#quorum.self);
    if (position === 0) return 0;
    if (position < 0) return maxMs;
    const baseMs = maxMs >> (successors.length - 1);
    return Math.min(maxMs, baseMs << (position - 1));
  }

  #onRoleChanged(from: Role, to: Role): void {
    if (from.name === 'follower' && from !== to) this.#fetcher.stop(from);
    if (from.name === 'leader') {
      this.#leadership.stop();
      this.#server.purgatory.drain();
    }
    const isOnlyAVote = from.name === to.name && from.epoch === to.epoch;
    if (!isOnlyAVote) this.#peers.reset();
    this.#quorum.gate.output(() => this.#tellLeader());
  }

  #onLogFlushed(): void {
    this.#leadership.onLogFlushed();
    this.#fetcher.applyHighWatermark();
  }

  /** Kafka's listeners have an event queue each (MetadataLoader, QuorumController), which may lag behind the log. */
  #feedSoon(): void {
    const lateMs = this.#env.lateMs?.('metadata/apply') || (this.#env.random.sometimes('raft/late-listener') ? LATE_MS : 0);
    if (lateMs === 0) {
      this.#feedTimer?.cancel();
      this.#feedTimer = null;
      this.#feedListener('fetched');
      return;
    }
    this.#feedTimer ??= this.#env.timers.after(lateMs, () => {
      this.#feedTimer = null;
      if (!this.#quorum.isClosed) this.#quorum.gate.input(() => this.#feedListener('fetched'));
    });
  }

  #feedListener(source: 'local' | 'fetched'): void {
    this.#quorum.listener?.catchUp(source);
    this.#tellLeader();
  }

  #tellLeader(): void {
    const { role } = this.#quorum;
    const ownEpochStart = role.name === 'leader' ? role.progress.epochStartOffset : null;
    this.#quorum.listener?.tellLeader(this.#quorum.leaderAndEpoch, ownEpochStart);
  }

  /** Does what is due and sets the timer for what will be. */
  #poll(): void {
    const quorum = this.#quorum;
    if (quorum.isClosed || quorum.listener === null) return;
    const nowMs = quorum.nowMs();
    let role = quorum.role;
    let wakeAtMs = this.#pollRole(role, nowMs);
    while (quorum.role !== role && !quorum.gate.isWriting) {
      role = quorum.role;
      wakeAtMs = this.#pollRole(role, nowMs);
    }
    wakeAtMs = Math.min(wakeAtMs, this.#server.purgatory.expire(nowMs));
    if (this.#shutdownDone !== null) {
      const hasHandedOver =
        quorum.role.name !== 'leader' && !(quorum.role.name === 'resigned' && quorum.role.unacknowledged.size > 0);
      if (hasHandedOver || nowMs >= this.#shutdownDeadlineMs) return this.#finishShutdown();
      wakeAtMs = Math.min(wakeAtMs, this.#shutdownDeadlineMs);
    }
    this.#setTimer(wakeAtMs, nowMs);
  }

  #pollRole(role: Role, nowMs: number): number {
    switch (role.name) {
      case 'leader':
        return this.#leadership.poll(role, nowMs, this.#shutdownDone !== null);
      case 'resigned':
        return this.#leadership.pollResigned(role, nowMs);
      case 'follower':
        return this.#fetcher.pollFollower(role, nowMs);
      case 'unattached':
        return this.#quorum.isVoter ? this.#elections.poll(role, nowMs) : this.#fetcher.pollObserver(role, nowMs);
      default:
        return this.#elections.poll(role, nowMs);
    }
  }

  /** An earlier timer that is already set will do: it only looks. */
  #setTimer(atMs: number, nowMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY || this.#timerAtMs <= atMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = Math.max(atMs, nowMs);
    this.#timer = this.#env.timers.after(Math.max(0, Math.ceil(atMs - nowMs)), () => {
      this.#timer = null;
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      if (!this.#quorum.isClosed) this.#wake();
    });
  }

  #wake(): void {
    this.#quorum.gate.input(NOTHING);
  }

  #finishShutdown(): void {
    const done = this.#shutdownDone;
    this.#shutdownDone = null;
    this.#close();
    if (done !== null) this.#env.timers.after(0, done);
  }

  #close(): void {
    this.#timer?.cancel();
    this.#feedTimer?.cancel();
    this.#quorum.close();
    this.#quorum.log.close();
  }
}

/** As long as an event queue that has other things to do may be behind. */
const LATE_MS = 20;

function NOTHING(): void {}
