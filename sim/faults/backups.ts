/**
 * Snapshots of brokers' disks, as an operator has them taken. Model: of each broker that is up one is taken when the chaos begins, and then
 * at a fixed interval; the last one is kept. What has a vote in the metadata quorum gets none: with static voters nobody may be restored
 * who would give a vote a second time.
 */
import { type Micros, millis } from '../../ports/time.ts';
import type { DiskSnapshot } from '../../world/disk.ts';
import type { FaultWorld } from './fault-world.ts';

interface Backup {
  readonly snapshot: DiskSnapshot;
  readonly takenAtUs: Micros;
}

export class Backups {
  readonly #world: FaultWorld;
  readonly #nowUs: () => Micros;
  /** By interval, then by broker. */
  readonly #taken = new Map<number, Map<string, Backup>>();

  constructor(world: FaultWorld, nowUs: () => Micros) {
    this.#world = world;
    this.#nowUs = nowUs;
  }

  /** Takes them from now on at this interval. */
  takeEvery(intervalMs: number): void {
    if (this.#taken.has(intervalMs)) return;
    const taken = new Map<string, Backup>();
    this.#taken.set(intervalMs, taken);
    const take = (): void => {
      for (const name of this.#world.brokers) {
        if (this.#world.isVoter(name) || !this.#world.isUp(name)) continue;
        taken.set(name, { snapshot: this.#world.disk(name).snapshot(), takenAtUs: this.#nowUs() });
      }
      this.#world.later(intervalMs, take);
    };
    take();
  }

  /** Puts a broker's last snapshot in the place of its disk. Returns how old it is; null: there is none. */
  restore(name: string, intervalMs: number): number | null {
    const last = this.#taken.get(intervalMs)?.get(name);
    if (last === undefined) return null;
    this.#world.disk(name).restore(last.snapshot);
    return millis(this.#nowUs() - last.takenAtUs);
  }

  has(name: string, intervalMs: number): boolean {
    return this.#taken.get(intervalMs)?.has(name) === true;
  }
}
