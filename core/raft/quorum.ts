/**
 * A node's place in the quorum: its role, the election state on its disk, and what both need of the world. A role changes
 * only in `become`; the new election state is on its way to the disk from then on, and until it is durable the gate holds
 * back everything that would let others know (Kafka's QuorumState and FileQuorumStateStore).
 */
import { DiskError } from '../../ports/disk.ts';
import type { Environment } from '../environment.ts';
import { invariant } from '../../ports/invariant.ts';
import type { RandomStream } from '../../ports/random.ts';
import { DEFAULT_LOG_CONFIG, Log, StorageError } from '../log/log.ts';
import { type BrokerId, type LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { METADATA_TOPIC_ID } from '../protocol/uuid.ts';
import { DurabilityGate, type GateHooks } from './durability-gate.ts';
import type { ListenerProgress } from './listener-progress.ts';
import { METADATA_TOPIC } from './messages.ts';
import { MetadataLog } from './metadata-log.ts';
import type { RaftOptions } from './options.ts';
import { type ElectionState, INITIAL_ELECTION_STATE, QuorumStateFile } from './quorum-state-file.ts';
import { isLegalTransition, knownLeader, type Role, roleName } from './roles.ts';
import type { LeaderAndEpoch } from './types.ts';
import type { VoterSet } from './voter-set.ts';

/** Called when the role has changed. */
export interface RoleObserver {
  onRoleChanged(from: Role, to: Role): void;
}

export class Quorum {
  readonly env: Environment;
  readonly options: RaftOptions;
  readonly self: BrokerId;
  readonly voters: VoterSet;
  readonly gate: DurabilityGate;
  readonly random: RandomStream;
  readonly log: MetadataLog;
  listener: ListenerProgress | null = null;
  isClosed = false;
  #hasFailed = false;
  #current: Role;
  readonly #file: QuorumStateFile;
  #persisted: ElectionState = INITIAL_ELECTION_STATE;
  #wanted: ElectionState = INITIAL_ELECTION_STATE;
  #isPersisting = false;
  #isWriting = false;
  readonly #observer: RoleObserver;

  /** Opens the log and reads `quorum-state`. Halts the node if the disk says no. */
  constructor(env: Environment, options: RaftOptions, observer: RoleObserver, hooks: { onIdle(): void; onLogFlushed(): void }) {
    this.env = env;
    this.options = options;
    this.#observer = observer;
    this.self = options.nodeId;
    this.voters = options.voters;
    this.random = env.random.stream('raft/election');
    const gateHooks: GateHooks = {
      onActionEnd: () => this.#persistIfChanged(),
      onIdle: () => hooks.onIdle(),
      onError: (error) => this.#onError(error),
    };
    this.gate = new DurabilityGate(gateHooks);
    const onFlushed = (error: DiskError | null): void => {
      if (this.isClosed) return;
      if (error !== null) this.fail(error);
      else this.gate.input(() => hooks.onLogFlushed());
    };
    try {
      env.disk.makeDirectory(options.directory);
      const open = options.openLog ?? ((onFailure) => openLog(env, options, onFailure));
      const log = open((error) => this.fail(error));
      this.log = new MetadataLog(env.disk, options.directory, log, onFlushed);
      this.#file = new QuorumStateFile(env.disk, options.directory, this.self, options.voters.ids);
      this.#persisted = this.#file.read();
    } catch (error) {
      if (error instanceof DiskError) this.fail(error);
      throw error;
    }
    this.#wanted = this.#persisted;
    this.#makeDirectoryDurable();
    this.#current = this.#restoredRole(this.#persisted);
  }

  get role(): Role {
    return this.#current;
  }

  get epoch(): LeaderEpoch {
    return this.#current.epoch;
  }

  /** The id of the leader of this epoch as far as known; a resigned leader still answers with its own. */
  get leaderId(): BrokerId {
    return knownLeader(this.#current, this.self);
  }

  get leaderAndEpoch(): LeaderAndEpoch {
    return { leaderId: this.#current.name === 'resigned' ? -1 : this.leaderId, epoch: this.#current.epoch };
  }

  nowMs(): number {
    return this.env.clock.monotonicMs();
  }

  get isVoter(): boolean {
    return this.voters.has(this.self);
  }

  /** The one way to change the role. */
  become(next: Role): void {
    const from = this.#current;
    invariant(
      isLegalTransition(from, next, this.isVoter),
      () => `quorum: ${from.name} in epoch ${from.epoch} to ${next.name} in ${next.epoch}`,
    );
    this.#current = next;
    this.#wanted = {
      epoch: next.epoch,
      leaderId: this.leaderId,
      votedId: next.ballot.votedId,
      votedDirectoryId: next.ballot.votedDirectoryId,
    };
    // Held from here, so that whatever this step still says is said after the state behind it is durable.
    if (!this.#isPersisting && !isSameElection(this.#wanted, this.#persisted)) {
      this.#isPersisting = true;
      this.gate.hold();
    }
    const fromName = roleName(from, this.isVoter);
    const toName = roleName(next, this.isVoter);
    const { epoch } = next;
    const { leaderId } = this;
    if (fromName !== toName || from.epoch !== epoch || knownLeader(from, this.self) !== leaderId) {
      this.gate.output(() =>
        this.env.tracer.emit({ type: 'quorum-transition', from: fromName, to: toName, epoch, leaderId, isVoter: this.isVoter }),
      );
    }
    this.#observer.onRoleChanged(from, next);
  }

  /** A uniform timeout in [election.timeout, 2 × election.timeout), in monotonic ms from now. */
  electionDeadline(): number {
    const base = this.options.config['controller.quorum.election.timeout.ms'];
    const more = this.random.below(base, 'election timeout');
    return this.nowMs() + base + (this.env.random.sometimes('raft/short-election-timeout') ? 0 : more);
  }

  /** Ends the node: without its metadata log directory it can't keep its promises. */
  fail(error: Error): void {
    this.halt(`metadata log directory ${this.options.directory} failed: ${error.message}`);
  }

  /** Ends the node for a reason that its operator has to know. */
  halt(reason: string): void {
    if (this.isClosed) return;
    this.#hasFailed = true;
    this.close();
    this.env.halt(reason);
  }

  close(): void {
    this.isClosed = true;
    this.gate.close();
  }

  /**
   * Nothing is said before what was read at the start is durable: a directory that its parent may forget in a power loss would take the
   * vote with it, and a process that died between renaming `quorum-state` and syncing its directory left a vote that only the
   * page cache knows.
   */
  #makeDirectoryDurable(): void {
    const { directory } = this.options;
    const slash = directory.lastIndexOf('/');
    const restored = this.#persisted;
    let pending = 2;
    this.gate.hold();
    const synced = (error: DiskError | null): void => {
      if (this.isClosed) return;
      if (error !== null) return this.fail(error);
      if (--pending > 0) return;
      const { epoch, votedId, leaderId } = restored;
      this.env.tracer.emit({ type: 'quorum-state-persisted', epoch, votedId, leaderId });
      this.gate.release();
    };
    this.env.disk.syncDirectory(directory, synced);
    this.env.disk.syncDirectory(slash < 0 ? '' : directory.slice(0, slash), synced);
  }

  #onError(error: unknown): void {
    // The disk failed in the middle of a step: the node is halted, and the rest of the step is of no account.
    if (this.#hasFailed) return;
    if (error instanceof DiskError || error instanceof StorageError) this.fail(error);
    else throw error;
  }

  #persistIfChanged(): void {
    if (!this.#isPersisting || this.isClosed || this.#isWriting) return;
    this.#isWriting = true;
    const state = this.#wanted;
    this.#file.write(state, (error) => {
      if (this.isClosed) return;
      if (error !== null) return this.fail(error);
      this.#isWriting = false;
      this.#isPersisting = false;
      this.#persisted = state;
      this.env.tracer.emit({
        type: 'quorum-state-persisted',
        epoch: state.epoch,
        votedId: state.votedId,
        leaderId: state.leaderId,
      });
      this.gate.release();
    });
  }

  #restoredRole(state: ElectionState): Role {
    const ballot = { votedId: state.votedId, votedDirectoryId: state.votedDirectoryId };
    // The log may be ahead of the election state only if that was lost; never go back behind the log.
    const { lastEpoch } = this.log;
    if (lastEpoch > state.epoch) {
      this.#wanted = { ...INITIAL_ELECTION_STATE, epoch: lastEpoch };
      return unattached(lastEpoch, this.electionDeadline());
    }
    if (state.leaderId === this.self && this.isVoter) {
      // It led this epoch: it must not lead or vote in it again (KAFKA-10527, KAFKA-10661).
      return {
        name: 'resigned',
        epoch: state.epoch,
        ballot,
        electionDeadlineMs: this.electionDeadline(),
        unacknowledged: new Set(),
        preferredSuccessors: [],
      };
    }
    if (state.leaderId !== this.self && this.voters.has(state.leaderId)) {
      const fetchDeadlineMs = this.nowMs() + this.options.config['controller.quorum.fetch.timeout.ms'];
      return {
        name: 'follower',
        epoch: state.epoch,
        ballot,
        leaderId: state.leaderId,
        fetchDeadlineMs,
        hasFetched: false,
        download: null,
      };
    }
    return { name: 'unattached', epoch: state.epoch, ballot, leaderId: -1, electionDeadlineMs: this.electionDeadline() };
  }
}

export const NO_BALLOT = { votedId: -1, votedDirectoryId: INITIAL_ELECTION_STATE.votedDirectoryId };

/** No leader, no vote. */
export function unattached(epoch: LeaderEpoch, electionDeadlineMs: number): Role {
  return { name: 'unattached', epoch, ballot: NO_BALLOT, leaderId: -1, electionDeadlineMs };
}

function isSameElection(a: ElectionState, b: ElectionState): boolean {
  return a.epoch === b.epoch && a.leaderId === b.leaderId && a.votedId === b.votedId && a.votedDirectoryId === b.votedDirectoryId;
}

function openLog(env: Environment, options: RaftOptions, onStorageFailure: (error: Error) => void): Log {
  return Log.load(env, {
    directory: options.directory,
    topicPartition: { topic: METADATA_TOPIC, partition: 0 },
    topicId: METADATA_TOPIC_ID,
    config: {
      ...DEFAULT_LOG_CONFIG,
      'max.message.bytes': 8 * 1024 * 1024,
      ...options.logConfig,
      'retention.ms': -1,
      'retention.bytes': -1,
    },
    recoveryPoint: Offset(0),
    logStartOffset: Offset(0),
    hadCleanShutdown: false,
    onStorageFailure,
  });
}
