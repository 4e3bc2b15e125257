/**
 * `quorum-state`: the election state that a node must remember, in Kafka's format (JSON of QuorumStateData version 1).
 * Written to a temporary file, synced, renamed over the old one, and the directory synced: at every moment the disk holds
 * the old state or the new one, whole.
 */
import type { Disk, DiskError } from '../../ports/disk.ts';
import { invariant } from '../../ports/invariant.ts';
import { LeaderEpoch } from '../protocol/numbers.ts';
import { stringToUtf8, utf8ToString } from '../protocol/strings.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';

/** Ids are -1 for none. */
export interface ElectionState {
  readonly epoch: LeaderEpoch;
  readonly leaderId: number;
  readonly votedId: number;
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
  #latest: ElectionState = INITIAL_ELECTION_STATE;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#path = `${directory}/quorum-state`;
  }

  /** The state on disk, or the initial one if there is no file. Throws DiskError. */
  read(): ElectionState {
    if (!this.#disk.exists(this.#path)) return this.#latest;
    const file = this.#disk.open(this.#path);
    const text = utf8ToString(file.read(0, file.size));
    file.close();
    this.#latest = parse(text);
    return this.#latest;
  }

  /** Calls back when `state` is durable. A node's epoch never goes down on its disk. */
  write(state: ElectionState, done: (error: DiskError | null) => void): void {
    invariant(state.epoch >= this.#latest.epoch, () => `quorum-state: epoch ${state.epoch} after ${this.#latest.epoch}`);
    this.#latest = state;
    const temporary = `${this.#path}.tmp`;
    this.#disk.remove(temporary);
    const file = this.#disk.open(temporary, { create: true });
    file.append(stringToUtf8(format(state)));
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
}

function format(state: ElectionState): string {
  return JSON.stringify({
    leaderId: state.leaderId,
    leaderEpoch: state.epoch,
    votedId: state.votedId,
    votedDirectoryId: state.votedDirectoryId,
    data_version: 1,
  });
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
