/** Programs in other languages that use a served cluster with a client library, and tell what they see. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SESSION_LIMIT_MS = 240_000;

/** How a program is started: the command and its first arguments. */
export type Program = readonly [command: string, ...args: string[]];

/** The path of a program beside the tests. */
export function sessionFile(name: string): string {
  return fileURLToPath(new URL(`../sessions/${name}`, import.meta.url));
}

/** Runs a whole session; what it saw, by name. Rejects with its output if it fails. */
export async function wholeSession(program: Program, brokers: readonly string[]): Promise<Record<string, unknown>> {
  const [command, ...args] = program;
  const output = await new Promise<string>((resolve, reject) => {
    const limits = { timeout: SESSION_LIMIT_MS, maxBuffer: 16 << 20 };
    execFile(command, [...args, brokers.join(','), 'all'], limits, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`the session ended early: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
  const facts: Record<string, unknown> = {};
  for (const line of output.split('\n')) {
    const [, name, json] = /^(.*?) ([[{"\d-].*|null|true|false)$/.exec(line) ?? [];
    if (name !== undefined && json !== undefined) facts[name] = JSON.parse(json);
  }
  return facts;
}

/** A producer behind a pipe: a value goes in as a line, and comes back when it is acknowledged. */
export class PipedProducer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, () => void>();

  constructor(program: Program, brokers: readonly string[], topic: string) {
    const [command, ...args] = program;
    this.#child = spawn(command, [...args, brokers.join(','), 'produce', topic], { stdio: ['pipe', 'pipe', 'ignore'] });
    if (this.#child.stdout === null) throw new Error('the producer has no output');
    createInterface(this.#child.stdout).on('line', (value) => {
      this.#waiting.get(value)?.();
      this.#waiting.delete(value);
    });
  }

  /** Resolves when the value is acknowledged. */
  send(value: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(value, resolve);
      this.#child.stdin?.write(`${value}\n`);
    });
  }

  /** Resolves when all is sent and the program has ended. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
