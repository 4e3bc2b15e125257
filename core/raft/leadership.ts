/** What a leader does: begin its epoch, append, commit, keep its voters, give up when it has lost them, resign. */
import { invariant } from '../../ports/invariant.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ResponseTypes } from '../protocol/messages/index.ts';
import { type BrokerId, LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { BatchAccumulator } from './batch-accumulator.ts';
import { leaderChangeBatch } from './control-batches.ts';
import type { FetchPurgatory } from './fetch-purgatory.ts';
import { LeaderProgress } from './leader-progress.ts';
import { beginQuorumEpochRequest, endQuorumEpochRequest } from './messages.ts';
import type { Peers } from './peers.ts';
import type { Quorum } from './quorum.ts';
import type { Leader, Resigned } from './roles.ts';
import { becomeUnattached, isSettledByEpoch } from './transitions.ts';
import { NotLeaderError } from './types.ts';

const CHECK_QUORUM_FACTOR = 1.5;
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

export class Leadership {
  readonly #quorum: Quorum;
  readonly #peers: Peers;
  readonly #purgatory: FetchPurgatory;
  readonly #onHighWatermark: () => void;
  /** Open once the epoch's first batch is in the log. */
  #accumulator: BatchAccumulator | null = null;

  constructor(quorum: Quorum, peers: Peers, purgatory: FetchPurgatory, onHighWatermark: () => void) {
    this.#quorum = quorum;
    this.#peers = peers;
    this.#purgatory = purgatory;
    this.#onHighWatermark = onHighWatermark;
  }

  /** The election is won. The epoch begins when this is durable: a leader that forgot it could lead it twice. */
  elected(granted: readonly BrokerId[]): void {
    const quorum = this.#quorum;
    const progress = new LeaderProgress(quorum.self, quorum.voters, quorum.log.endOffset, granted);
    const nowMs = quorum.nowMs();
    const leader: Leader = {
      name: 'leader',
      epoch: quorum.epoch,
      ballot: quorum.role.ballot,
      progress,
      checkQuorumDeadlineMs: nowMs + this.#checkQuorumTimeoutMs(),
      beginQuorumDeadlineMs: nowMs,
      resignReason: null,
    };
    quorum.become(leader);
    quorum.gate.output(() => this.#beginEpoch(leader));
  }

  #beginEpoch(leader: Leader): void {
    const quorum = this.#quorum;
    const start = leader.progress.epochStartOffset;
    invariant(quorum.role === leader && quorum.log.endOffset === start, () => `epoch ${leader.epoch} can't begin at ${start}`);
    quorum.env.tracer.emit({
      type: 'quorum-leader-elected',
      epoch: leader.epoch,
      epochStartOffset: start,
      voters: quorum.voters.ids,
    });
    const wallMs = quorum.env.clock.wallMs();
    const batch = leaderChangeBatch(quorum.self, quorum.voters.ids, leader.progress.grantingVoters, start, leader.epoch, wallMs);
    quorum.log.appendAsLeader(batch, leader.epoch);
    this.#accumulator = new BatchAccumulator(Offset(start + 1), quorum.options.config['controller.quorum.append.linger.ms']);
    this.#afterAppend();
  }

  /** The role is no longer a leader's: what was not appended is gone. */
  stop(): void {
    this.#accumulator = null;
  }

  /** Takes an atomic batch; returns its last offset. Throws NotLeaderError. */
  scheduleAppend(epoch: LeaderEpoch, values: readonly Uint8Array[]): Offset {
    const { role } = this.#quorum;
    invariant(epoch <= role.epoch, () => `append in epoch ${epoch}, which is not reached: ${role.epoch}`);
    invariant(values.length > 0, () => "an empty batch can't be appended");
    const isOpen = role.name === 'leader' && role.resignReason === null && this.#accumulator !== null;
    if (!isOpen || role.epoch !== epoch) throw new NotLeaderError(`node ${this.#quorum.self} doesn't lead in epoch ${epoch}`);
    let sizeBytes = 0;
    for (const value of values) sizeBytes += value.length;
    invariant(sizeBytes < MAX_BATCH_BYTES, () => `a batch of ${sizeBytes} bytes is too large for the metadata log`);
    const accumulator = this.#accumulator as BatchAccumulator;
    const nowMs = this.#quorum.nowMs();
    const lastOffset = accumulator.add(values, nowMs);
    if (this.#quorum.env.random.sometimes('raft/no-linger')) accumulator.drainDeadlineMs = nowMs;
    return lastOffset;
  }

  resign(epoch: LeaderEpoch, reason: string): void {
    const { role } = this.#quorum;
    if (role.name === 'leader' && role.epoch === epoch) role.resignReason = reason;
  }

  /** Returns when to look again. */
  poll(leader: Leader, nowMs: number, isShuttingDown: boolean): number {
    const hasLostQuorum = this.#quorum.voters.size > 1 && nowMs >= leader.checkQuorumDeadlineMs;
    const reason = leader.resignReason ?? (isShuttingDown ? 'shutdown' : hasLostQuorum ? 'check-quorum' : null);
    if (reason !== null) {
      this.#leave(leader, reason);
      return nowMs;
    }
    const drainAtMs = this.#accumulator?.drainDeadlineMs ?? Number.POSITIVE_INFINITY;
    if (nowMs >= drainAtMs) this.#drain(leader);
    const beginAtMs = this.#sendBeginQuorumEpoch(leader, nowMs);
    const checkAtMs = this.#quorum.voters.size > 1 ? leader.checkQuorumDeadlineMs : Number.POSITIVE_INFINITY;
    return Math.min(checkAtMs, beginAtMs, this.#accumulator?.drainDeadlineMs ?? Number.POSITIVE_INFINITY);
  }

  #drain(leader: Leader): void {
    const accumulator = this.#accumulator as BatchAccumulator;
    accumulator.drain(leader.epoch, this.#quorum.env.clock.wallMs(), (batch) => {
      const info = this.#quorum.log.appendAsLeader(batch, leader.epoch);
      invariant(info.lastOffset === this.#quorum.log.endOffset - 1, () => `append ended at ${info.lastOffset}`);
    });
    this.#afterAppend();
  }

  #afterAppend(): void {
    this.#quorum.log.flush();
    this.#purgatory.wake();
  }

  /** The log is durable further than before. */
  onLogFlushed(): void {
    const { role, log } = this.#quorum;
    if (role.name !== 'leader') return;
    if (!log.isFlushed) log.flush();
    // The leader counts for the majority only with what its own disk would give back.
    if (role.progress.recordLocalFlush(log.flushedOffset)) this.commit(role);
  }

  /** The majority holds more than before. */
  commit(leader: Leader): void {
    const { log } = this.#quorum;
    const from = log.highWatermark;
    const to = leader.progress.highWatermark as Offset;
    invariant(to >= from && to <= log.endOffset, () => `high watermark ${to}, was ${from}, log ends at ${log.endOffset}`);
    if (to === from) return;
    log.updateHighWatermark(to);
    this.#quorum.env.tracer.emit({
      type: 'quorum-high-watermark-advanced',
      role: 'leader',
      epoch: leader.epoch,
      from,
      to,
      epochStartOffset: leader.progress.epochStartOffset,
      voters: this.#quorum.voters.ids,
    });
    this.#purgatory.wake();
    this.#onHighWatermark();
  }

  /** A voter fetched, the log or a snapshot. */
  recordContact(leader: Leader, replicaId: BrokerId, nowMs: number): void {
    if (!leader.progress.recordContact(replicaId)) return;
    leader.checkQuorumDeadlineMs = nowMs + this.#checkQuorumTimeoutMs();
    this.#quorum.env.tracer.emit({ type: 'quorum-majority-heard', epoch: leader.epoch });
  }

  #checkQuorumTimeoutMs(): number {
    return Math.floor(this.#quorum.options.config['controller.quorum.fetch.timeout.ms'] * CHECK_QUORUM_FACTOR);
  }

  #sendBeginQuorumEpoch(leader: Leader, nowMs: number): number {
    if (nowMs < leader.beginQuorumDeadlineMs) return leader.beginQuorumDeadlineMs;
    const intervalMs = Math.floor(this.#quorum.options.config['controller.quorum.fetch.timeout.ms'] / 2);
    leader.beginQuorumDeadlineMs = nowMs + intervalMs;
    const tellsAll = this.#quorum.env.random.sometimes('raft/begin-quorum-epoch-repeated');
    for (const replica of leader.progress.voterStates()) {
      const isFetching = nowMs - replica.fetchedAtMs < intervalMs && !tellsAll;
      if (replica.id === this.#quorum.self || isFetching || this.#peers.readyAt(replica.id) > nowMs) continue;
      this.#peers.send(replica.id, 'BeginQuorumEpoch', beginQuorumEpochRequest(this.#quorum, replica.id), (response) =>
        this.#handleEpochAnswer(response),
      );
    }
    return leader.beginQuorumDeadlineMs;
  }

  #handleEpochAnswer(response: ResponseTypes['BeginQuorumEpoch']): boolean {
    if (response.errorCode !== ErrorCode.NONE) return false;
    const answer = response.topics[0]?.partitions[0];
    if (answer === undefined) return false;
    if (isSettledByEpoch(this.#quorum, answer.errorCode, answer.leaderId, LeaderEpoch(answer.leaderEpoch))) return true;
    return answer.errorCode === ErrorCode.NONE;
  }

  #leave(leader: Leader, reason: string): void {
    const quorum = this.#quorum;
    const preferredSuccessors = leader.progress.successors();
    quorum.become({
      name: 'resigned',
      epoch: leader.epoch,
      ballot: leader.ballot,
      electionDeadlineMs: quorum.electionDeadline(),
      unacknowledged: new Set(preferredSuccessors),
      preferredSuccessors,
    });
    quorum.gate.output(() => quorum.env.tracer.emit({ type: 'quorum-leader-resigned', epoch: leader.epoch, reason }));
  }

  /** A resigned leader tells the others, and after an election timeout opens the next epoch to them. */
  pollResigned(role: Resigned, nowMs: number): number {
    if (nowMs >= role.electionDeadlineMs) {
      becomeUnattached(this.#quorum, LeaderEpoch(role.epoch + 1));
      return nowMs;
    }
    let wakeMs = role.electionDeadlineMs;
    for (const id of role.unacknowledged) {
      const readyAtMs = this.#peers.readyAt(id);
      if (readyAtMs > nowMs) {
        wakeMs = Math.min(wakeMs, readyAtMs);
        continue;
      }
      const body = endQuorumEpochRequest(this.#quorum, role.preferredSuccessors);
      this.#peers.send(id, 'EndQuorumEpoch', body, (response) => {
        const isHandled = this.#handleEpochAnswer(response);
        if (isHandled && this.#quorum.role === role) role.unacknowledged.delete(id);
        return isHandled;
      });
    }
    return wakeMs;
  }
}
