/** A process with a disk in the simulated world. It stays the same environment through crashes and power losses. */
import type { Compression } from '../../../ports/compression.ts';
import type { SimDisk } from '../../../world/disk.ts';
import type { Environment } from '../../environment.ts';
import { pureCompression } from '../../protocol/compression.ts';
import { TestWorld, type TestWorldOptions } from '../../testing/test-world.ts';
import type { TraceEventOf, TraceEventType } from '../../trace.ts';

export class TestEnvironment implements Environment {
  readonly nodeName = 'b1';
  readonly host = 'b1';
  readonly world: TestWorld;
  compression: Compression = pureCompression;
  /** Of the incarnation that is alive. */
  #ports: Environment;

  constructor(options: TestWorldOptions = {}) {
    this.world = new TestWorld(options);
    this.#ports = this.world.environment(this.nodeName);
  }

  get clock() {
    return this.#ports.clock;
  }
  get timers() {
    return this.#ports.timers;
  }
  get disk() {
    return this.#ports.disk;
  }
  get random() {
    return this.#ports.random;
  }
  get network() {
    return this.#ports.network;
  }
  get tracer() {
    return this.#ports.tracer;
  }

  halt(reason: string): void {
    this.#ports.halt(reason);
  }

  get nowMs(): number {
    return this.clock.wallMs();
  }

  /** The disk from outside. */
  get medium(): SimDisk {
    return this.world.process(this.nodeName).machine.disk;
  }

  /** Runs everything due within `ms`, syncs included. */
  advance(ms: number): void {
    this.world.run(ms);
  }

  /** As one that was there before the process: its name is durable. */
  makeDirectory(name: string): void {
    if (this.disk.exists(name)) return;
    this.disk.makeDirectory(name);
    let isDurable = false;
    this.disk.syncDirectory('', () => (isDurable = true));
    this.world.runUntil(() => isDurable, 60_000);
  }

  /** The process dies, and another takes its place. */
  crash(): void {
    this.world.process(this.nodeName).kill();
    this.#ports = this.world.environment(this.nodeName);
  }

  losePower(): void {
    const { machine } = this.world.process(this.nodeName);
    machine.powerOff();
    machine.powerOn();
    this.#ports = this.world.environment(this.nodeName);
  }

  contents(path: string): Uint8Array {
    const file = this.disk.open(path);
    return file.read(0, file.size);
  }

  /** Changes a file's bytes behind everybody's back. */
  corrupt(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const bytes = change(this.contents(path).slice());
    const file = this.disk.open(path);
    file.truncate(0);
    file.append(bytes);
  }

  eventsOf<T extends TraceEventType>(type: T): TraceEventOf<T>[] {
    return this.world.events(type);
  }
}
