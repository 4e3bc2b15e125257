/** Starts a cluster in a process of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServeCommandOptions } from '../../server/serve-command.ts';

const CHILD = fileURLToPath(new URL('./serve-child.ts', import.meta.url));

export class ServeProcess {
  readonly brokers: string[];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, bootstrap: string) {
    this.#child = child;
    this.brokers = bootstrap.split(',');
    this.ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** Resolves when the cluster serves. */
  static start(options: Partial<ServeCommandOptions> = {}): Promise<ServeProcess> {
    const all: ServeCommandOptions = { brokers: 1, port: 0, host: '127.0.0.1', config: [], quiet: true, ...options };
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--no-warnings', CHILD, JSON.stringify(all)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) =>
        resolve(new ServeProcess(child, line.slice(line.indexOf('=') + 1))),
      );
    });
  }

  get port(): number {
    return Number(this.brokers[0]?.split(':')[1]);
  }

  /** Main memory that the process has now. */
  memoryMiB(): number {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(this.#child.pid)], { encoding: 'utf8' })) / 1024;
  }

  signal(name: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(name);
    return this.ended;
  }
}

/** A run of ports that are free now, for clusters that must come back on the same ones. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort(0);
    const rest = await Promise.allSettled(Array.from({ length: count - 1 }, (_, index) => freePort(first + 1 + index)));
    if (rest.every(({ status }) => status === 'fulfilled')) return first;
  }
}

function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
