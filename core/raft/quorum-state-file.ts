/**
 * `quorum-state`: the election state that a node must remember, in the format of Kafka at `kraft.version` 0: JSON of QuorumStateData
 * version 0, which does not say in which directory the candidate lay that got the vote. Version 1 is read as well.
 * Written to a temporary file, synced, renamed over the old one, and the directory synced: at every moment the disk holds the old state or
 * the new one, whole.
 */
import type { Disk, DiskError } from '../../ports/disk.ts';
import { invariant } from '../../ports/invariant.ts';
import { type BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import { stringToUtf8, utf8ToString } from '../protocol/strings.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';

/** Ids are -1 for none; the directory is the zero id where it is not known. */
export interface ElectionState {
  readonly epoch: LeaderEpoch;
  readonly leaderId: BrokerId;
  readonly votedId: BrokerId;
  readonly votedDirectoryId: string;
}

export const INITIAL_ELECTION_STATE: ElectionState = {
  epoch: LeaderEpoch(0),
  leaderId: -1,
  votedId: -1,
  votedDirectoryId: ZERO_UUID,
};

export class QuorumStateFile {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;
  readonly #self: BrokerId;
  readonly #voters: readonly BrokerId[];
  #latest: ElectionState = INITIAL_ELECTION_STATE;

  /** Of the node `self` in a quorum of these voters. */
  constructor(disk: Disk, directory: string, self: BrokerId, voters: readonly BrokerId[]) {
    this.#disk = disk;
    this.#self = self;
    this.#voters = [...voters].sort((a, b) => a - b);
    this.#directory = directory;
    this.#path = `${directory}/quorum-state`;
  }

  /** The state on disk, or the initial one if there is no file. Throws DiskError. */
  read(): ElectionState {
    if (!this.#disk.exists(this.#path)) return this.#latest;
    const file = this.#disk.open(this.#path);
    const text = utf8ToString(file.read(0, file.size));
    file.close();
    const state = parse(text);
    // A leader's file does not name its vote, which was for itself.
    this.#latest = state.leaderId === this.#self && state.votedId < 0 ? { ...state, votedId: this.#self } : state;
    return this.#latest;
  }

  /** Calls back when `state` is durable. A node's epoch never goes down on its disk. */
  write(state: ElectionState, done: (error: DiskError | null) => void): void {
    invariant(state.epoch >= this.#latest.epoch, () => `quorum-state: epoch ${state.epoch} after ${this.#latest.epoch}`);
    this.#latest = state;
    const temporary = `${this.#path}.tmp`;
    this.#disk.remove(temporary);
    const file = this.#disk.open(temporary, { create: true });
    file.append(stringToUtf8(this.#format(state)));
    file.sync((error) => {
      file.close();
      if (error !== null) return done(error);
      try {
        this.#disk.rename(temporary, this.#path);
      } catch (renameError) {
        return done(renameError as DiskError);
      }
      this.#disk.syncDirectory(this.#directory, done);
    });
  }

  #format({ epoch, leaderId, votedId }: ElectionState): string {
    return JSON.stringify({
      clusterId: '',
      leaderId,
      leaderEpoch: epoch,
      votedId: leaderId === this.#self ? -1 : votedId,
      appliedOffset: 0,
      currentVoters: this.#voters.map((voterId) => ({ voterId })),
      data_version: 0,
    });
  }
}

function parse(text: string): ElectionState {
  const json = JSON.parse(text) as Record<string, unknown>;
  const version = json['data_version'];
  invariant(version === 0 || version === 1, () => `quorum-state: data_version ${String(version)} is not 0 or 1`);
  return {
    epoch: LeaderEpoch(Number(json['leaderEpoch'])),
    leaderId: Number(json['leaderId']),
    votedId: Number(json['votedId']),
    votedDirectoryId: typeof json['votedDirectoryId'] === 'string' ? json['votedDirectoryId'] : ZERO_UUID,
  };
}
