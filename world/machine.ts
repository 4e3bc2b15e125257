/**
 * Machines: a disk, a rack, and the processes that run there. Model:
 * - Power loss ends all its processes at once and hits its disk (see disk.ts); the network falls silent (see network.ts).
 * - Power brings back the disk and the network; the processes are started by whoever wants them.
 */
import type { SimDisk } from './disk.ts';
import type { Process } from './process.ts';

/** A computer: its power is the power of its disk and of all its processes. */
export class Machine {
  readonly name: string;
  readonly rack: string | null;
  readonly disk: SimDisk;
  readonly #processes: Process[] = [];
  readonly #onPower: (machine: Machine) => void;
  #powered = true;

  constructor(name: string, rack: string | null, disk: SimDisk, onPower: (machine: Machine) => void) {
    this.name = name;
    this.rack = rack;
    this.disk = disk;
    this.#onPower = onPower;
  }

  get powered(): boolean {
    return this.#powered;
  }

  get processes(): readonly Process[] {
    return this.#processes;
  }

  add(process: Process): void {
    this.#processes.push(process);
  }

  /** Ends its processes at once, and takes from its disk what was not durable. Nothing happens if it is off. */
  powerOff(): void {
    if (!this.#powered) return;
    this.#powered = false;
    for (const process of this.#processes) process.end('power-loss');
    this.disk.losePower();
    this.#onPower(this);
  }

  /** Brings back disk and network; its processes stay down until they are started. */
  powerOn(): void {
    if (this.#powered) return;
    this.#powered = true;
    this.#onPower(this);
  }
}
