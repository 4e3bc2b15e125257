/**
 * What a node is in the quorum: one state at a time, each with only the data it has in that state, and the legal table of
 * transitions (Kafka's QuorumState, with the prospective state of KIP-996).
 */
import type { BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import type { QuorumRole } from '../trace/quorum-events.ts';
import type { LeaderProgress } from './leader-progress.ts';
import type { SnapshotDownload } from './snapshot-download.ts';
import type { VoterSet } from './voter-set.ts';

/** Deadlines are monotonic milliseconds. Ids are -1 for none. */
export interface Ballot {
  readonly votedId: BrokerId;
  readonly votedDirectoryId: string;
}

interface InEpoch {
  readonly epoch: LeaderEpoch;
  readonly ballot: Ballot;
}

/** Knows of no leader in its epoch, or knows the id only. A voter that has voted is traced as `voted`. */
export interface Unattached extends InEpoch {
  readonly name: 'unattached';
  readonly leaderId: BrokerId;
  readonly electionDeadlineMs: number;
}

/** Asks whether it would win (pre-vote), before it disturbs anyone with a new epoch. */
export interface Prospective extends InEpoch {
  readonly name: 'prospective';
  readonly leaderId: BrokerId;
  readonly electionDeadlineMs: number;
  readonly tally: Tally;
  readonly retries: number;
}

export interface Candidate extends InEpoch {
  readonly name: 'candidate';
  readonly electionDeadlineMs: number;
  readonly tally: Tally;
  readonly retries: number;
  /** Lost: when it may try again; null while the vote is open. */
  backoffDeadlineMs: number | null;
}

export interface Leader extends InEpoch {
  readonly name: 'leader';
  readonly progress: LeaderProgress;
  checkQuorumDeadlineMs: number;
  beginQuorumDeadlineMs: number;
  /** Set by resign(): leave at the next step. */
  resignReason: string | null;
}

export interface Follower extends InEpoch {
  readonly name: 'follower';
  readonly leaderId: BrokerId;
  fetchDeadlineMs: number;
  /** The leader has answered a fetch of this state: no pre-vote against it (KIP-996). */
  hasFetched: boolean;
  download: SnapshotDownload | null;
}

/** Led this epoch and does no more: neither leads nor votes in it again. */
export interface Resigned extends InEpoch {
  readonly name: 'resigned';
  readonly electionDeadlineMs: number;
  readonly unacknowledged: Set<number>;
  readonly preferredSuccessors: readonly BrokerId[];
}

export type Role = Unattached | Prospective | Candidate | Leader | Follower | Resigned;

/** Who granted and who refused; a node grants itself. */
export class Tally {
  readonly granted = new Set<number>();
  readonly rejected = new Set<number>();
  readonly #voters: VoterSet;

  constructor(voters: VoterSet, self: BrokerId) {
    this.#voters = voters;
    this.granted.add(self);
  }

  record(voter: number, granted: boolean): void {
    if (granted) this.granted.add(voter);
    else if (!this.granted.has(voter)) this.rejected.add(voter);
  }

  get isWon(): boolean {
    return this.#voters.isMajority((id) => this.granted.has(id));
  }

  get isLost(): boolean {
    return !this.#voters.isMajority((id) => !this.rejected.has(id));
  }

  hasAnswered(voter: number): boolean {
    return this.granted.has(voter) || this.rejected.has(voter);
  }
}

/** The leader that a role knows of, or -1. */
export function knownLeader(role: Role, self: BrokerId): BrokerId {
  switch (role.name) {
    case 'leader':
    case 'resigned':
      return self;
    case 'candidate':
      return -1;
    default:
      return role.leaderId;
  }
}

/** The name under which a role is traced. */
export function roleName(role: Role, isVoter: boolean): QuorumRole {
  if (!isVoter) return role.name === 'unattached' || role.name === 'follower' ? 'observer' : role.name;
  return role.name === 'unattached' && role.ballot.votedId >= 0 ? 'voted' : role.name;
}

const SAME_EPOCH: { readonly [from in Role['name']]: readonly Role['name'][] } = {
  unattached: ['unattached', 'prospective', 'follower'],
  prospective: ['unattached', 'prospective', 'follower'],
  candidate: ['leader', 'prospective', 'follower'],
  leader: ['resigned'],
  follower: ['prospective'],
  resigned: [],
};

const NEXT_EPOCH: { readonly [from in Role['name']]: readonly Role['name'][] } = {
  unattached: ['unattached', 'follower'],
  prospective: ['unattached', 'follower', 'candidate'],
  candidate: ['unattached', 'follower'],
  leader: ['unattached', 'follower'],
  follower: ['unattached', 'follower'],
  resigned: ['unattached', 'follower'],
};

/** Is this step of the state machine one that Kafka's quorum can take? */
export function isLegalTransition(from: Role, to: Role, isVoter: boolean): boolean {
  if (to.epoch < from.epoch) return false;
  if (!isVoter && to.name !== 'unattached' && to.name !== 'follower') return false;
  if (to.epoch > from.epoch) return NEXT_EPOCH[from.name].includes(to.name);
  const keepsVote = from.ballot.votedId < 0 || from.ballot.votedId === to.ballot.votedId;
  return keepsVote && SAME_EPOCH[from.name].includes(to.name);
}
