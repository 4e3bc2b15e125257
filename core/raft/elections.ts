/** Votes and pre-votes (KIP-595, KIP-996): answering them, asking for them, and when to. */
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { type BrokerId, LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { RaftRequest } from './options.ts';
import { isOwnCluster, onlyPartition, voteRequest, voteResponse } from './messages.ts';
import type { Peers } from './peers.ts';
import type { Quorum } from './quorum.ts';
import { type Ballot, type Candidate, type Prospective, type Role, Tally } from './roles.ts';
import { becomeFollower, becomeUnattached, isSettledByEpoch } from './transitions.ts';
import { comparePositions } from './types.ts';

const BACKOFF_BASE_MS = 50;
/** The first version of Vote that tells a pre-vote from a vote. */
const PRE_VOTE_VERSION = 2;

export class Elections {
  readonly #quorum: Quorum;
  readonly #peers: Peers;
  readonly #onElected: (granted: readonly BrokerId[]) => void;

  constructor(quorum: Quorum, peers: Peers, onElected: (granted: readonly BrokerId[]) => void) {
    this.#quorum = quorum;
    this.#peers = peers;
    this.#onElected = onElected;
  }

  handleVote(request: RaftRequest, body: RequestTypes['Vote']): void {
    const quorum = this.#quorum;
    if (!isOwnCluster(quorum, body.clusterId)) {
      return request.respond({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID });
    }
    const asked = onlyPartition(body.topics);
    if (asked === null) return request.respond({ errorCode: ErrorCode.INVALID_REQUEST });
    const { replicaId: candidateId, preVote } = asked;
    const candidateEpoch = LeaderEpoch(asked.replicaEpoch);
    const last = { offset: Offset(asked.lastOffset), epoch: LeaderEpoch(asked.lastOffsetEpoch) };
    const isEpochOfLogTooHigh = preVote ? last.epoch > candidateEpoch : last.epoch >= candidateEpoch;
    if (last.offset < 0 || last.epoch < 0 || isEpochOfLogTooHigh || candidateId < 0) {
      return this.#answer(request, ErrorCode.INVALID_REQUEST, false);
    }
    if (candidateEpoch < quorum.epoch) return this.#answer(request, ErrorCode.FENCED_LEADER_EPOCH, false);
    if (candidateEpoch > quorum.epoch) becomeUnattached(quorum, candidateEpoch);
    const isForOther = body.voterId >= 0 && body.voterId !== quorum.self;
    if (isForOther) return this.#answer(request, ErrorCode.INVALID_VOTER_KEY, false);

    const end = quorum.log.endPosition;
    const isUpToDate = comparePositions(last, end) >= 0;
    const candidate = { votedId: candidateId, votedDirectoryId: asked.replicaDirectoryId };
    const isFree = preVote ? mayGrantPreVote(quorum.role) : mayVoteFor(quorum.role, candidate);
    const granted = isFree && isUpToDate;
    if (preVote) {
      quorum.gate.output(() =>
        quorum.env.tracer.emit({
          type: 'quorum-pre-vote-answered',
          epoch: candidateEpoch,
          candidate: candidateId,
          granted,
        }),
      );
    } else if (granted) {
      this.#vote(candidate);
      const event = {
        type: 'quorum-voted',
        epoch: candidateEpoch,
        candidate: candidateId,
        candidateLastEpoch: last.epoch,
        candidateEndOffset: last.offset,
        lastEpoch: end.epoch,
        endOffset: end.offset,
      } as const;
      quorum.gate.output(() => quorum.env.tracer.emit(event));
    }
    this.#answer(request, ErrorCode.NONE, granted);
  }

  #vote(candidate: Ballot): void {
    const { role } = this.#quorum;
    if (role.ballot.votedId >= 0) return;
    if (role.name === 'unattached' || role.name === 'prospective') this.#quorum.become({ ...role, ballot: candidate });
  }

  #answer(request: RaftRequest, errorCode: number, granted: boolean): void {
    const response = voteResponse(this.#quorum, errorCode, granted);
    this.#quorum.gate.output(() => request.respond(response));
  }

  /** Drives the roles that wait for an election; returns when to look again (monotonic ms). */
  poll(role: Role, nowMs: number): number {
    if (!this.#quorum.isVoter) return Number.POSITIVE_INFINITY;
    switch (role.name) {
      case 'unattached':
        if (nowMs >= role.electionDeadlineMs) this.becomeProspective(1);
        return role.electionDeadlineMs;
      case 'prospective':
        return this.#pollProspective(role, nowMs);
      case 'candidate':
        return this.#pollCandidate(role, nowMs);
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  /** Ask for pre-votes, with a log that is durable as far as it is claimed to go: see `sendVotes`. */
  becomeProspective(retries: number): void {
    const { role, epoch, leaderId } = this.#quorum;
    const electionDeadlineMs = this.#quorum.electionDeadline();
    const tally = new Tally(this.#quorum.voters, this.#quorum.self);
    this.#quorum.become({ name: 'prospective', epoch, ballot: role.ballot, leaderId, electionDeadlineMs, tally, retries });
    const { role: prospective } = this.#quorum;
    if (prospective.name === 'prospective' && tally.isWon) this.#becomeCandidate(prospective);
  }

  #becomeCandidate(prospective: Prospective): void {
    const quorum = this.#quorum;
    const tally = new Tally(quorum.voters, quorum.self);
    quorum.become({
      name: 'candidate',
      epoch: LeaderEpoch(quorum.epoch + 1),
      ballot: { votedId: quorum.self, votedDirectoryId: quorum.options.directoryId },
      electionDeadlineMs: quorum.electionDeadline(),
      tally,
      retries: prospective.retries,
      backoffDeadlineMs: null,
    });
    if (tally.isWon) this.#onElected([...tally.granted]);
  }

  #pollProspective(role: Prospective, nowMs: number): number {
    if (role.tally.isLost || nowMs >= role.electionDeadlineMs) {
      const quorum = this.#quorum;
      if (role.leaderId >= 0 && role.leaderId !== quorum.self) becomeFollower(quorum, role.epoch, role.leaderId);
      else {
        quorum.become({
          name: 'unattached',
          epoch: role.epoch,
          ballot: role.ballot,
          leaderId: -1,
          electionDeadlineMs: nowMs < role.electionDeadlineMs ? role.electionDeadlineMs : nowMs + this.#backoffMs(role.retries),
        });
      }
      return nowMs;
    }
    return Math.min(role.electionDeadlineMs, this.#sendVotes(role, nowMs));
  }

  #pollCandidate(role: Candidate, nowMs: number): number {
    if (role.backoffDeadlineMs !== null) {
      if (nowMs >= role.backoffDeadlineMs) this.becomeProspective(role.retries + 1);
      return role.backoffDeadlineMs;
    }
    if (role.tally.isLost || nowMs >= role.electionDeadlineMs) {
      role.backoffDeadlineMs = nowMs + this.#backoffMs(role.retries);
      return role.backoffDeadlineMs;
    }
    return Math.min(role.electionDeadlineMs, this.#sendVotes(role, nowMs));
  }

  /** Binary exponential, random, at most election.backoff.max. */
  #backoffMs(retries: number): number {
    const factor = this.#quorum.random.below(2 << Math.min(20, retries - 1), 'election backoff');
    return Math.min(BACKOFF_BASE_MS * factor, this.#quorum.options.config['controller.quorum.election.backoff.max.ms']);
  }

  #sendVotes(role: Prospective | Candidate, nowMs: number): number {
    // What a vote request claims to hold must survive a crash: a voter may grant it again without comparing logs.
    if (!this.#quorum.log.isFlushed) {
      this.#quorum.log.flush();
      return Number.POSITIVE_INFINITY;
    }
    const preVote = role.name === 'prospective';
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const id of this.#quorum.voters.ids) {
      if (id === this.#quorum.self || role.tally.hasAnswered(id)) continue;
      const readyAtMs = this.#peers.readyAt(id);
      if (readyAtMs > nowMs) {
        wakeMs = Math.min(wakeMs, readyAtMs);
        continue;
      }
      const body = voteRequest(this.#quorum, id, role.epoch, preVote);
      this.#peers.send(id, 'Vote', body, (response) => this.#handleAnswer(id, role, response), {
        ...(role.name === 'prospective' && {
          minVersion: PRE_VOTE_VERSION,
          onUnsupported: () => this.#standWithoutPreVote(role),
        }),
      });
    }
    return wakeMs;
  }

  /** A voter of an older release knows no pre-vote: the node stands for election without, as in Kafka. */
  #standWithoutPreVote(asked: Prospective): void {
    const { role } = this.#quorum;
    if (role.name === 'prospective' && role.tally === asked.tally) this.#becomeCandidate(role);
  }

  #handleAnswer(voterId: BrokerId, asked: Prospective | Candidate, response: ResponseTypes['Vote']): boolean {
    if (response.errorCode !== ErrorCode.NONE) return false;
    const answer = response.topics[0]?.partitions[0];
    if (answer === undefined) return false;
    if (isSettledByEpoch(this.#quorum, answer.errorCode, answer.leaderId, LeaderEpoch(answer.leaderEpoch))) return true;
    if (answer.errorCode !== ErrorCode.NONE) return false;
    // An answer counts only in the round that asked for it.
    const { role } = this.#quorum;
    if (role.name !== asked.name || !('tally' in role) || role.tally !== asked.tally) return true;
    role.tally.record(voterId, answer.voteGranted);
    if (!role.tally.isWon) return true;
    if (role.name === 'prospective') this.#becomeCandidate(role);
    else if (role.backoffDeadlineMs === null) this.#onElected([...role.tally.granted]);
    return true;
  }
}

/** Would this node not mind an election? Not if it hears the leader, or leads (KIP-996). */
function mayGrantPreVote(role: Role): boolean {
  switch (role.name) {
    case 'follower':
      return !role.hasFetched;
    case 'leader':
      return false;
    default:
      return true;
  }
}

/** One vote an epoch, kept over restarts; none where the leader is known, and none by who led or stands itself. */
function mayVoteFor(role: Role, candidate: Ballot): boolean {
  if (role.name !== 'unattached' && role.name !== 'prospective') return false;
  if (role.ballot.votedId >= 0) return role.ballot.votedId === candidate.votedId;
  return role.leaderId < 0;
}
